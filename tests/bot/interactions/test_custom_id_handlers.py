"""Handlers of buttons and forms: each custom id has exactly one, and errors reach the person."""

import importlib
import logging
import pkgutil
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import discord
import pytest
from discord import app_commands, ui
from pydantic.dataclasses import dataclass

import bot
from bot.commands import HANDLERS
from bot.interactions.answers import arguments
from bot.interactions.checks import check_own
from bot.interactions.custom_id_handlers import Handler, Values, open_form, pressed, submitted
from sandbox.client import clicks
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.starting_guild import STUDENT
from sandbox.world.state import World
from tests.support.bot_room import Running
from tests.support.discord_messages import description
from worker.messages import discord_json
from worker.messages.catalog import Refusal
from worker.protocol import custom_ids
from worker.protocol.custom_ids import OfRecord

RECORD = "0123456789abcdef"


@dataclass(frozen=True)
class Own(OfRecord, action="own"):
    more: int


class Refuse(OfRecord, action="refuse"):
    """Its handler refuses."""


class Break(OfRecord, action="break"):
    """Its handler has a bug."""


class Fill(OfRecord, action="fill"):
    """Its button opens a form, which has the same custom id."""


class Lost(OfRecord, action="lost"):
    """It has no handler."""


@app_commands.command()
async def offer(interaction: discord.Interaction) -> None:
    """Show buttons."""
    ids = (Own(RECORD, 7), Refuse(RECORD), Break(RECORD), Fill(RECORD), Lost(RECORD))
    rows = discord_json.rows([discord_json.button(custom_id.action, custom_id) for custom_id in ids])
    await interaction.response.send_message(**arguments(discord_json.plain("here") | {"components": rows}))


@pressed(Own)
async def own(interaction: discord.Interaction, custom_id: Own) -> None:
    """Answer the student alone."""
    check_own(interaction, STUDENT.id, None)
    await interaction.response.send_message(f"{custom_id.record_id} {custom_id.more}")


@pressed(Refuse)
async def refuse(interaction: discord.Interaction, _custom_id: Refuse) -> None:
    """Refuse after a deferral, which makes the message the answer."""
    await interaction.response.defer()
    raise Refusal("refusal.record_gone")


@pressed(Break)
async def break_down(_interaction: discord.Interaction, custom_id: Break) -> None:
    """Have a bug."""
    raise LookupError(custom_id.record_id)


@pressed(Fill)
async def fill(interaction: discord.Interaction, custom_id: Fill) -> None:
    """Open a form."""
    text: ui.Label[ui.View] = ui.Label(text="Text", component=ui.TextInput(custom_id="text"))
    options = [discord.SelectOption(label="One", value="1")]
    choice: ui.Label[ui.View] = ui.Label(
        text="Choice", component=ui.Select(custom_id="choice", options=options, required=False, min_values=0)
    )
    await open_form(interaction, custom_id, "A form", text, choice)


@submitted(Fill)
async def filled(interaction: discord.Interaction, custom_id: Fill, values: Values) -> None:
    """Repeat the values, or refuse them."""
    if values["text"] == "bad":
        raise Refusal("refusal.record_gone")
    await interaction.response.send_message(f"{custom_id.record_id} {values}", ephemeral=True)


Outcome = tuple[Message, list[Message]]
"""The message with the buttons, and all others, after a press."""


async def outcome(running: Running, do: Callable[[World], Interaction], *values: dict[str, Any]) -> Outcome:
    """Show the buttons, press one, and submit the form that it opens if `values` are given for one."""
    async with running([offer], (own, refuse, break_down, fill, filled)) as room:
        world = room.sandbox.world
        shown = world.messages[(await room.ask("/offer"))["id"]]
        interaction = do(world)
        for sent in values:
            await room.until(lambda: interaction.modal is not None, "a form")
            clicks.submit(world, interaction.user, interaction, sent)
        await room.until(lambda: len(world.messages) > 1 or shown.edits > 0, "an answer")
        return shown, [message for message in world.messages.values() if message is not shown]


def presses(button: str, user: str = "student") -> Callable[[World], Interaction]:
    return lambda world: clicks.press(world, world.users[user], button)


@pytest.mark.parametrize("user", ["student", "teacher"])
async def test_a_handler_gets_the_fields_of_the_custom_id(running: Running, user: str) -> None:
    _, (answer,) = await outcome(running, presses("own", user))

    assert answer.content == f"{RECORD} 7"


async def test_a_press_by_another_person_is_refused_in_private(running: Running) -> None:
    _, (answer,) = await outcome(running, presses("own", "assistant"))

    assert answer.ephemeral
    assert "Only the person who" in description(answer)


async def test_an_error_after_a_deferral_leaves_the_message_as_it_is(running: Running) -> None:
    shown, (answer,) = await outcome(running, presses("refuse"))

    assert answer.ephemeral
    assert "no longer stored" in description(answer)
    assert (shown.content, shown.edits) == ("here", 0)
    assert shown.components


async def test_a_bug_behind_a_button_gets_a_reference(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    _, (answer,) = await outcome(running, presses("break"))

    assert answer.ephemeral
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.getMessage().split()[1] in description(answer)
    assert f"break:{RECORD}" in record.getMessage()


@pytest.mark.parametrize(("choice", "taken"), [(["1"], "1"), ([], "")])
async def test_a_handler_gets_the_values_of_the_form_by_field(
    running: Running, choice: list[str], taken: str
) -> None:
    _, (answer,) = await outcome(running, presses("fill"), {"text": "to be", "choice": choice})

    assert answer.content == f"{RECORD} {{'text': 'to be', 'choice': '{taken}'}}"


async def test_invalid_values_are_refused_in_private(running: Running) -> None:
    _, (answer,) = await outcome(running, presses("fill"), {"text": "bad"})

    assert answer.ephemeral
    assert "no longer stored" in description(answer)


async def test_a_custom_id_without_a_handler_is_logged_and_refused(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        _, (answer,) = await outcome(running, presses("lost"))

    assert answer.ephemeral
    assert "no longer know this button" in description(answer)
    assert f"No handler for the component 'lost:{RECORD}'" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


EXAMPLES = {
    "record_id": RECORD,
    "line_id": RECORD,
    "version": 3,
    "choice": 1,
    "page": 2,
    "model": "sonnets@4",
}
"""A value of each field by its name."""


def example(custom_id: type[custom_ids.CustomId]) -> str:
    return str(custom_id(*(EXAMPLES[field.name] for field in fields(custom_id))))


@pytest.mark.parametrize("custom_id", custom_ids.ALL, ids=lambda custom_id: custom_id.action)
def test_each_custom_id_has_exactly_one_handler(custom_id: type[custom_ids.CustomId]) -> None:
    kinds = [handler.kind for handler in HANDLERS if handler.custom_ids.parse(example(custom_id))]
    of_buttons, of_forms = discord.InteractionType.component, discord.InteractionType.modal_submit
    assert kinds == ([of_buttons, of_forms] if custom_id is custom_ids.Change else [of_buttons])


def test_each_handler_in_the_code_is_in_use() -> None:
    written: list[Handler] = []
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        module = importlib.import_module(found.name)
        written += [value for value in vars(module).values() if isinstance(value, Handler)]
    assert {id(handler) for handler in written} == {id(handler) for handler in HANDLERS}
