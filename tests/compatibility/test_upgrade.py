"""A queue and a store that an earlier commit filled are read, and what is written has the form of before.

That commit refuses unknown keys. The same keys therefore mean that it reads what the present code writes, and
that an upgrade can be taken back.
"""

import base64
import csv
import hmac
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests

from shakelm.networks.quantization import scale_name
from tests.compatibility.stored_before import (
    FOLDER,
    Json,
    arguments_of,
    keys_in,
    read_json,
)
from tests.compatibility.upgrade_rig import THROWN_AWAY, TRAINED, Upgrade
from tests.support.waiting import eventually

WRITTEN, UNWRITTEN = "0199f00d00000001", "0199f00d00000002"
"""Verses whose messages stand in the channel; the second was never written."""

ASKED, HELD_BACK = "0199f00d00000010", "0199f00d00000011"
"""Two verses that one person waits for."""

LINE, STEP = "0199f00d00000003", "0199f00d00000014"
"""A line that people write together, and a change of it that waits."""

FINISHED, PROPOSED, DROPPED = "0199f00d00000022", "0199f00d00000030", "0199f00d00000031"
"""A training that ended before, and two that nobody has confirmed yet."""


def plain(markdown: str) -> str:
    """A text without Discord's escapes and without the marks of bold and italics."""
    return re.sub(r"\\(.)|\*", r"\1", markdown)


def texts(message: Json) -> str:
    """All that a message says."""
    return "\n".join(map(plain, strings([message["content"], message["embeds"]])))


