"""The chat: lines with their replies, completion, and a prompt at a terminal's other end."""

import asyncio

import discord
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sandbox.sandbox_error import SandboxError
from sandbox.terminal import chat
from sandbox.terminal.line_completion import LineCompleter


async def replies(stage, text, **options):
    shown = []
    await chat.say(stage.world, stage.world.users["student"], text, shown.append, **options)
    return shown


@pytest.mark.asyncio
async def test_say_waits_for_the_edit_of_a_waiting_answer() -> None:
    async with open_stage() as stage:
        shown = await replies(stage, "/queued")
        assert shown[0] == "> /queued"
        assert shown[1].splitlines()[2:] == ["the verse", "(edited)"]
        assert "hello Romeo at 0.5" in (await replies(stage, "/hello name: Romeo"))[1]
        assert "manages: True" in (await replies(stage, "/admin status"))[1]
        assert await replies(stage, "good morrow") == ["> good morrow"]


@pytest.mark.asyncio
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


class Change(discord.ui.Modal, title="Change"):
    seed = discord.ui.TextInput(label="Seed", default="to be", min_length=2)
    how_many = discord.ui.Label(text="How many", component=discord.ui.TextInput(default="4"))

    async def on_submit(self, interaction):
        await interaction.response.send_message(f"{self.seed.value} x {self.how_many.component.value}")


class Buttons(discord.ui.View):
    @discord.ui.button(label="Change it", custom_id="change")
    async def change(self, interaction, _):
        await interaction.response.send_modal(Change())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction, _):
        await interaction.response.defer()
        await interaction.followup.send("at last")

    @discord.ui.select(
        placeholder="Kind", options=[discord.SelectOption(label=name) for name in ("Word", "Char")]
    )
    async def kind(self, interaction, select):
        await interaction.response.edit_message(content=f"it is {select.values[0]}", view=None)


def with_buttons(bot):
    @bot.tree.command(description="Buttons")
    async def buttons(interaction: discord.Interaction):
        await interaction.response.send_message("choose", view=Buttons())

    @bot.tree.context_menu(name="Go on with it")
    async def go_on(interaction: discord.Interaction, message: discord.Message):
        await interaction.response.send_message(f"{message.content} …")

    @bot.tree.context_menu(name="Who")
    async def who(interaction: discord.Interaction, member: discord.Member):
        await interaction.response.send_message(f"{member.name} speaks {interaction.locale}")

    @bot.tree.command(description="Reads")
    async def reads(interaction: discord.Interaction, text: discord.Attachment):
        await interaction.response.send_message((await text.read()).decode())


@pytest.mark.asyncio
async def test_say_does_what_a_person_does_with_the_mouse(tmp_path) -> None:
    async with open_stage(prepare=with_buttons) as stage:
        (tmp_path / "lines.txt").write_text("from a file")
        assert (await replies(stage, "/buttons"))[1].splitlines()[2:] == [
            "choose",
            "[Change it] [Later]",
            "[Kind: Word, Char]",
        ]
        assert (await replies(stage, "!press change it"))[1].splitlines() == [
            "[Change]",
            "│ Seed: to be",
            "│ How many: 4",
            "(!submit FIELD: VALUE … sends it)",
        ]
        sent = (await replies(stage, "!submit how many: 7 Seed: or not: to be"))[1]
        assert sent.splitlines() == ["Student filled in Change", "shakelm [APP]", "or not: to be x 7"]
        assert "at last" in (await replies(stage, "!press Later"))[2]
        assert "it is Char" in (await replies(stage, "!select Kind: Char"))[1]
        assert "at last …" in (await replies(stage, '!menu "Go on with it" at last'))[1]
        assert "at last … …" in (await replies(stage, "!menu go on with it"))[1]
        message = stage.world.messages[next(iter(stage.world.messages))]
        assert "it is Char …" in (await replies(stage, f"!menu Go on with it {message.id}"))[1]
        assert (await replies(stage, "!locale de"))[1] == "Student's language is de now."
        assert "teacher speaks de" in (await replies(stage, "!menu Who @teacher"))[1]
        assert "from a file" in (await replies(stage, f"/reads text: {tmp_path / 'lines.txt'}"))[1]
        assert "!press" in (await replies(stage, "!help"))[1]


