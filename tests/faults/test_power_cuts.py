"""Power cuts: Redis loses the end of its file, and a bot dies between two steps of a start."""

import os
import time
from functools import partial

import psutil
import pytest

from tests.faults.extent import variants
from tests.faults.outcomes import crowd, outcomes, settled
from tests.support.discord_messages import is_private, labels
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.trainings import training_records


def cut_the_power_of_valkey(stack: Stack, lost: float) -> None:
    """Kill Valkey, and cut that share off the end of its append-only file, perhaps within a record."""
    valkey = psutil.Process(stack.redis.info("server")["process_id"])
    valkey.kill()
    valkey.wait()
    (file,) = (stack.folder / "valkey").rglob("*.incr.aof")
    size = file.stat().st_size
    os.truncate(file, size - max(int(size * lost), 3))


@pytest.mark.parametrize("lost", variants([0.0, 0.3, 0.9], [0.3]), ids="{:.0%} lost".format)
def test_what_a_power_cut_takes_from_redis_is_answered_or_told(own_stack: Stack, lost: float) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot()
    asked = crowd(discord, 30)
    eventually(lambda: outcomes(discord, asked).waiting == 30, "notices")

    cut_the_power_of_valkey(own_stack, lost)
    own_stack.start_valkey()
    own_stack.start_worker("verse")

    ended = settled(discord, asked)
    assert ended.doubled == 0
    assert ended.answered + ended.told == 30
    after = settled(discord, crowd(discord, 10))
    assert (after.answered, after.doubled) == (10, 0)
    assert "Traceback" not in bot.output


@pytest.mark.parametrize("lost", [0.0, 1.0], ids="{:.0%} lost".format)
def test_a_power_cut_between_notice_and_queue_is_made_up_for(own_stack: Stack, lost: float) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot()
    route = {"route": "POST /interactions/"}
    discord.post("faults", {"kind": "cut"} | route)  # the notice is there, and the bot does not know yet
    discord.post("faults", {"kind": "slow", "seconds": 1.5} | route)
    asked = crowd(discord, 1)
    eventually(lambda: outcomes(discord, asked).waiting == 1, "a notice")

    cut_the_power_of_valkey(own_stack, lost)
    bot.until(lambda: "is not released yet" in bot.output, "a release that fails")
    own_stack.start_valkey()
    own_stack.start_worker("verse")

    ended = settled(discord, asked)
    assert (ended.answered, ended.told, ended.doubled) == ((1, 0, 0) if lost == 0.0 else (0, 1, 0))
    assert "Refused" not in bot.output


def test_a_bot_that_is_killed_during_a_start_loses_neither_proposal_nor_training(own_stack: Stack) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot()

    def told() -> int:
        return sum("could not answer" in one["content"] for one in discord.messages("teacher"))

    moments_s = variants((0.0, 0.01, 0.03, 0.08), (0.0, 0.03))
    for number, after_s in enumerate(moments_s):
        asked = discord.ask(f"/admin train name: bard-{number}", "teacher")
        assert labels(asked) == ["Start", "Cancel"], asked
        (proposal,) = own_stack.redis.scan_iter("shakelm:training:*:proposal")
        training_id = proposal.decode().split(":")[2]
        begun = partial(training_records.find, own_stack.redis, training_id)
        told_before = told()
        discord.press("Start", asked["id"], "teacher")
        time.sleep(after_s)  # the time of the fault
        bot.kill()

        started = training_records.find(own_stack.redis, training_id)
        assert (started is None) is bool(own_stack.redis.exists(proposal))

        bot = own_stack.start_bot()  # gets the press again, if it was not finished

        def answered(message_id: str = asked["id"]) -> bool:
            (proposed,) = (one for one in discord.messages("teacher") if one["id"] == message_id)
            return not labels(proposed)

        eventually(lambda: answered() or told() > told_before, "an answer or a word to the teacher")  # noqa: B023
        if not answered():  # the bot came back too late for a first answer, and the proposal stands
            discord.press("Start", asked["id"], "teacher")
        eventually(begun, "a training")
        assert not own_stack.redis.exists(proposal)

        def message_is_there(training_id: str = training_id) -> bool:
            at = training_records.watched(own_stack.redis).get(training_id)
            return at is not None and at.message_id != training_records.NOT_POSTED

        eventually(message_is_there, "the training's message")
        eventually(answered, "an end of the proposal")
    assert len(training_records.open_trainings(own_stack.redis)) == len(moments_s)
    shown = [one for one in discord.messages("teacher") if "bard-" in str(one["embeds"])]
    assert len([one for one in shown if not is_private(one)]) == len(moments_s)
