"""The queue of what people asked for: turns, places, waits, and how one job is taken out."""

import itertools
import threading
from collections.abc import Callable, Iterable
from functools import partial

import pytest
import redis

from tests.support import rq_records
from tests.support.module_process import Start
from tests.support.request_makers import enqueue, reply_to, verse_request
from tests.support.waiting import eventually
from tests.support.webhook_endpoint import Webhook
from worker.delivery import answer_lock
from worker.protocol.model_payloads import PromoteRequest
from worker.protocol.verse_payloads import VerseRequest
from worker.queue import admission, enqueueing, pausing, queue_status, rq_internals, snapshot, withdrawal
from worker.queue.admission import LimitReached
from worker.queue.rq_internals import VERSE
from worker.records import guild_settings, verse_records

Connection = redis.Redis
Ask = Callable[..., VerseRequest]


@pytest.fixture
def ask(connection: Connection) -> Ask:
    """Asks for a verse of that person, whose token is as given or the job's id."""
    guild_settings.change(connection, "2", per_minute=600, open_per_person=100, open_per_server=1000)

    made = itertools.count()

    def ask(author: str, token: str = "", **left: float) -> VerseRequest:
        request = verse_request(author=author, id=f"{next(made):016x}")
        request = request.model_copy(update={"reply_to": reply_to(token or request.id, **left)})
        enqueue(connection, request)
        return request

    return ask


def places(connection: Connection) -> list[str]:
    """The ids of what waits, in the order of the places."""
    jobs = [job for job in snapshot.open_jobs(connection) if job.place]
    assert [job.place for job in jobs] == list(range(1, len(jobs) + 1))
    return [job.request.id for job in jobs]


def ids(requests: Iterable[VerseRequest]) -> list[str]:
    return [request.id for request in requests]


# Turns


def test_people_take_turns(connection: Connection, ask: Ask) -> None:
    first, second, third = (ask("1") for _ in range(3))
    other, last = (ask("2") for _ in range(2))
    assert places(connection) == ids([first, other, second, last, third])


def test_a_person_whose_verse_is_being_written_comes_after_those_who_wait(
    connection: Connection, ask: Ask
) -> None:
    first, second, other = ask("1"), ask("1"), ask("2")
    rq_records.take(connection, VERSE)
    assert places(connection) == ids([other, second])
    (in_work,) = (job for job in snapshot.open_jobs(connection) if not job.place)
    assert (in_work.kind, in_work.request) == ("verse", withdrawal.find(connection, first.id))


def test_the_place_is_told_before_the_verse_is_in_the_queue(connection: Connection) -> None:
    guild_settings.change(connection, "2", per_minute=600, open_per_person=100)
    for author in "1121312":
        request = verse_request(author=author)
        outlook = admission.admit(connection, request)
        assert (outlook.workers, outlook.paused) == (0, False)
        assert enqueueing.release(connection, request.id)
        assert places(connection).index(request.id) + 1 == outlook.place


def test_one_verse_is_answered_among_the_first_eleven_of_101(
    connection: Connection, ask: Ask, start: Start, webhook: Webhook
) -> None:
    """Ten people with ten verses each and one with one, who asks last."""
    for author in range(10):
        for _ in range(10):
            ask(str(author))
    one = ask("10")
    expected = places(connection)
    assert expected.index(one.id) < 11

    start("verse")
    eventually(lambda: len(webhook.received) == 101, "101 verses")

    answered = [received.path.split("/")[-3] for received in webhook.received]
    assert answered == expected


# Waits


def test_the_wait_comes_from_what_the_last_jobs_took(
    connection: Connection, ask: Ask, start: Start, webhook: Webhook
) -> None:
    assert snapshot.pace(connection).wait_s(1, 1) is None  # no worker, nothing measured
    start("verse")
    ask("1")
    eventually(lambda: snapshot.pace(connection).wait_s(1, 1), "a measured job")

    for _ in range(snapshot.MEASURED_JOBS):
        snapshot.record_duration(connection, 4)
    held = threading.Event()
    webhook.prepare(held=held)
    ask("1")
    eventually(lambda: [job.place for job in snapshot.open_jobs(connection)] == [0], "a verse being written")
    ask("2")
    ask("2")
    waits = [job.wait_s for job in snapshot.open_jobs(connection)]
    outlook = admission.admit(connection, verse_request(author="3"))
    guild_settings.change(connection, "2", open_per_person=2)
    with pytest.raises(LimitReached) as refused:
        ask("2")
    held.set()

    assert waits == pytest.approx([2, 6, 10])
    assert (outlook.place, outlook.workers) == (2, 1)
    assert outlook.wait_s == pytest.approx(10)
    assert refused.value.key == "limit.open_per_person.at"