def strings(content: Any) -> Iterator[str]:
    """All strings in a JSON value but the names of fields."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | dict):
        for item in content.values() if isinstance(content, dict) else content:
            yield from strings(item)


# What waited is done


def test_everybody_who_waited_is_answered_once(worked: Upgrade) -> None:
    tokens = worked.left.tokens()

    assert len(tokens) == 11
    assert {token: len(worked.answers.to(token)) for token in tokens} == dict.fromkeys(tokens, 1)
    assert len(worked.answers.requests) == len(tokens)
    application = worked.state["application_id"]
    for token in tokens:
        (request,) = worked.answers.to(token)
        assert request.method == "PATCH"
        assert request.path.endswith(f"/webhooks/{application}/{token}/messages/@original")
        assert any(strings(request.message)), request


@pytest.mark.parametrize(("record", "job"), [(ASKED, "verse"), (HELD_BACK, "held-back")])
def test_a_verse_is_written_and_its_record_completed(worked: Upgrade, record: str, job: str) -> None:
    before, now = worked.left.json(f"shakelm:verse:{record}"), worked.json(f"shakelm:verse:{record}")

    expected = read_json(FOLDER / "verses.json")[job]
    assert now["result"] | {"seconds": 0} == expected
    assert now | {"result": None} == before
    assert keys_in(now) == keys_in(worked.left.json(f"shakelm:verse:{WRITTEN}"))
    (request,) = worked.answers.to(f"invented.token-of.{job}")
    assert plain(request.message["embeds"][0]["description"]).strip() == expected["text"].strip()
    assert worked.redis.ttl(f"shakelm:verse:{record}") > 29 * 86400


def test_lessons_are_answered_with_what_was_asked_for(worked: Upgrade) -> None:
    answers = {
        job: worked.answers.to(f"invented.token-of.{job}")[0]
        for job in ("temperatures", "next", "step", "tokens", "curves")
    }

    for job in ("temperatures", "next", "step"):
        assert "class-word@1" in texts(answers[job].message), job
    assert "class-char@1" in texts(answers["tokens"].message)
    assert len(answers["curves"].files) == 1


def test_a_shared_line_goes_on(worked: Upgrade) -> None:
    before, now = worked.left.json(f"shakelm:line:{LINE}"), worked.json(f"shakelm:line:{LINE}")

    assert now == before | {
        "added": [" shall", " bid"],
        "version": 2,
        "changed_by": STEP,
        "offered": now["offered"],
    }
    assert len(now["offered"]) == 5
    (request,) = worked.answers.to("invented.token-of.step")
    assert f"append:{LINE}:2:0" in json.dumps(request.message["components"])


def test_the_store_is_changed_as_administrators_asked(worked: Upgrade) -> None:
    assert read_json(worked.store / ".live.json") == {
        "live": "class-char@1",
        "previous": ["shakespeare-char@4", "class-word@1"],
    }
    assert list((worked.store / "class-word" / "2").iterdir()) == []
    for job, reference in (
        ("promote", "class-word@1"),
        ("roll-back", "class-char@1"),
        ("remove", "class-word@2"),
    ):
        assert reference in texts(worked.answers.to(f"invented.token-of.{job}")[0].message), job
    assert "0badcafe" in texts(worked.answers.to("invented.token-of.apology")[0].message)


def test_a_training_goes_on_from_its_checkpoint(worked: Upgrade) -> None:
    (checkpoint,) = FOLDER.glob("store/.checkpoints/class-char-*/checkpoint.json")
    history = read_json(worked.store / "class-char/2/history.json")

    assert [epoch["epoch"] for epoch in history["epochs"]] == [1, 2]
    assert history["epochs"][0] == read_json(checkpoint)["standing"]["epochs"][0]
    assert not (worked.store / ".checkpoints" / checkpoint.parent.name).exists()
    progress = worked.progress(TRAINED)
    assert (progress["state"], progress["model"]) == ("finished", "class-char@2")
    finished = worked.left.json(f"shakelm:training:{FINISHED}:progress")
    assert keys_in(progress) == keys_in(finished)
    picture = worked.redis.get(f"shakelm:training:{TRAINED}:curves")
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\x89PNG")


def test_a_cancelled_training_is_thrown_away(worked: Upgrade) -> None:
    assert worked.progress(THROWN_AWAY)["state"] == "cancelled"
    assert not (worked.store / "class-thrown").exists()


def test_what_was_measured_before_is_kept(worked: Upgrade) -> None:
    rates = cast("dict[bytes, bytes]", worked.redis.hgetall("shakelm:training:rates"))

    assert rates[b"old-machine word"] == b"123456789.5"
    new = rates.keys() - {b"old-machine word", b"old-machine char"}
    assert all(one.endswith(b" char") and float(rates[one]) > 0 for one in new)


@pytest.mark.parametrize("key", ["shakelm:models", "shakelm:training:corpus"])
def test_what_workers_tell_the_bot_has_the_same_keys(worked: Upgrade, key: str) -> None:
    told = worked.json(key)
    for version in told.get("versions", []) if isinstance(told, dict) else []:
        for new in NEW_IN_THE_INDEX:
            del version[new]
    assert keys_in(told) == keys_in(worked.left.json(key))


def test_the_index_lists_what_the_store_holds(worked: Upgrade) -> None:
    versions = {f"{row['name']}@{row['version']}": row for row in worked.json("shakelm:models")["versions"]}

    assert {"class-char@1", "class-char@2", "class-word@1"} <= versions.keys()
    assert "class-word@2" not in versions
    assert [reference for reference, row in versions.items() if row["live"]] == ["class-char@1"]


# Files of versions and trainings

NEW_IN_THE_INDEX = ("corpus", "language", "held_out_text", "size", "network")
"""Keys that the former release does not have. Its own workers publish the index again within seconds."""

NEW_KEYS = {"weights_sha256"}
"""Keys of cards that the former release does not have."""


@pytest.mark.parametrize("file", ["card.json", "configuration.json", "history.json", "vocabulary.json"])
def test_a_new_versions_files_have_the_same_keys(worked: Upgrade, file: str) -> None:
    now, before = (read_json(worked.store / "class-char" / number / file) for number in "21")

    old = {name: value for name, value in now.items() if name not in NEW_KEYS}
    assert keys_in(old) == keys_in(before)


def test_a_new_version_has_arrays_of_the_same_names_and_their_scales(worked: Upgrade) -> None:
    """The commit of before does not read it, and keeps the last version that it reads."""
    names = []
    for number in "12":
        raw = (worked.store / "class-char" / number / "weights.safetensors").read_bytes()
        names.append(json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")]).keys() - {"__metadata__"})

    assert names[1] == names[0] | {scale_name(name) for name in names[0] if not name.endswith(".bias")}


def test_a_new_checkpoint_is_like_the_one_before(worked: Upgrade) -> None:
    (checkpoint,) = FOLDER.glob("store/.checkpoints/class-char-*/checkpoint.json")
    before = read_json(checkpoint)
    standing, types = worked.checkpoint

    assert keys_in(standing) == keys_in(before["standing"])
    assert standing["layout"] == before["standing"]["layout"]
    assert types == {name: array["dtype"] for name, array in before["arrays"].items()}


def test_the_command_lists_and_shows_the_versions(worked: Upgrade) -> None:
    card = read_json(FOLDER / "store/class-word/1/card.json")
    listed = {f"{row['name']}@{row['version']}": row for row in worked.shakelm("models")}

    assert listed["class-word@1"] == card | {"live": False, "packaged": False} | dict.fromkeys(NEW_KEYS)
    assert listed["class-char@1"]["live"]
    assert worked.shakelm("models", "show", "class-word@1") == card | dict.fromkeys(NEW_KEYS)


@pytest.mark.parametrize("job", ["verse", "held-back"])
def test_the_command_writes_the_verse_that_the_number_gives(worked: Upgrade, job: str) -> None:
    settings = next(
        request
        for request in (worked.left.json(f"shakelm:verse:{record}") for record in (ASKED, HELD_BACK))
        if request["number"] == read_json(FOLDER / "verses.json")[job]["number"]
    )
    options = [
        part
        for name in ("temperature", "lines", "number", "top_k", "top_p", "min_p", "model")
        if settings[name] is not None
        for part in (f"--{name.replace('_', '-')}", str(settings[name]))
    ]

    written = worked.shakelm("verse", settings["seed"], *options)

    assert written["text"] == read_json(FOLDER / "verses.json")[job]["text"]
    assert written["model"] == "class-char@1"


# Messages that were left in the channel


def test_a_trainings_message_is_kept_up_to_date(bot: Upgrade) -> None:
    def shown() -> Json | None:
        message = next(one for one in bot.channel() if one["id"] == bot.messages["training"])
        return message if "class-char@2" in texts(message) else None

    message = eventually(shown, "the end of the training in its message")

    assert message["attachments"]
    watched = [TRAINED, THROWN_AWAY]  # the message of the second is gone
    eventually(
        lambda: not any(bot.redis.hmget("shakelm:trainings:watched", watched)),
        "an end of looking after both messages",
    )


def new_job(upgrade: Upgrade, known: set[str], queue: str) -> tuple[str, str, list[Any]]:
    """Id, function and arguments of the job that was put into a queue meanwhile."""
    (job,) = waiting(upgrade, queue) - known
    data = upgrade.redis.hget(f"rq:job:{job}", "data")
    assert isinstance(data, bytes)
    return job, *arguments_of(data)


def waiting(upgrade: Upgrade, queue: str) -> set[str]:
    """The jobs in a queue."""
    return {job.decode() for job in cast("list[bytes]", upgrade.redis.lrange(f"rq:queue:{queue}", 0, -1))}


def test_again_asks_with_the_settings_of_the_record(bot: Upgrade) -> None:
    known = waiting(bot, "verse")

    bot.press(f"again:{WRITTEN}", "verse", "assistant")

    eventually(lambda: waiting(bot, "verse") - known, "a job for the verse")
    job, function, (payload,) = new_job(bot, known, "verse")
    before = bot.left.json(f"shakelm:verse:{WRITTEN}")
    assert function == "worker.jobs.verse"
    assert keys_in(payload) == keys_in(bot.left.jobs()[function][0])
    assert (payload["id"], payload["author"]) == (job, bot.state["users"]["assistant"])
    assert payload["model"] == before["result"]["model"]
    for name in ("seed", "temperature", "lines"):
        assert payload[name] == before[name], name
    record = bot.json(f"shakelm:verse:{job}")
    assert keys_in(record) == keys_in(before | {"result": None})
    assert record["result"] is None


def test_change_opens_a_form_with_what_was_asked_for(bot: Upgrade) -> None:
    modal = bot.press(f"change:{WRITTEN}", "verse")["modal"]

    assert modal["custom_id"] == f"change:{WRITTEN}"
    assert "The king" in json.dumps(modal)


def test_discard_removes_record_and_message(bot: Upgrade) -> None:
    bot.act("presses", user="student", button=f"discard:{UNWRITTEN}", message_id=bot.messages["continued"])

    eventually(
        lambda: bot.messages["continued"] not in [message["id"] for message in bot.channel()],
        "a message less",
    )
    assert not bot.redis.exists(f"shakelm:verse:{UNWRITTEN}")
    author = bot.state["users"]["student"]
    assert bot.redis.zscore(f"shakelm:person:{author}:verses", UNWRITTEN) is None


def test_a_press_under_a_line_asks_for_the_next_step(bot: Upgrade) -> None:
    known = waiting(bot, "verse")

    bot.act("presses", user="owner", button=f"append:{LINE}:2:0", message_id=bot.messages["line"])

    eventually(lambda: waiting(bot, "verse") - known, "a job for the step")
    _, function, (payload,) = new_job(bot, known, "verse")
    assert function == "worker.jobs.next_step"
    assert keys_in(payload) == keys_in(bot.left.jobs()[function][0])
    assert (payload["line"], payload["version"], payload["choice"]) == (LINE, 2, 0)


def test_a_proposed_training_starts(bot: Upgrade) -> None:
    known, proposal = waiting(bot, "train"), bot.left.json(f"shakelm:training:{PROPOSED}:proposal")

    bot.press(f"start-training:{PROPOSED}", "proposed", "teacher")

    job, function, arguments = new_job(bot, known, "train")
    assert (job, function) == (PROPOSED, "worker.jobs.train")
    assert arguments == [PROPOSED, proposal | {"requested_by": None}]
    assert bot.json(f"shakelm:training:{PROPOSED}:request") == proposal
    assert keys_in(bot.progress(PROPOSED)) == keys_in(
        bot.left.json(f"shakelm:training:{THROWN_AWAY}:progress")
    )
    watched = bot.redis.hget("shakelm:trainings:watched", PROPOSED)
    assert isinstance(watched, bytes)
    assert json.loads(watched).keys() == {"channel_id", "message_id"}
    assert not bot.redis.exists(f"shakelm:training:{PROPOSED}:proposal")
    teacher = bot.state["users"]["teacher"]
    eventually(
        lambda: [one for one in map(texts, bot.channel()) if "class-proposed" in one and teacher in one],
        "an announcement in the log channel",
    )


def test_a_proposed_training_is_dropped(bot: Upgrade) -> None:
    bot.press(f"drop-training:{DROPPED}", "dropped", "teacher")

    assert not bot.redis.exists(f"shakelm:training:{DROPPED}:proposal")
    assert DROPPED not in waiting(bot, "train")


# What administrators have set and see


def test_limits_of_the_server_hold(bot: Upgrade) -> None:
    shown = texts(bot.type("/admin limits"))

    for limit in ("600", "50", "12"):
        assert re.search(rf"\b{limit}\b", shown), limit
    settings = bot.redis.hgetall(f"shakelm:server:{bot.state['guild_id']}:settings")
    before = bot.left.keys[f"shakelm:server:{bot.state['guild_id']}:settings"].value
    assert settings == {name.encode(): value.encode() for name, value in before.items()}
    assert re.search(r"\b12\b", texts(bot.type("/verse lines: 13", "owner")))


def test_the_latest_errors_are_shown(bot: Upgrade) -> None:
    shown = texts(bot.type("/admin status"))

    assert "0badcafe" in shown
    assert "0badf00d" in shown


def test_the_export_has_the_same_columns_and_pseudonyms(bot: Upgrade) -> None:
    message = bot.type("/admin export")
    (file,) = message["attachments"]
    content = requests.get(file["url"], timeout=30).content
    if file["filename"].endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])

    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    exported = {(row["kind"], row["number"]): row for row in rows}

    key = base64.b64decode(bot.left.keys["shakelm:export:key"].value["base64"])
    student = hmac.digest(key, bot.state["users"]["student"].encode(), "sha256").hex()[:12]
    before = read_json(FOLDER / "verses.json")["columns of the export"]
    assert list(rows.fieldnames or ())[: len(before)] == before  # new columns come last
    assert exported["verse", "11"]["person"] == student
    assert exported["verse", "11"]["text"] == "The king shall bid my lord\nspeak true"
    assert exported["training", "21"]["state"] == "finished"
    assert exported["training", "34"]["model"] == "class-word@2"
    assert exported["training", "35"]["state"] == "failed"
