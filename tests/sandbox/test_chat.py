"""The chat: lines with their replies, completion, and a prompt at a terminal's other end."""

import asyncio

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sandbox import chat
from sandbox.errors import SandboxError


async def replies(stage, text, **options):
    shown = []
    await chat.say(stage.world, stage.world.users["student"], text, shown.append, **options)
    return shown


def test_say_waits_for_the_edit_of_a_waiting_answer(on_stage):
    async def play(stage):
        shown = await replies(stage, "/queued")
        assert shown[0] == "> /queued"
        assert shown[1].splitlines()[2:] == ["the verse", "(edited)"]
        assert "hello Romeo at 0.5" in (await replies(stage, "/hello name: Romeo"))[1]
        assert "manages: True" in (await replies(stage, "/admin status"))[1]
        assert await replies(stage, "good morrow") == ["> good morrow"]

    on_stage(play)


def test_say_fails_in_one_sentence(on_stage):
    async def play(stage):
        for text, words in (("/nothing", "no command /nothing"), ("x" * 2001, "1 to 2000 characters")):
            with pytest.raises(SandboxError, match=words):
                await replies(stage, text)
        with pytest.raises(SandboxError, match="no final answer within"):
            await replies(stage, "/later", within_s=0.2)
        failing = asyncio.create_task(replies(stage, "/silent"))
        await stage.until(lambda: any(i.command == "silent" for i in stage.world.interactions.values()))
        stage.world.move_clock(4)
        with pytest.raises(SandboxError, match="did not respond"):
            await failing

    on_stage(play)


def completions(world, user, text):
    completer = chat.CommandCompleter(world, world.users[user])
    return [found.text for found in completer.get_completions(Document(text), CompleteEvent())]


def test_completion_knows_the_registered_commands(on_stage):
    async def play(stage):
        world = stage.world
        assert completions(world, "student", "/he") == ["hello", "here"]
        assert completions(world, "student", "/adm") == []
        assert completions(world, "teacher", "/adm") == ["admin"]
        assert completions(world, "teacher", "/admin ") == ["status"]
        assert completions(world, "student", "/hello name: x t") == ["times:"]
        assert completions(world, "student", "/hello loud: ") == ["true", "false"]
        assert completions(world, "student", "/pick kind: ") == ["Word", "Char"]
        assert completions(world, "student", "good morrow") == []

    on_stage(play)


def test_talk_shows_answers_edits_and_refusals_and_ends_with_quit(on_stage):
    async def play(stage):
        shown = []
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            talk = asyncio.create_task(chat.talk(stage.world, stage.world.users["student"], shown.append))
            keys.send_text("/nothing\r/queued\r")
            await stage.until(lambda: any("the verse" in text for text in shown))
            stage.type("/secret", "teacher")
            stage.type("/hello name: Nurse", "teacher")
            await stage.until(lambda: any("Nurse" in text for text in shown))
            keys.send_text("/silent\r")
            await stage.until(lambda: any(i.command == "silent" for i in stage.world.interactions.values()))
            await stage.control("POST", "/clock", {"ahead_s": 4})
            await stage.until(lambda: "did not respond" in shown[-1])
            keys.send_text("/quit\r")
            await asyncio.wait_for(talk, 10)
        assert shown[0].startswith("You are Student in #verses")
        assert shown[1] == "There is no command /nothing."
        assert "psst" not in "".join(shown)

    on_stage(play)


@pytest.mark.parametrize("key", ["\x04", "\x03"])
def test_talk_ends_with_ctrl_d_and_ctrl_c(on_stage, key):
    async def play(stage):
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(key)
            await asyncio.wait_for(chat.talk(stage.world, stage.world.users["student"]), 10)

    on_stage(play, connect=False)
