"""Acting as a member in this process, and waiting for the bot's answers, without HTTP."""

import asyncio

import pytest

from sandbox.client import clicks, replies, typed_input
from sandbox.client.visible_messages import messages_in_channel
from sandbox.sandbox_error import SandboxError
from sandbox.world.ids import VERSES_ID
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.stage import open_stage


async def test_answered_returns_the_messages_after_the_last_edit() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        world, student = stage.world, stage.user("student")
        (verse,) = await replies.answered(world, stage.type("/queued"))
        assert (verse.content, verse.edits) == ("the verse", 1)
        await replies.answered(world, stage.type("/buttons"))
        shown, late = await replies.answered(world, clicks.press(world, student, "Later"))
        assert (shown.content, late.content) == ("choose", "at last")
        (psst,) = await replies.answered(world, stage.type("/secret"))
        assert messages_in_channel(world, student, VERSES_ID) == [verse, shown, late, psst]
        assert messages_in_channel(world, stage.user("teacher"), VERSES_ID) == [verse, shown, late]


async def test_answered_waits_for_a_modal_and_for_what_it_leads_to() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        world, student = stage.world, stage.user("student")
        await replies.answered(world, stage.type("/buttons"))
        pressed = clicks.press(world, student, "Change it")
        assert await replies.answered(world, pressed) == [] and pressed.modal
        assert clicks.with_open_modal(world, student) is pressed
        (changed,) = await replies.answered(world, clicks.submit(world, student, pressed, {"Seed": "or not"}))
        assert changed.content == "or not x 4"
        with pytest.raises(SandboxError, match="no open modal"):
            clicks.with_open_modal(world, student)


async def test_no_answer_is_an_error_in_one_sentence() -> None:
    async with open_stage() as stage:
        asked = asyncio.create_task(replies.answered(stage.world, stage.type("/silent")))
        await stage.until(lambda: stage.bot.interactions)
        stage.world.move_clock(4)
        with pytest.raises(
            SandboxError, match=r"^/silent: The application did not respond within 3 seconds.$"
        ):
            await asked
        with pytest.raises(SandboxError, match=r"^/later got no final answer within 0.2 seconds.$"):
            await replies.answered(stage.world, stage.type("/later"), within_s=0.2)


async def test_completions_come_from_the_bot() -> None:
    async with open_stage() as stage:
        asked = typed_input.ask_for_completions(
            stage.world, stage.user("student"), VERSES_ID, "/suggest model: other"
        )
        assert await replies.completions(stage.world, asked) == [{"name": "other@1", "value": "other@1"}]
    async with open_stage() as stage:
        stage.bot.tree.clear_commands(guild=None)
        asked = typed_input.ask_for_completions(
            stage.world, stage.user("student"), VERSES_ID, "/suggest model: other"
        )
        waiting = asyncio.create_task(replies.completions(stage.world, asked))
        await stage.seen_by_bot(asked)
        stage.world.move_clock(4)
        with pytest.raises(SandboxError, match=r"^The bot did not answer within 3 seconds.$"):
            await waiting
