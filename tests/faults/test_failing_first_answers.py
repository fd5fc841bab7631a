"""First answers while Discord fails: each is sent again in time, or the person is told in the channel."""

from typing import Any

import pytest

from tests.faults.extent import variants
from tests.faults.outcomes import crowd, settled
from tests.support.full_stack import Stack
from worker.records import incidents

REQUESTS = 40
FAILING = {"times": 10, "every": 4, "route": "POST /interactions/"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut"},
        {"kind": "429_page"},
        {"kind": "404", "code": 10062},
        *variants(
            [
                {"kind": "429", "seconds": 0.3},
                {"kind": "reset"},
                {"kind": "401"},
                {"kind": "503"},
                {"kind": "slow", "seconds": 1.0},
            ],
            [],
        ),
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_a_failing_first_answer_is_sent_again(shared_stack: Stack, fault: dict[str, Any]) -> None:
    discord = shared_stack.discord
    discord.post("faults", FAILING | fault)

    end = settled(discord, crowd(discord, REQUESTS))

    assert (end.answered, end.doubled) == (REQUESTS, 0)
    assert discord.get("state")["pending_faults"] == 0
    assert incidents.latest(shared_stack.redis) == []
    assert "Traceback" not in shared_stack.bot.output


@pytest.mark.parametrize(
    "fault", [{"kind": "429", "seconds": 30}, {"kind": "404", "code": 10062}, {"kind": "503"}]
)
def test_who_cannot_be_answered_is_told_in_the_channel(shared_stack: Stack, fault: dict[str, Any]) -> None:
    discord = shared_stack.discord
    discord.post("faults", {"route": "POST /interactions/", "times": 1000} | fault)

    end = settled(discord, crowd(discord, REQUESTS))
    discord.clear_faults()

    assert (end.told_in_channel, end.doubled) == (REQUESTS, 0)
    assert incidents.latest(shared_stack.redis) == []


def test_two_bots_with_one_token_answer_once(shared_stack: Stack) -> None:
    discord = shared_stack.discord
    other = shared_stack.start_bot()

    end = settled(discord, crowd(discord, REQUESTS))

    assert (end.answered, end.doubled) == (REQUESTS, 0)
    assert incidents.latest(shared_stack.redis) == []
    outputs = (shared_stack.bot.output, other.output)
    assert sum("does the work in the background" in output for output in outputs) == 1
    assert other.stop() == 0


def test_after_an_invalid_session_the_bot_goes_on(shared_stack: Stack) -> None:
    discord, bot = shared_stack.discord, shared_stack.bot
    sessions = bot.output.count("has connected to Gateway")
    asked = crowd(discord, REQUESTS)
    discord.post("faults", {"kind": "invalid_session"})
    settled(discord, asked)
    bot.until(lambda: bot.output.count("has connected to Gateway") == sessions + 1, "a new session")

    after = settled(discord, crowd(discord, REQUESTS))

    assert (after.answered, after.doubled) == (REQUESTS, 0)