def test_while_the_queue_is_paused_nobody_knows_the_wait(connection: Connection, start: Start) -> None:
    snapshot.record_duration(connection, 4)
    start("verse")
    eventually(lambda: snapshot.pace(connection).wait_s(1, 1, 0) == 4, "a worker")
    pausing.pause(connection)
    outlook = admission.admit(connection, verse_request())
    assert (outlook.wait_s, outlook.paused) == (None, True)


# Taking one out


@pytest.mark.parametrize("which", [0, 1, 2])
def test_that_job_and_no_other_is_taken_out(connection: Connection, ask: Ask, which: int) -> None:
    asked = [ask("1"), ask("1"), ask("2")]
    gone = asked.pop(which)

    assert withdrawal.withdraw(connection, gone.id)

    assert sorted(places(connection)) == sorted(ids(asked))
    assert len(rq_internals.open_queue(connection, "verse").job_ids) == len(
        {request.author for request in asked}
    )
    assert not rq_records.has_record(connection, gone.id)
    assert verse_records.find(connection, gone.id) is None
    assert withdrawal.find(connection, gone.id) is None
    assert not withdrawal.withdraw(connection, gone.id)
    with answer_lock.refreshing(connection, gone.reply_to) as allowed:
        assert not allowed
    for other in asked:
        assert verse_records.find(connection, other.id)
        with answer_lock.refreshing(connection, other.reply_to) as allowed:
            assert allowed


def test_what_a_worker_has_is_not_taken_out(connection: Connection, ask: Ask) -> None:
    request = ask("1")
    rq_records.take(connection, VERSE)
    assert not withdrawal.withdraw(connection, request.id)
    assert withdrawal.find(connection, request.id)


def test_a_promotion_is_not_taken_out(connection: Connection) -> None:
    promotion = enqueueing.enqueue_first(connection, PromoteRequest(model="a", reply_to=reply_to()))
    assert withdrawal.find(connection, promotion) is None
    assert not withdrawal.withdraw(connection, promotion)
    assert queue_status.status(connection).verses_waiting == 1


def test_what_would_come_too_late_is_found_wherever_it_waits(connection: Connection, ask: Ask) -> None:
    early = ask("1", seconds_left=300)
    late = ask("1", seconds_left=30)
    dead = ask("2", seconds_left=-1)
    assert sorted(request.id for request in withdrawal.expiring(connection, 60)) == sorted(ids([late, dead]))
    assert early.id in places(connection)


# A person's next job never waits in vain


def test_the_next_one_is_answered_after_one_that_was_taken_out(
    connection: Connection, ask: Ask, start: Start, webhook: Webhook
) -> None:
    ask("1", "first")
    second, third = ask("1", "second"), ask("1", "third")
    assert withdrawal.withdraw(connection, second.id)
    start("verse")
    eventually(lambda: webhook.messages("third"), "the third verse")
    assert withdrawal.find(connection, third.id)
    assert webhook.messages("second") == []


def test_the_next_one_is_answered_after_one_that_failed_for_good(
    connection: Connection, ask: Ask, start: Start, webhook: Webhook
) -> None:
    failing = ask("1", "failing")
    ask("1", "following")
    rq_records.spoil(connection, failing.id)
    start("verse")
    eventually(lambda: webhook.messages("following"), "the next verse")
    eventually(lambda: webhook.messages("failing"), "an apology")


def test_the_next_one_is_answered_after_one_that_is_lost(
    connection: Connection, ask: Ask, start: Start, webhook: Webhook
) -> None:
    """One has expired with its token, and whoever took out another was killed before the next moved up."""
    expired, taken_out = ask("1", "expired"), ask("2", "taken out")
    for author in "12":
        ask(author, f"next of {author}")
    rq_records.lose_records(connection, expired.id, taken_out.id)
    rq_internals.open_queue(connection, "verse").remove(taken_out.id)
    start("verse")
    for author in "12":
        eventually(partial(webhook.messages, f"next of {author}"), "the next verse")
    assert len(webhook.received) == 2