@pytest.mark.asyncio
async def test_say_waits_for_a_message() -> None:
    async with open_stage() as stage:
        waiting = asyncio.create_task(replies(stage, "!wait HELLO nurse"))
        await replies(stage, "/hello name: Romeo")
        stage.type("/secret", "teacher")
        assert not waiting.done()
        stage.type("/hello name: Nurse", "teacher")
        line, message = await waiting
        assert line == "> !wait HELLO nurse"
        assert message.splitlines() == ["Teacher used /hello", "shakelm [APP]", "hello Nurse at 0.5"]
        assert "hello Romeo at 0.5" in (await replies(stage, "!wait Romeo"))[1]
        with pytest.raises(SandboxError, match="No message held 'psst' within"):
            await replies(stage, "!wait psst", within_s=0.2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("!presss", "There is no !presss; there are: !press, "),
        ("!press Nothing", "no button 'Nothing'; there are: Change it, Later"),
        ("!select Kind: Verse", "offers: Word, Char; not 'Verse'"),
        ("!submit Seed: x", "no open modal"),
        ("!menu Nothing", "no 'Nothing'; there are: Go on with it"),
        ("!menu Go on with it never said", "No message holds 'never said'"),
        ("!menu Who @nobody", "no user 'nobody'"),
        ("!locale tlh", "does not speak 'tlh'"),
    ],
)
@pytest.mark.asyncio
async def test_say_refuses_what_the_mouse_cannot_do(line, words) -> None:
    async with open_stage(prepare=with_buttons) as stage:
        await stage.answered("/buttons")
        with pytest.raises(SandboxError, match=words):
            await replies(stage, line)


def completions(world, user, text):
    completer = LineCompleter(world, world.users[user])
    return [found.text for found in completer.get_completions(Document(text), CompleteEvent())]


@pytest.mark.asyncio
async def test_completion_knows_the_registered_commands() -> None:
    async with open_stage() as stage:
        world = stage.world
        assert completions(world, "student", "/he") == ["hello", "here"]
        assert completions(world, "student", "/adm") == []
        assert completions(world, "teacher", "/adm") == ["admin"]
        assert completions(world, "teacher", "/admin ") == ["status"]
        assert completions(world, "student", "/hello name: x t") == ["times:"]
        assert completions(world, "student", "/hello loud: ") == ["true", "false"]
        assert completions(world, "student", "/pick kind: ") == ["Word", "Char"]
        assert completions(world, "student", "good morrow") == []


@pytest.mark.asyncio
async def test_talk_shows_answers_edits_and_refusals_and_ends_with_quit() -> None:
    async with open_stage() as stage:
        shown = []
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            talk = asyncio.create_task(chat.talk(stage.world, stage.world.users["student"], shown.append))
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


@pytest.mark.asyncio
async def test_completion_asks_the_bot() -> None:
    async with open_stage() as stage:
        completer = LineCompleter(stage.world, stage.world.users["student"])

        async def completed(text):
            found = completer.get_completions_async(Document(text), CompleteEvent())
            return [(completion.text, completion.start_position) async for completion in found]

        offered = ["default@1", "default@2"]
        assert await completed("/suggest model: def") == [(name, -3) for name in offered]
        assert await completed("/suggest mod") == [("model:", -3)]
        assert ("other@1", 0) in await completed("/suggest who: @teacher model: ")
        assert await completed("good morrow") == []


@pytest.mark.asyncio
async def test_completion_knows_the_buttons() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        await stage.answered("/buttons")
        world = stage.world
        assert completions(world, "student", "!h") == ["!help"]
        assert completions(world, "student", "!press ch") == ["!press Change it"]
        assert completions(world, "student", "!select ") == ["!select Kind: "]
        assert completions(world, "student", "!menu") == ["!menu", '!menu "Go on with it" ', '!menu "Who" ']


@pytest.mark.asyncio
async def test_talk_asks_for_the_fields_of_a_modal() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        shown = []
        await stage.answered("/buttons")
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            talk = asyncio.create_task(chat.talk(stage.world, stage.world.users["student"], shown.append))
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
@pytest.mark.asyncio
async def test_talk_ends_with_ctrl_d_and_ctrl_c(key) -> None:
    async with open_stage(connect=False) as stage:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(key)
            await asyncio.wait_for(chat.talk(stage.world, stage.world.users["student"]), 60)
