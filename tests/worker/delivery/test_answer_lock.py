"""The lease: one writer at a time, and nothing after the final answer."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import redis

from worker.delivery import answer_lock
from worker.protocol.job_request import ReplyTo

Make = Callable[..., ReplyTo]


def test_a_refresher_may_edit_until_the_answer_is_claimed(connection: "redis.Redis", reply_to: Make) -> None:
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert allowed
    answer_lock.claim(connection, reply_to())
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert not allowed


def test_the_claim_waits_for_a_refresher(connection: "redis.Redis", reply_to: Make) -> None:
    claimed = threading.Event()

    def claim() -> None:
        answer_lock.claim(connection, reply_to())
        claimed.set()

    with ThreadPoolExecutor() as pool:
        with answer_lock.refreshing(connection, reply_to()) as allowed:
            assert allowed
            claiming = pool.submit(claim)
            assert not claimed.wait(0.3)
        claiming.result(timeout=answer_lock.REFRESH_S)
    assert claimed.is_set()


def test_a_claim_passes_a_refresher_that_never_ends(connection: "redis.Redis", reply_to: Make) -> None:
    refreshing = answer_lock.refreshing(connection, reply_to())
    refreshing.__enter__()
    for key in connection.scan_iter("shakelm:answer:*:lease"):
        connection.pexpire(key, 1)
    answer_lock.claim(connection, reply_to())
    refreshing.__exit__(None, None, None)
    with answer_lock.refreshing(connection, reply_to()) as allowed:
        assert not allowed


def test_two_refreshers_do_not_edit_at_once(connection: "redis.Redis", reply_to: Make) -> None:
    with (
        answer_lock.refreshing(connection, reply_to()) as first,
        answer_lock.refreshing(connection, reply_to()) as second,
        answer_lock.refreshing(connection, reply_to("another")) as other,
    ):
        assert (first, second, other) == (True, False, True)


def test_a_retried_job_claims_again(connection: "redis.Redis", reply_to: Make) -> None:
    answer_lock.claim(connection, reply_to())
    answer_lock.claim(connection, reply_to())


def test_a_refresher_may_enter_and_leave_in_different_threads(
    connection: "redis.Redis", reply_to: Make
) -> None:
    refreshing = answer_lock.refreshing(connection, reply_to())
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        assert one.submit(refreshing.__enter__).result()
        other.submit(refreshing.__exit__, None, None, None).result()
    answer_lock.claim(connection, reply_to())


def test_keys_do_not_hold_the_token_and_expire(connection: "redis.Redis", reply_to: Make, token: str) -> None:
    answer_lock.claim(connection, reply_to())
    keys = list(connection.scan_iter("*"))
    assert keys
    for key in keys:
        assert token.encode() not in key
        assert connection.ttl(key) > 0


def test_a_race_has_one_order(connection: "redis.Redis", reply_to: Make) -> None:
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
