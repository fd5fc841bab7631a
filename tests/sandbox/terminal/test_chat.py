"""The chat: lines with their answers, and a prompt at the other end of a terminal."""

import asyncio
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sandbox.sandbox_error import SandboxError
from sandbox.terminal import chat
from sandbox.terminal.rendering import render
from sandbox.world.attachments import new_attachment
from tests.sandbox.bot_with_buttons import replies, with_buttons
from tests.sandbox.stage import open_stage


async def test_say_waits_for_the_edit_of_a_waiting_answer() -> None:
    async with open_stage() as stage:
        shown = await replies(stage, "/queued")
        assert shown[0] == "> /queued"
        assert shown[1].splitlines()[2:] == ["the verse", "(edited)"]
        assert "hello Romeo at 0.5" in (await replies(stage, "/hello name: Romeo"))[1]
        assert "manages: True" in (await replies(stage, "/admin status"))[1]
        assert await replies(stage, "good morrow") == ["> good morrow"]


async def test_say_fails_in_one_sentence() -> None:
    async with open_stage() as stage:
        for text, words in (("/nothing", "no command /nothing"), ("x" * 2001, "1 to 2000 characters")):
            with pytest.raises(SandboxError, match=words):
                await replies(stage, text)
        with pytest.raises(SandboxError, match="no final answer within"):
            await replies(stage, "/later", within_s=0.2)
        failing = asyncio.create_task(replies(stage, "/silent"))
        await stage.until(lambda: any(i.name == "silent" for i in stage.world.interactions.values()))
        stage.world.move_clock(4)
        with pytest.raises(SandboxError, match="did not respond"):
            await failing


async def test_talk_shows_answers_edits_and_refusals_and_ends_with_quit() -> None:
    async with open_stage() as stage:
        shown: list[str] = []
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            talk = asyncio.create_task(chat.talk(stage.world, stage.user("student"), shown.append))
            keys.send_text("/nothing\r/queued\r")
            await stage.until(lambda: any("the verse" in text for text in shown))
            stage.type("/secret", "teacher")
            stage.type("/hello name: Nurse", "teacher")
            await stage.until(lambda: any("Nurse" in text for text in shown))
            keys.send_text("/silent\r")
            await stage.until(lambda: any(i.name == "silent" for i in stage.world.interactions.values()))
            await stage.control("POST", "/clock", {"ahead_s": 4})
            await stage.until(lambda: "did not respond" in shown[-1])
            keys.send_text("/quit\r")
            await asyncio.wait_for(talk, 60)
        assert shown[0].startswith("You are Student in #verses")
        assert shown[1] == "There is no command /nothing."
        assert "psst" not in "".join(shown)


async def test_talk_asks_for_the_fields_of_a_modal() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        shown: list[str] = []
        await stage.answered("/buttons")
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            talk = asyncio.create_task(chat.talk(stage.world, stage.user("student"), shown.append))
            keys.send_text("!press Change it\r")
            await stage.until(lambda: any("[Change]" in text for text in shown))
            clear = "\x01\x0b"  # to the start, and everything behind it away
            keys.send_text(f"{clear}x\r\r")
            await stage.until(lambda: "2 to 4000 characters" in shown[-1])
            keys.send_text("yz\r\r")
            await stage.until(lambda: any("xyz x 4" in text for text in shown))
            keys.send_text("!press Change it\r\x03")
            await stage.until(lambda: "Closed without submitting." in shown)
            keys.send_text("/quit\r")
            await asyncio.wait_for(talk, 60)


@pytest.mark.parametrize("key", ["\x04", "\x03"])
async def test_talk_ends_with_ctrl_d_and_ctrl_c(key: str) -> None:
    async with open_stage(connect=False) as stage:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(key)
            await asyncio.wait_for(chat.talk(stage.world, stage.user("student")), 60)


def contents(folder: Path) -> dict[str, str]:
    """What is in the files of a folder, by their paths."""
    return {str(path): path.read_text() for path in folder.iterdir()}


async def test_files_are_saved_where_their_addresses_would_die(tmp_path: Path) -> None:
    async with open_stage() as stage:
        await replies(stage, "good morrow")
        (message,) = stage.world.messages.values()
        message.attachments = [
            new_attachment(stage.world, name, name.encode(), ephemeral=False)
            for name in ("next.png", "next.png", "../x.txt")
        ]
        shown = chat._saved(stage.world, message, render(stage.world, message), tmp_path)
    saved = contents(tmp_path)
    assert "http" not in shown
    assert [path for path in saved if f"{path}]" not in shown] == []
    assert sorted(saved.values()) == ["../x.txt", "next.png", "next.png"]
