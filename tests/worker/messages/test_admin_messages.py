"""The messages of `/admin`: they show what they must, and ping nobody."""

import dataclasses
from typing import Any, Literal

import pytest

from tests.support import tiny_models
from tests.support.discord_messages import embed
from tests.support.request_makers import kinds_of_requests
from worker.messages import admin_messages, discord_json, notices
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest, ReplyTo
from worker.protocol.model_payloads import ModelIndex
from worker.protocol.status_payloads import Incident, OpenJob, QueueStatus, WorkerStatus
from worker.protocol.training_payloads import Training, TrainingState, TrainProgress, TrainRequest

EMPTY = QueueStatus(workers=[], verses_waiting=0, verses_running=0)
TRAINING = TrainRequest(
    name="my_model", architecture="lstm", vocabulary="char", epochs=12, random_seed=3, requested_by="1"
)


def worker(queue: Literal["verse", "train"], busy: bool, device: str = "CPU") -> WorkerStatus:
    return WorkerStatus(
        name=f"{queue}-1", host="my_host", queue=queue, busy=busy, device=device, version="1.2.3"
    )


def open_job(author: str, place: int, wait_s: float | None = None) -> OpenJob:
    reply_to = ReplyTo(application_id="1", token="token", expires_at=0)
    return OpenJob(
        "verse", JobRequest(author=author, guild="2", channel="3", reply_to=reply_to), place, wait_s
    )


def description(body: discord_json.Body) -> str:
    """The text with its escapes."""
    return str(embed(body)["description"])


def test_promotions_name_the_model_and_its_figures() -> None:
    for body in (
        admin_messages.promoted(tiny_models.summary("my_model")),
        admin_messages.rolled_back(tiny_models.summary("my_model")),
    ):
        assert r"my\_model\@1" in embed(body)["title"]
        assert "1.500 nats per character, perplexity 4.48, accuracy 55.3%" in description(body)


def test_a_removal_has_a_button_until_it_is_under_way() -> None:
    asked = admin_messages.confirm_removal("my_model@1")
    ((button,),) = (row["components"] for row in asked["components"])
    assert button["label"] == "Remove my_model@1"
    assert button["custom_id"] == "remove:my_model@1"
    assert admin_messages.removing("my_model@1")["components"] == []
    assert admin_messages.removed("my_model@1")["components"] == []


def test_the_longest_reference_fits_on_the_button() -> None:
    asked = admin_messages.confirm_removal("a" * 64 + "@999999999")
    (button,) = asked["components"][0]["components"]
    assert len(button["label"]) <= 80
    assert len(button["custom_id"]) <= 100


def test_the_queue_shows_who_waits_for_what_and_how_long() -> None:
    jobs = [open_job("11", 0, 2.0), open_job("12", 1, 3.0), open_job("11", 3)]
    assert description(admin_messages.queue(jobs, paused=False)).splitlines() == [
        "now · <@11> · a verse",
        "1 · <@12> · a verse · 5 s",
        "3 · <@11> · a verse",
    ]
    assert description(admin_messages.queue([], paused=False)) == "The queue is empty."
    assert "/admin resume" in description(admin_messages.queue([], paused=True))


@pytest.mark.parametrize("kind", [request.job for request in kinds_of_requests()])
def test_every_kind_of_job_has_a_name(kind: str) -> None:
    job = dataclasses.replace(open_job("11", 1), kind=kind)
    assert description(admin_messages.queue([job], paused=False)).startswith("1 · <@11> · ")


def test_a_long_queue_is_cut_to_what_discord_takes() -> None:
    body = admin_messages.queue([open_job("1" * 20, place) for place in range(1, 1001)], paused=False)
    assert len(description(body)) <= 4096
    assert description(body).endswith("\n…")


def test_limits_and_retention_tell_their_figures() -> None:
    settings = GuildSettings(
        per_minute=11,
        open_per_person=12,
        open_per_server=13,
        teacher_factor=15,
        longest_verse=14,
        retention_days=1,
    )
    shown = description(admin_messages.limits(settings)).splitlines()
    assert [line.rpartition(" ")[2] for line in shown] == ["**11**", "**12**", "**13**", "**15**", "**14**"]
    assert "for 1 day," in description(admin_messages.retention(settings))


def test_an_announcement_names_the_person_and_escapes_what_was_written() -> None:
    body = admin_messages.announcement("11", "announcement.promotion", model="my_model")
    assert body["content"] == r"🔧 <@11>: asked to make my\_model live"
    assert body["allowed_mentions"] == {"parse": []}


def test_status_shows_everything() -> None:
    queues = QueueStatus(
        workers=[worker("verse", True), worker("verse", False), worker("train", True, device="")],
        paused=True,
        verses_waiting=3,
        verses_running=1,
    )
    running = TrainProgress(state=TrainingState.RUNNING, epochs=12, share=0.5)
    trainings = [Training(id="1", request=TRAINING, progress=running)]
    incidents = [Incident(reference="0123abcd", at=1000.5, sentence="verse: *OSError*")]
    body = admin_messages.status(
        queues, trainings, ModelIndex(versions=[tiny_models.summary("a", live=True)]), incidents
    )
    assert description(body).splitlines() == [
        "Verse workers: 2 running, 1 busy",
        r"• my\_host: CPU, shakelm 1.2.3",
        r"• my\_host: CPU, shakelm 1.2.3",
        "Training workers: 1 running, 1 busy",
        r"• my\_host: device unknown until its first training, shakelm 1.2.3",
        "⏸️ The queue is paused on all servers. `/admin resume` resumes it.",
        "Requests: 3 waiting, 1 in progress",
        r"Training my\_model: running, 50%",
        r"Live model: a\@1",
        "Model versions: 1",
        r"⚠️ 0123abcd, <t:1000:R>: verse: \*OSError\*",
    ]


def test_status_without_workers_warns_with_the_cure() -> None:
    text = description(admin_messages.status(EMPTY, [], None))
    assert "⚠️ Verse workers: none is running. Start one with `python -m worker verse`" in text
    assert "No training is running or waiting" in text
    assert "No errors were recorded" in text


FINAL: dict[str, Any] = {
    "promoted": admin_messages.promoted(tiny_models.summary("a")),
    "rolled_back": admin_messages.rolled_back(tiny_models.summary("a")),
    "removed": admin_messages.removed("a@1"),
    "queue_cleared": admin_messages.queue_cleared(1),
    "exported": admin_messages.exported(),
    "log_channel": admin_messages.log_channel(GuildSettings()),
}
WAITING: dict[str, Any] = {
    "promoting": admin_messages.promoting("a"),
    "rolling_back": admin_messages.rolling_back(),
    "removing": admin_messages.removing("a@1"),
}


@pytest.mark.parametrize("name", FINAL | WAITING)
def test_every_message_pings_nobody(name: str) -> None:
    assert (FINAL | WAITING)[name]["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("name", FINAL)
def test_every_final_message_clears_the_waiting_notice(name: str) -> None:
    assert FINAL[name]["content"] == ""
    assert FINAL[name]["components"] == []


@pytest.mark.parametrize("name", WAITING)
def test_every_waiting_notice_says_that_it_waits(name: str) -> None:
    assert WAITING[name]["content"].startswith(notices.WAITING)
