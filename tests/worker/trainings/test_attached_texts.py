"""Attached texts: what is refused, and how long the others are kept."""

import hashlib

import pytest
import redis

from shakelm.data.text_cleaning import clean
from shakelm.errors import ShakelmError
from tests.support.request_makers import train_request
from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.protocol.training_payloads import AttachedText, MessageAt, TrainingState, TrainProgress
from worker.trainings import attached_texts, training_records
from worker.trainings.attached_texts import MIN_CHARACTERS

Connection = redis.Redis

MESSAGE = MessageAt(channel_id="1", message_id="2")
TEXT = "to be or not to be\r\n" * 400


def attach(connection: Connection, name: str = "be.txt") -> AttachedText:
    attached, _ = attached_texts.check(name, TEXT.encode())
    attached_texts.keep(connection, attached, TEXT.encode())
    return attached


def test_an_attached_text_is_kept_by_its_checksum_until_its_training_is_over(connection: Connection) -> None:
    attached = attach(connection)
    assert attached.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    key = f"shakelm:corpus:{attached.sha256}"
    assert 0 < connection.ttl(key) <= retention.PROPOSAL.seconds
    ids = []
    for _ in range(2):
        ids.append(training_records.propose(connection, train_request(attached=attached)))
        training_records.start(connection, ids[-1], train_request(attached=attached), MESSAGE)
    assert retention.PROPOSAL.seconds < connection.ttl(key) <= retention.ATTACHED_TEXT.seconds
    attach(connection)  # once more, for a training that nobody has confirmed
    assert connection.ttl(key) > retention.PROPOSAL.seconds
    loaded = attached_texts.load(connection, attached)
    assert (loaded.name, loaded.text, loaded.sha256) == ("be.txt", clean(TEXT), attached.sha256)

    training_records.cancel(connection, ids[0])
    assert connection.exists(key)  # the other one needs it
    finished = TrainProgress(state=TrainingState.FINISHED, epochs=4)
    training_records.end(connection, ids[1], finished)
    assert 0 < connection.ttl(key) <= retention.PROPOSAL.seconds  # a proposal may have the same text
    connection.delete(key)  # as Redis does when the time has come
    with pytest.raises(Refusal, match=r"be\.txt is no longer stored"):
        attached_texts.load(connection, attached)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("sonnets.txt", "sonnets.txt"),
        ("My poems!.txt", "My-poems-.txt"),
        ("../../etc/passwd", "etc-passwd"),
        ("--corpus", "corpus"),
        ("größe.txt", "größe.txt"),
        ("***", "text"),
        ("a" * 100 + ".txt", "a" * 60 + ".txt"),
    ],
)
def test_a_file_name_is_cleaned(name: str, cleaned: str) -> None:
    assert attached_texts.check(name, TEXT.encode())[0].name == cleaned


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"a\0b", "binary"),
        (TEXT.encode() + "ã".encode() * 9 + b"\xff", "is not valid UTF-8 text"),
        (TEXT.encode("koi8-r") + "быть или не быть ".encode("koi8-r") * 999, "encoding that cannot be told"),
        (b"{\\rtf1" + TEXT.encode(), "in the format RTF"),
        (b"", "is empty"),
        (b" " * 9999, "is empty"),
        (b"a" * (MIN_CHARACTERS - 1), "too short"),
        (b"a" * (attached_texts.MAX_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_nobody_can_learn_from_is_refused(content: bytes, part: str) -> None:
    with pytest.raises(ShakelmError, match=part) as refused:
        attached_texts.check("file.txt", content)
    assert refused.value.key.startswith("refusal.corpus_")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252", "latin-1"])
def test_a_text_is_read_in_any_of_these_encodings(connection: Connection, encoding: str) -> None:
    text = "sein oder nicht sein, für immer\n" * 400
    attached, checked = attached_texts.check("sein.txt", text.encode(encoding))
    attached_texts.keep(connection, attached, text.encode(encoding))
    assert checked.text == text
    assert attached_texts.load(connection, attached) == checked
