"""The table for a lab report."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import redis

from tests.support.request_makers import start_training
from worker.privacy import export
from worker.protocol.model_payloads import HeldOut
from worker.protocol.training_payloads import MessageAt, TrainingState, TrainProgress, TrainRequest
from worker.protocol.verse_payloads import VerseRecord, VerseResult
from worker.records import verse_records
from worker.trainings import training_records

Connection = redis.Redis

AT = datetime(2026, 11, 24, 10, 30, tzinfo=UTC).timestamp()


def save(connection: Connection, text: str = "a verse", **changes: Any) -> None:
    result = VerseResult(
        text=text, model="letters-a@1", temperature=0.8, random_seed=7, seconds=0.1234, unknown=[]
    )
    settings: dict[str, Any] = {
        **{"author": "1001", "guild": "2", "channel": "3", "number": 7, "asked_at": AT, "result": result}
    }
    verse_records.save(connection, VerseRecord(**settings | changes), 90)


def rows(connection: Connection) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export.table(connection, "2"))))


def test_a_verse_has_its_settings_and_no_name(connection: Connection) -> None:
    save(connection, prompt='love, "and"\nwar', temperature=0.5, top_p=0.9, style="sonnet")
    (row,) = rows(connection)
    assert {name: value for name, value in row.items() if value} == {
        "time": "2026-11-24T10:30:00+00:00",
        "kind": "verse",
        "person": export.pseudonym(export.secret(connection), "1001"),
        "model": "letters-a@1",
        "temperature": "0.5",
        "top_p": "0.9",
        "style": "sonnet",
        "lines": "8",
        "number": "7",
        "private": "False",
        "seed": 'love, "and"\nwar',
        "text": "a verse",
        "seconds": "0.123",
        "state": "written",
        "continued": "False",
    }
    assert "1001" not in export.table(connection, "2")


def test_what_is_private_stays_so(connection: Connection) -> None:
    save(connection, text="a secret", prompt="my secret", private=True)
    (row,) = rows(connection)
    assert (row["seed"], row["text"], row["private"]) == ("", "", "True")


def test_a_verse_that_was_not_written_is_there(connection: Connection) -> None:
    save(connection, result=None)
    (row,) = rows(connection)
    assert (row["state"], row["model"], row["seconds"]) == ("unwritten", "", "")


def test_other_servers_are_not(connection: Connection) -> None:
    save(connection, guild="8")
    assert rows(connection) == []


def test_no_cell_becomes_a_formula(connection: Connection) -> None:
    for number, text in enumerate(("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "plain = 1")):
        save(connection, text=text, asked_at=AT + number)
    cells = [row["text"] for row in rows(connection)]
    assert cells == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "'\n=1", "plain = 1"]


def test_a_training_has_its_figures(connection: Connection) -> None:
    request = TrainRequest(
        name="small",
        architecture="lstm",
        vocabulary="char",
        epochs=4,
        random_seed=1,
        requested_by="1001",
        guild="2",
        corpus="shakespeare",
    )
    at = MessageAt(channel_id="1", message_id="2")
    training_id = start_training(connection, request, at)
    start_training(connection, request.model_copy(update={"guild": "8"}), at)
    figures = HeldOut(nats_per_token=2, perplexity=7.4, accuracy=0.4, unknown=0, nats_per_char=2)
    progress = TrainProgress(
        state=TrainingState.FINISHED, epoch=3, epochs=4, model="small@1", held_out=figures
    )
    training_records.save_progress(connection, training_id, progress)
    save(connection)

    verse, training = rows(connection)

    assert verse["person"] == training["person"]
    assert {name: value for name, value in training.items() if value and name != "time"} == {
        "kind": "training",
        "person": export.pseudonym(export.secret(connection), "1001"),
        "model": "small@1",
        "architecture": "lstm",
        "vocabulary": "char",
        "epochs": "4",
        "epochs_run": "3",
        "corpus": "shakespeare",
        "number": "1",
        "state": "finished",
        "nats_per_token": "2.0",
        "nats_per_char": "2.0",
        "perplexity": "7.4",
        "accuracy": "0.4",
    }
    training_records.forget_person(connection, "1001")
    assert rows(connection)[1]["person"] == ""


def test_a_pseudonym_is_the_same_each_time_and_depends_on_a_key(connection: Connection) -> None:
    key = export.secret(connection)
    first, other = export.pseudonym(key, "1"), export.pseudonym(key, "2")
    assert first == export.pseudonym(export.secret(connection), "1")
    assert len({first, other}) == 2
    assert len(first) == 12
    connection.flushdb()
    assert export.pseudonym(export.secret(connection), "1") != first
