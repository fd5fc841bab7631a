"""Modals of discord.py, opened by commands and buttons, filled in by members, and what Discord refuses."""

import discord
import pytest

from sandbox.client import clicks
from sandbox.client.modal_filling import modal_fields
from sandbox.sandbox_error import SandboxError
from sandbox.world.ids import VERSES_ID

INPUT = {"type": 4, "custom_id": "seed", "style": 1, "label": "Seed"}
ROW = {"type": 1, "components": [INPUT]}
SELECT = {"type": 3, "custom_id": "kind", "options": [{"label": "Word", "value": "w"}]}
LABEL = {"type": 18, "label": "Kind", "component": SELECT}
MODAL = {"custom_id": "change", "title": "Change", "components": [ROW]}


def rows(number):
    return [{"type": 1, "components": [INPUT | {"custom_id": f"i{at}"}]} for at in range(number)]


def row(**changes):
    return {"components": [{"type": 1, "components": [INPUT | changes]}]}


FIRST = "data.components.0.components.0"


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"title": "x" * 46}, "data.title", "BASE_TYPE_BAD_LENGTH"),
        ({"title": None}, "data.title", "STRING_TYPE_CONVERT"),
        ({"custom_id": "x" * 101}, "data.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ({"components": rows(6)}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": []}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [INPUT]}, "data.components.0.type", "UNION_TYPE_CHOICES"),
        (
            {"components": [ROW, ROW]},
            "data.components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"components": [{"type": 1, "components": [INPUT, INPUT | {"custom_id": "b"}]}]},
            "data.components.0.components.1",
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        ),
        (row(label=None), f"{FIRST}.label", "BASE_TYPE_REQUIRED"),
        (row(label="x" * 46), f"{FIRST}.label", "BASE_TYPE_BAD_LENGTH"),
        (row(style=3), f"{FIRST}.style", "BASE_TYPE_CHOICES"),
        (row(custom_id="x" * 101), f"{FIRST}.custom_id", "BASE_TYPE_BAD_LENGTH"),
        (row(placeholder="x" * 101), f"{FIRST}.placeholder", "BASE_TYPE_MAX_LENGTH"),
        (row(value="x" * 4001), f"{FIRST}.value", "BASE_TYPE_MAX_LENGTH"),
        (row(value="abc", max_length=2), f"{FIRST}.value", "BASE_TYPE_MAX_LENGTH"),
        (row(value="a", min_length=2), f"{FIRST}.value", "BASE_TYPE_MIN_LENGTH"),
        (row(min_length=3, max_length=2), f"{FIRST}.min_length", "NUMBER_TYPE_MAX"),
        (row(max_length=4001), f"{FIRST}.max_length", "NUMBER_TYPE_MAX"),
        ({"components": [LABEL | {"label": "x" * 46}]}, "data.components.0.label", "BASE_TYPE_BAD_LENGTH"),
        (
            {"components": [LABEL | {"component": {"type": 2}}]},
            "data.components.0.component.type",
            "UNION_TYPE_CHOICES",
        ),
        (
            {"components": [LABEL | {"component": SELECT | {"options": []}}]},
            "data.components.0.component.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
    ],
)
@pytest.mark.asyncio
async def test_modals_that_are_refused(changes, path, code) -> None:
    async with open_stage() as stage:
        interaction = stage.type("/silent")
        refused = await stage.refused(stage.call_back(interaction, 9, MODAL | changes))
        assert stage.problem_at(refused, path) == code
        await stage.call_back(interaction, 9, MODAL)
        assert interaction.modal["title"] == "Change"


class Change(discord.ui.Modal, title="Change the verse"):
    """One field of each kind."""

    seed = discord.ui.TextInput(label="Seed", default="to be", min_length=2, max_length=10)
    notes = discord.ui.Label(
        text="Notes",
        description="Anything",
        component=discord.ui.TextInput(style=discord.TextStyle.paragraph, required=False),
    )
    kind = discord.ui.Label(
        text="Kind",
        component=discord.ui.Select(
            max_values=2,
            options=[
                discord.SelectOption(label="Word", value="w", default=True),
                discord.SelectOption(label="Char", value="c"),
            ],
        ),
    )

    def __init__(self, how="send"):
        super().__init__()
        self.how = how

    async def on_submit(self, interaction):
        text = f"{self.seed.value}|{self.notes.component.value}|{','.join(self.kind.component.values)}"
        if self.how == "update":
            await interaction.response.edit_message(content=text, view=None)
        elif self.how == "defer":
            await interaction.response.defer()
            await interaction.edit_original_response(content=text)
        elif self.how == "again":
            raw = {"custom_id": "x", "title": "x", "components": [ROW]}
            interaction.client.errors.append((interaction, raw))
        else:
            await interaction.response.send_message(text)


class Opener(discord.ui.View):
    """A button that opens a modal."""

    def __init__(self, how):
        super().__init__(timeout=None)
        self.how = how

    @discord.ui.button(label="Open", custom_id="open")
    async def open(self, interaction, _):
        await interaction.response.send_modal(Change(self.how))


