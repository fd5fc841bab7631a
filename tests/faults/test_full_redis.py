"""Bots and workers that stand still for seconds, or meet a Redis that refuses to write."""

import signal

from tests.faults.outcomes import crowd, settled
from tests.support.full_stack import Stack
from tests.support.waiting import eventually


def test_a_bot_that_stood_still_gets_a_new_session(own_stack: Stack) -> None:
    """As with a machine that is paused: another bot takes the session, and Discord sends it nothing more."""
    discord = own_stack.discord
    halted, other = own_stack.start_bot(), own_stack.start_bot()
    own_stack.start_worker("verse")
    halted.popen.send_signal(signal.SIGSTOP)
    meanwhile = settled(discord, crowd(discord, 10))
    other.until(lambda: "Taking over" in other.output, "a session that is taken over")
    halted.popen.send_signal(signal.SIGCONT)
    halted.until(lambda: "connecting anew" in halted.output, "a new session")
    halted.until(lambda: halted.output.count("has connected to Gateway") > 1, "a new session")
    other.stop()

    after = settled(discord, crowd(discord, 10))

    assert (meanwhile.answered, meanwhile.doubled) == (10, 0)
    assert (after.answered, after.doubled) == (10, 0)


def test_bots_take_no_session_from_each_other_while_redis_is_full(own_stack: Stack) -> None:
    discord, valkey = own_stack.discord, own_stack.redis
    bots = [own_stack.start_bot() for _ in range(2)]
    worker = own_stack.start_worker("verse")
    valkey.config_set("maxmemory-policy", "noeviction")
    valkey.config_set("maxmemory", 1)
    eventually(lambda: not list(valkey.scan_iter("shakelm:bot:alive:*")), "bots without a mark")
    for bot in bots:
        bot.until(lambda bot=bot: bot.output.count("Trying again") > 0, "a beat that failed")  # type: ignore[misc]
    valkey.config_set("maxmemory", 0)
    eventually(lambda: len(list(valkey.scan_iter("shakelm:bot:alive:*"))) == 2, "two marks")

    after = settled(discord, crowd(discord, 10))

    assert (after.answered, after.doubled) == (10, 0)
    assert not any("Taking over" in bot.output for bot in bots)
    assert worker.output.count("Redis answers again") < 10


def test_a_worker_stops_while_redis_is_full(own_stack: Stack) -> None:
    worker = own_stack.start_worker("verse")
    own_stack.redis.config_set("maxmemory-policy", "noeviction")
    own_stack.redis.config_set("maxmemory", 1)
    worker.until(lambda: "OutOfMemoryError" in worker.output, "a worker that cannot work")
    assert worker.stop() == 0
