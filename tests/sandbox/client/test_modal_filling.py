"""Modals that the bot opens and members fill in."""

from typing import Any

import discord
import pytest

from sandbox.client import clicks
from sandbox.client.modal_filling import modal_fields
from sandbox.sandbox_error import SandboxError
from sandbox.world.message_objects import Interaction
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import Stage, open_stage, text_in

INPUT = {"type": 4, "custom_id": "seed", "style": 1, "label": "Seed"}


ROW = {"type": 1, "components": [INPUT]}


MODAL = {"custom_id": "change", "title": "Change", "components": [ROW]}


class Change(discord.ui.Modal, title="Change the verse"):
    """One field of each kind."""

    seed: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label="Seed", default="to be", min_length=2, max_length=10
    )
    notes: discord.ui.Label[Any] = discord.ui.Label(
        text="Notes",
        description="Anything",
        component=discord.ui.TextInput(style=discord.TextStyle.paragraph, required=False),
    )
    kind: discord.ui.Label[Any] = discord.ui.Label(
        text="Kind",
        component=discord.ui.Select(
            max_values=2,
            options=[
                discord.SelectOption(label="Word, or line end", value="w", default=True),
                discord.SelectOption(label="Char", value="c"),
            ],
        ),
    )

    def __init__(self, how: str = "send") -> None:
        super().__init__()
        self.how = how

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.kind.component, discord.ui.Select)
        text = f"{self.seed.value}|{text_in(self.notes)}|{','.join(self.kind.component.values)}"
        if self.how == "update":
            await interaction.response.edit_message(content=text, view=None)
        elif self.how == "defer":
            await interaction.response.defer()
            await interaction.edit_original_response(content=text)
        elif self.how == "silent":
            return  # the test answers
        else:
            await interaction.response.send_message(text)


class Opener(discord.ui.View):
    """A button that opens a modal."""

    def __init__(self, how: str) -> None:
        super().__init__(timeout=None)
        self.how = how

    @discord.ui.button(label="Open", custom_id="open")
    async def open(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Change(self.how))


def with_command(bot: LittleBot) -> None:
    @bot.tree.command(description="Opens a modal")
    async def change(interaction: discord.Interaction, how: str = "send") -> None:
        await interaction.response.send_modal(Change(how))

    @bot.tree.command(description="Opens one too late")
    async def tardy(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        raw = {"type": 9, "data": MODAL}
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        await bot.http.request(discord.http.Route("POST", path), json=raw)


async def opened(stage: Stage, text: str = "/change") -> Interaction:
    """The interaction of a command that the bot answered with a modal."""
    interaction = stage.type(text)
    await stage.until(lambda: interaction.modal)
    return interaction


async def sent(stage: Stage, interaction: Interaction, values: dict[str, Any]) -> Interaction:
    """The interaction that sends the modal, by the control API."""
    body = {"interaction_id": interaction.id, "values": values}
    answer = await stage.control("POST", "/modals", body)
    return stage.started(answer)


async def test_a_command_opens_a_modal() -> None:
    async with open_stage(prepare=with_command) as stage:
        interaction = await opened(stage)
        told = (await stage.control("GET", f"/interactions/{interaction.id}")).json()
        assert (told["state"], told["kind"], told["message"]) == ("answered", 2, None)
        assert told["modal"]["title"] == "Change the verse"
        assert [field.label for field in modal_fields(told["modal"])] == ["Seed", "Notes", "Kind"]
        assert interaction.modal
        seed = interaction.modal["components"][0]["components"][0]["custom_id"]
        values = {seed: "or not", "notes": "a\nb", "KIND": ["Char", "w"]}
        submission = await sent(stage, interaction, values)
        message = await stage.done(submission)
        assert message.content == "or not|a\nb|c,w"
        assert message.kind == 20
        metadata = message.to_json("")["interaction_metadata"]
        assert metadata["triggering_interaction_metadata"]["id"] == interaction.id
        seen = await stage.seen_by_bot(submission)
        assert seen.type is discord.InteractionType.modal_submit and seen.message is None
        untouched = await stage.done(await sent(stage, await opened(stage), {}))
        assert untouched.content == "to be||w"
        whole = await stage.done(await sent(stage, await opened(stage), {"Kind": "Word, or line end"}))
        assert whole.content == "to be||w"


@pytest.mark.parametrize("how", ["send", "update", "defer"])
async def test_a_button_opens_a_modal(how: str) -> None:
    async with open_stage() as stage:
        message = await stage.channel.send("x", view=Opener(how))
        pressed = clicks.press(stage.world, stage.user("teacher"), "Open")
        await stage.until(lambda: pressed.modal)
        other = await stage.control("POST", "/modals", {"interaction_id": pressed.id})
        assert other.json() == {"error": "Student does not see the modal Change the verse."}
        submission = clicks.submit(stage.world, pressed.user, pressed, {"Kind": "Char"})
        answer = await stage.done(submission)
        assert answer.content == "to be||c"
        assert (answer.id == str(message.id)) == (how != "send")
        seen = await stage.seen_by_bot(submission)
        assert seen.message and seen.message.id == message.id


async def test_what_the_client_does_not_send() -> None:
    async with open_stage(prepare=with_command) as stage:
        interaction = await opened(stage)
        refusals: tuple[tuple[dict[str, Any], str], ...] = (
            ({"Seed": ""}, "The field Seed is required."),
            ({"Seed": "x"}, "2 to 10 characters; these are 1"),
            ({"Seed": "x" * 11}, "2 to 10 characters; these are 11"),
            ({"Seed": "ab\ncd"}, "takes one line"),
            ({"Seed": ["a"]}, "takes a text"),
            ({"Kind": []}, "1 to 2 different values; these are 0"),
            ({"Kind": "Verse"}, "Kind offers: Word, or line end, Char; not 'Verse'"),
            ({"Mood": "x"}, "has no field 'Mood'; there are: Seed, Notes, Kind"),
        )
        for values, words in refusals:
            body = {"interaction_id": interaction.id, "values": values}
            answer = await stage.control("POST", "/modals", body)
            assert answer.status_code == 400 and words in answer.json()["error"]
        plain = stage.type("/silent")
        with pytest.raises(SandboxError, match="opened no modal"):
            clicks.submit(stage.world, plain.user, plain, {})
        unknown = await stage.control("POST", "/modals", {"interaction_id": "42"})
        assert unknown.json() == {"error": "There is no such interaction."}


async def test_no_modal_answers_a_modal_or_comes_after_a_deferral() -> None:
    async with open_stage(prepare=with_command) as stage:
        submission = await sent(stage, await opened(stage, "/change how: silent"), {})
        await stage.seen_by_bot(submission)
        refused = await stage.refused(stage.call_back(submission, 9, MODAL))
        assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        refused = await stage.refused(stage.call_back(submission, 7, {"content": "of no message"}))
        assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        await stage.call_back(submission, 4, {"content": "x"})
        tardy = stage.type("/tardy")
        await stage.until(lambda: stage.bot.errors)
        assert (stage.bot.errors[0].status, stage.bot.errors[0].code) == (400, 40060)
        assert tardy.modal is None