def with_command(bot):
    @bot.tree.command(description="Opens a modal")
    async def change(interaction: discord.Interaction, how: str = "send"):
        await interaction.response.send_modal(Change(how))

    @bot.tree.command(description="Opens one too late")
    async def tardy(interaction: discord.Interaction):
        await interaction.response.defer()
        raw = {"type": 9, "data": MODAL}
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        await bot.http.request(discord.http.Route("POST", path), json=raw)


async def opened(stage, text="/change"):
    """The interaction of a command that the bot answered with a modal."""
    interaction = stage.type(text)
    await stage.until(lambda: interaction.modal)
    return interaction


async def sent(stage, interaction, values):
    """The interaction that sends the modal, by the control API."""
    body = {"interaction_id": interaction.id, "values": values}
    answer = await stage.control("POST", "/modals", body)
    assert answer.status_code == 200, answer.text
    return stage.world.interactions[answer.json()["interaction_id"]]


@pytest.mark.asyncio
async def test_a_command_opens_a_modal() -> None:
    async with open_stage(prepare=with_command) as stage:
        interaction = await opened(stage)
        told = (await stage.control("GET", f"/interactions/{interaction.id}")).json()
        assert (told["state"], told["kind"], told["message"]) == ("answered", 2, None)
        assert told["modal"]["title"] == "Change the verse"
        assert [field.label for field in modal_fields(told["modal"])] == ["Seed", "Notes", "Kind"]
        seed = interaction.modal["components"][0]["components"][0]["custom_id"]
        submission = await stage.done(
            await sent(stage, interaction, {seed: "or not", "notes": "a\nb", "KIND": ["Char", "w"]})
        )
        assert submission.original.content == "or not|a\nb|c,w"
        assert submission.original.kind == 20
        metadata = submission.original.to_json("")["interaction_metadata"]
        assert metadata["triggering_interaction_metadata"]["id"] == interaction.id
        seen = await stage.seen_by_bot(submission)
        assert seen.type is discord.InteractionType.modal_submit and seen.message is None
        untouched = await stage.done(await sent(stage, await opened(stage), {}))
        assert untouched.original.content == "to be||w"


@pytest.mark.parametrize("how", ["send", "update", "defer"])
@pytest.mark.asyncio
async def test_a_button_opens_a_modal(how) -> None:
    async with open_stage() as stage:
        message = await stage.bot.get_channel(int(VERSES_ID)).send("x", view=Opener(how))
        pressed = clicks.press(stage.world, stage.world.users["teacher"], "Open")
        await stage.until(lambda: pressed.modal)
        other = await stage.control("POST", "/modals", {"interaction_id": pressed.id})
        assert other.json() == {"error": "Student does not see the modal Change the verse."}
        submission = clicks.submit(stage.world, pressed.user, pressed, {"Kind": "Char"})
        await stage.done(submission)
        assert submission.original.content == "to be||c"
        assert (submission.original.id == str(message.id)) == (how != "send")
        assert (await stage.seen_by_bot(submission)).message.id == message.id


@pytest.mark.asyncio
async def test_what_the_client_does_not_send() -> None:
    async with open_stage(prepare=with_command) as stage:
        interaction = await opened(stage)
        for values, words in (
            ({"Seed": ""}, "The field Seed is required."),
            ({"Seed": "x"}, "2 to 10 characters; these are 1"),
            ({"Seed": "x" * 11}, "2 to 10 characters; these are 11"),
            ({"Seed": "ab\ncd"}, "takes one line"),
            ({"Seed": ["a"]}, "takes a text"),
            ({"Kind": []}, "1 to 2 different values; these are 0"),
            ({"Kind": "Verse"}, "Kind offers: Word, Char; not 'Verse'"),
            ({"Mood": "x"}, "has no field 'Mood'; there are: Seed, Notes, Kind"),
        ):
            body = {"interaction_id": interaction.id, "values": values}
            answer = await stage.control("POST", "/modals", body)
            assert answer.status_code == 400 and words in answer.json()["error"]
        plain = stage.type("/silent")
        with pytest.raises(SandboxError, match="opened no modal"):
            clicks.submit(stage.world, plain.user, plain, {})
        unknown = await stage.control("POST", "/modals", {"interaction_id": "42"})
        assert unknown.json() == {"error": "There is no such interaction."}


@pytest.mark.asyncio
async def test_no_modal_answers_a_modal_or_comes_after_a_deferral() -> None:
    async with open_stage(prepare=with_command) as stage:
        submission = await sent(stage, await opened(stage, "/change how: again"), {})
        await stage.until(lambda: stage.bot.errors)
        refused = await stage.refused(stage.call_back(submission, 9, MODAL))
        assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        refused = await stage.refused(stage.call_back(submission, 7, {"content": "of no message"}))
        assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        await stage.call_back(submission, 4, {"content": "x"})
        stage.bot.errors.clear()
        tardy = stage.type("/tardy")
        await stage.until(lambda: stage.bot.errors)
        assert (stage.bot.errors[0].status, stage.bot.errors[0].code) == (400, 40060)
        assert tardy.modal is None
