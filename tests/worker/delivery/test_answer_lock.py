"""The answer lock: one writer at a time, and nothing after the final answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import redis

from tests.support.request_makers import TOKEN, reply_to
from tests.support.waiting import DEADLINE_S, eventually
from worker.delivery import answer_lock


def test_a_refresher_may_edit_until_the_answer_is_claimed(connection: "redis.Redis") -> None:
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert allowed
    answer_lock.claim(connection, reply_to())
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert not allowed


def writes(connection: "redis.Redis") -> int:
    """How often any client has called SET: a claim does so once, and once for each try to get the lock."""
    return int(connection.info("commandstats")["cmdstat_set"]["calls"])


def test_the_claim_waits_for_a_refresher(connection: "redis.Redis") -> None:
    claimed = threading.Event()

    def claim() -> None:
        answer_lock.claim(connection, reply_to())
        claimed.set()

    with ThreadPoolExecutor() as pool:
        with answer_lock.refreshing(connection, reply_to()) as allowed:
            assert allowed
            before = writes(connection)
            claiming = pool.submit(claim)
            eventually(
                lambda: writes(connection) > before + 2, "a claim that has tried twice to get the lock"
            )
            assert not claimed.is_set()
        claiming.result(timeout=DEADLINE_S)
    assert claimed.is_set()


def test_a_claim_passes_a_refresher_that_never_ends(connection: "redis.Redis") -> None:
    refreshing = answer_lock.refreshing(connection, reply_to())
    refreshing.__enter__()
    for key in connection.scan_iter("shakelm:answer:*:lease"):
        connection.pexpire(key, 1)
    answer_lock.claim(connection, reply_to())
    refreshing.__exit__(None, None, None)
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert not allowed


def test_two_refreshers_do_not_edit_at_once(connection: "redis.Redis") -> None:
    with (
        answer_lock.refreshing(connection, reply_to()) as first,
        answer_lock.refreshing(connection, reply_to()) as second,
        answer_lock.refreshing(connection, reply_to("another")) as other,
    ):
        assert (first, second, other) == (True, False, True)


def test_a_retried_job_claims_again(connection: "redis.Redis") -> None:
    answer_lock.claim(connection, reply_to())
    answer_lock.claim(connection, reply_to())


def test_a_refresher_may_enter_and_leave_in_different_threads(connection: "redis.Redis") -> None:
    refreshing = answer_lock.refreshing(connection, reply_to())
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        assert one.submit(refreshing.__enter__).result()
        other.submit(refreshing.__exit__, None, None, None).result()
    answer_lock.claim(connection, reply_to())


def test_keys_do_not_hold_the_token_and_expire(connection: "redis.Redis") -> None:
    answer_lock.claim(connection, reply_to())
    keys = list(connection.scan_iter("*"))
    assert keys
    for key in keys:
        assert TOKEN.encode() not in key
        assert connection.ttl(key) > 0


def test_a_race_has_one_order(connection: "redis.Redis") -> None:
    """Whatever the order, no refresh is under way when the final answer is written, and none comes later."""
    for _ in range(20):
        connection.flushdb()
        written: list[str] = []
        start = threading.Barrier(2)

        def refresh(written: list[str] = written, start: threading.Barrier = start) -> None:
            start.wait()
            with answer_lock.refreshing(connection, reply_to()) as allowed:
                if allowed:
                    written.append("place 2")

        with ThreadPoolExecutor() as pool:
            refreshing = pool.submit(refresh)
            start.wait()
            answer_lock.claim(connection, reply_to())
            written.append("verse")
            refreshing.result()
        assert written[-1] == "verse"
