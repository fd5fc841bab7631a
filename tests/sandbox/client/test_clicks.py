"""Buttons, selects and context menus that members use, and the bot's answers."""

import re
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.client import clicks, typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.world import interaction_lifecycle
from sandbox.world.ids import STAFF_ID, VERSES_ID
from sandbox.world.message_objects import Message
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import Stage, connected, open_stage, text_channel

BUTTON = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}


LINK = {"type": 2, "style": 5, "label": "Docs", "url": "https://example.org"}


class Choices(discord.ui.View):
    """Buttons and a select that answer in every way."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.picked: list[str] = []
        self.locales: list[tuple[str, str]] = []

    @discord.ui.button(label="Answer", custom_id="answer", emoji="🔁")
    async def answer(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        assert interaction.message
        self.locales.append((str(interaction.locale), str(interaction.guild_locale)))
        await interaction.response.send_message(f"{interaction.user.name} on {interaction.message.content}")

    @discord.ui.button(label="Only me", custom_id="private")
    async def private(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("psst", ephemeral=True, view=Choices())

    @discord.ui.button(label="Think", custom_id="think")
    async def think(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("thought")

    @discord.ui.button(label="Note", custom_id="note")
    async def note(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer()

    @discord.ui.button(label="Done", custom_id="done", style=discord.ButtonStyle.danger)
    async def done(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        button.disabled = True
        await interaction.response.edit_message(content="changed", view=self)

    @discord.ui.select(
        placeholder="Pick",
        custom_id="pick",
        max_values=2,
        options=[
            discord.SelectOption(label=name, value=name[0].lower()) for name in ("Word", "Char", "Byte")
        ],
    )
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        self.picked = select.values
        await interaction.response.send_message("picked")


async def with_choices(stage: Stage) -> tuple[Message, Choices]:
    """A message in the world, and its view."""
    view = Choices()
    sent = await stage.channel.send("choose", view=view)
    return stage.world.messages[str(sent.id)], view


async def test_a_button_is_answered_with_a_reply() -> None:
    async with open_stage() as stage:
        message, view = await with_choices(stage)
        await stage.control("POST", "/locales", {"user": "student", "locale": "es-ES"})
        await stage.control("POST", "/locales", {"locale": "de"})
        interaction = stage.press("Answer", message)
        reply = await stage.done(interaction)
        assert reply.content == "student on choose" and view.locales == [("es-ES", "de")]
        assert (reply.kind, reply.replies_to) == (19, message)
        body = reply.to_json("")
        assert body["referenced_message"]["id"] == message.id
        assert body["interaction_metadata"]["interacted_message_id"] == message.id
        assert "original_response_message_id" not in body["interaction_metadata"]
        seen = await stage.seen_by_bot(interaction)
        assert seen.message and seen.message.id == int(message.id) and seen.app_permissions.send_messages
        assert seen.data == {"custom_id": "answer", "component_type": 2, "id": 2}
        added = await seen.followup.send("more", wait=True)
        assert stage.world.messages[str(added.id)].replies_to is reply


async def test_a_deferred_answer_and_a_deferred_update() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        thought = await stage.done(stage.press("think", message))
        assert thought.content == "thought" and thought is not message
        noted = stage.press("Note", message)
        await stage.until(lambda: noted.acknowledged_at)
        assert interaction_lifecycle.state(stage.world, noted) == "deferred" and noted.original is message
        seen = await stage.seen_by_bot(noted)
        assert (await seen.original_response()).id == int(message.id)
        await seen.edit_original_response(content="noted", view=None)
        assert (message.content, message.components) == ("noted", [])
        assert interaction_lifecycle.state(stage.world, noted) == "answered"


async def test_an_update_disables_the_button() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        interaction = stage.press("Done", message)
        assert await stage.done(interaction) is message and message.content == "changed"
        with pytest.raises(SandboxError, match="The button Done is disabled"):
            stage.press("Done", message)
        seen = await stage.seen_by_bot(interaction)
        await seen.delete_original_response()
        with pytest.raises(SandboxError, match="sees no message"):
            stage.press("Answer", message)
        assert (await stage.refused(seen.original_response())).code == 10008


async def test_picks_reach_the_bot_by_value_and_by_label() -> None:
    async with open_stage() as stage:
        message, view = await with_choices(stage)
        body = {"values": ["Word", "b"], "select": "Pick", "message_id": message.id}
        answer = await stage.control("POST", "/selections", body)
        await stage.done(stage.started(answer))
        assert view.picked == ["w", "b"]
        for values, words in (
            (["Verse"], "offers: Word, Char, Byte; not 'Verse'"),
            ([], "1 to 2 different values; these are 0"),
            (["w", "c", "b"], "1 to 2 different values; these are 3"),
            (["w", "Word"], "1 to 2 different values; these are 2"),
        ):
            refused = await stage.control("POST", "/selections", {"values": values})
            assert refused.status_code == 400 and words in refused.json()["error"]
        assert len(stage.world.interactions) == 1


async def test_ephemeral_messages_are_pressed_by_those_who_see_them() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        shown = await stage.done(stage.press("Only me", message))
        assert shown.ephemeral
        with pytest.raises(SandboxError, match="Teacher sees no message"):
            stage.press("Answer", shown, "teacher")
        changed = await stage.done(stage.press("Done", shown))
        assert changed is shown and shown.content == "changed" and shown.ephemeral


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ("Docs", "opens https://example.org"),
        ("Shop", "no button 'Shop'; there are: Docs, Again"),
        ("again", None),
    ],
)
async def test_what_can_be_pressed(button: str, words: str | None) -> None:
    async with open_stage() as stage:
        await stage.post([{"type": 1, "components": [LINK, BUTTON]}])
        await stage.post([])
        answer = await stage.control("POST", "/presses", {"button": button})
        assert answer.status_code == (400 if words else 200)
        assert not words or words in answer.json()["error"]


async def test_a_button_that_was_taken_away_is_refused() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        sent = await stage.channel.fetch_message(int(message.id))
        assert [type(item).__name__ for item in sent.components] == ["ActionRow", "ActionRow"]
        await sent.edit(view=None)
        answer = await stage.control("POST", "/presses", {"button": "Answer", "message_id": message.id})
        assert answer.json() == {"error": "That message has no button 'Answer'."}


class Kept(discord.ui.View):
    """A view that outlives the bot's process."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Still here?", custom_id="kept")
    async def kept(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("still here")


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"again:(?P<record>[0-9a-f]+)"):
    """A button whose custom id carries a record's number."""

    def __init__(self, record: str) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{record}"))
        self.record = record

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, _item: discord.ui.Item[Any], match: re.Match[str]
    ) -> "Again":
        return cls(match["record"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"again {self.record}")


async def test_persistent_views_and_dynamic_items_survive_a_restart() -> None:
    def prepare(bot: LittleBot) -> None:
        bot.add_view(Kept())
        bot.add_dynamic_items(Again)

    async with open_stage(connect=False) as stage:
        async with connected(stage.box) as first:
            view = Kept()
            view.add_item(Again("c0ffee"))
            await text_channel(first, VERSES_ID).send("x", view=view)
        await stage.until(lambda: not stage.world.bot_connected)
        async with connected(stage.box, prepare):
            for button, text in (("Still here?", "still here"), ("Again", "again c0ffee")):
                assert (await stage.done(stage.press(button))).content == text


async def test_late_unknown_and_second_answers_to_a_button_are_refused() -> None:
    async with open_stage() as stage:
        message = stage.world.messages[(await stage.post([{"type": 1, "components": [BUTTON]}]))["id"]]
        first, second = stage.press("Again", message), stage.press("Again", message)
        as_bot_has_it, other = await stage.seen_by_bot(first), await stage.seen_by_bot(second)

        async def code(request: Awaitable[object]) -> tuple[int, int]:
            refused = await stage.refused(request)
            return refused.status, refused.code

        foreign = replace(first, token=second.token)
        assert await code(stage.call_back(foreign, 4, {"content": "x"})) == (404, 10062)
        assert await code(stage.call_back(replace(first, id="42"), 4, {"content": "x"})) == (404, 10062)
        assert stage.problem_at(await stage.refused(stage.call_back(first, 8)), "type") == "BASE_TYPE_CHOICES"
        await as_bot_has_it.response.defer()
        assert await code(stage.call_back(first, 7, {"content": "x"})) == (400, 40060)
        stage.world.move_clock(4)
        assert await code(other.response.edit_message(content="late")) == (404, 10062)
        stage.world.move_clock(901)
        assert await code(as_bot_has_it.followup.send("dead")) == (401, 50027)


async def test_an_old_message_is_updated_by_its_buttons_without_a_limit() -> None:
    async with open_stage() as stage:
        message = stage.world.messages[(await stage.post([{"type": 1, "components": [BUTTON]}]))["id"]]
        stage.world.move_clock(3700)
        for number in range(5):
            seen = await stage.seen_by_bot(stage.press("Again", message))
            await seen.response.edit_message(content=str(number))
        assert message.content == "4"
        assert seen.message
        await seen.message.delete()
        pressed = await stage.control("POST", "/presses", {"button": "Again"})
        assert pressed.json() == {"error": "#verses has no button 'Again'."}


def with_menus(bot: LittleBot) -> None:
    tree = bot.tree

    @tree.context_menu(name="Continue as Verse")
    async def continue_as_verse(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.content} by {message.author.name}, and so on")

    @tree.context_menu(name="Who is this")
    async def who(interaction: discord.Interaction, member: discord.Member) -> None:
        roles = [role.name for role in member.roles[1:]]
        await interaction.response.send_message(f"{member.name}: {', '.join(roles)}", ephemeral=True)

    @tree.context_menu(name="Remove")
    @app_commands.default_permissions(manage_guild=True)
    async def remove(interaction: discord.Interaction, _message: discord.Message) -> None:
        await interaction.response.send_message("removed")


async def test_context_menu_of_a_message() -> None:
    async with open_stage(prepare=with_menus) as stage:
        said = typed_input.write(stage.world, stage.user("teacher"), VERSES_ID, "To be")
        body = {"name": "Continue as Verse", "message_id": said.id}
        answer = await stage.control("POST", "/menus", body)
        message = await stage.done(stage.started(answer))
        assert message.content == "To be by teacher, and so on"
        assert message.kind == 23
        assert message.to_json("")["interaction_metadata"]["target_message_id"] == said.id
        assert message.to_json("")["message_reference"]["message_id"] == said.id
        assert message.to_json("")["referenced_message"]["content"] == "To be"
        removed = await stage.control("POST", "/menus", body | {"name": "Remove"})
        assert "Discord does not show Remove to Student: it is for members with Manage Server" in removed.text
        allowed = await stage.control("POST", "/menus", body | {"name": "Remove", "user": "teacher"})
        assert allowed.status_code == 200
        for wrong, words in (
            ({"name": "Nothing"}, "context menu of messages has no 'Nothing'; there are: Continue as Verse"),
            ({"message_id": "42"}, "sees no message '42'"),
            ({"message_id": None}, "give message_id or member"),
            ({"member": "teacher"}, "give message_id or member"),
        ):
            refused = await stage.control("POST", "/menus", body | wrong)
            assert refused.status_code == 400 and words in refused.json()["error"]


async def test_context_menu_of_a_member() -> None:
    async with open_stage(prepare=with_menus) as stage:
        answer = await stage.control("POST", "/menus", {"name": "Who is this", "member": "teacher"})
        message = await stage.done(stage.started(answer))
        assert message.content == "teacher: Teacher" and message.ephemeral
        metadata = message.to_json("")["interaction_metadata"]
        assert metadata["target_user"]["username"] == "teacher"
        with pytest.raises(SandboxError, match="may not use commands in #staff"):
            clicks.use_menu(
                stage.world,
                stage.user("student"),
                "Who is this",
                stage.user("owner"),
                STAFF_ID,
            )
