"""The frame of buttons and forms, and who may use them."""

import logging
from collections.abc import Callable
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.interactions.answers import arguments
from bot.interactions.button_handlers import ID, pressed
from bot.interactions.checks import check_own
from bot.interactions.modal_handlers import Values, open_form, submitted
from sandbox.client import clicks
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.starting_guild import STUDENT
from sandbox.world.state import World
from tests.support.bot_room import Running
from tests.support.discord_messages import description
from worker.messages import discord_json
from worker.messages.catalog import Refusal

RECORD = "0123456789abcdef"


@app_commands.command()
async def offer(interaction: discord.Interaction) -> None:
    """Show buttons."""
    actions = ("own", "refuse", "break", "fill")
    rows = discord_json.rows([discord_json.button(action, f"{action}:{RECORD}:7") for action in actions])
    await interaction.response.send_message(**arguments(discord_json.plain("here") | {"components": rows}))


@pressed(rf"own:{ID}:(?P<more>\d)")
async def own(interaction: discord.Interaction, record_id: str, more: str) -> None:
    """Something of the student's."""
    check_own(interaction, STUDENT.id, None)
    await interaction.response.send_message(f"{record_id} {more}")


@pressed(f"refuse:{ID}:7")
async def refuse(interaction: discord.Interaction, record_id: str) -> None:  # noqa: ARG001
    """Refuse after a deferral, with which the message is the answer."""
    await interaction.response.defer()
    raise Refusal("refusal.record_gone")


@pressed(f"break:{ID}:7")
async def break_down(interaction: discord.Interaction, record_id: str) -> None:  # noqa: ARG001
    """Have a bug."""
    raise LookupError(record_id)


@pressed(f"fill:{ID}:7")
async def fill(interaction: discord.Interaction, record_id: str) -> None:
    """Open a form."""
    text: ui.Label[ui.View] = ui.Label(text="Text", component=ui.TextInput(custom_id="text"))
    options = [discord.SelectOption(label="One", value="1")]
    choice: ui.Label[ui.View] = ui.Label(
        text="Choice", component=ui.Select(custom_id="choice", options=options, required=False, min_values=0)
    )
    await open_form(interaction, f"filled:{record_id}", "A form", text, choice)


@submitted(f"filled:{ID}")
async def filled(interaction: discord.Interaction, values: Values, record_id: str) -> None:
    """Repeat what was sent, or refuse it."""
    if values["text"] == "bad":
        raise Refusal("refusal.record_gone")
    await interaction.response.send_message(f"{record_id} {values}", ephemeral=True)


BUTTONS = (own, refuse, break_down, fill)

Outcome = tuple[Message, list[Message]]
"""The message with the buttons, and all others, after something was done."""


async def outcome(running: Running, do: Callable[[World], Interaction], *values: dict[str, Any]) -> Outcome:
    """Show the buttons, do something, fill in the form that it opens if `values` are given for one."""
    async with running([offer], BUTTONS, (filled,)) as room:
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
async def test_a_press_is_answered_from_what_the_custom_id_holds(running: Running, user: str) -> None:
    _, (answer,) = await outcome(running, presses("own", user))

    assert answer.content == f"{RECORD} 7"


async def test_what_is_somebody_elses_is_refused_in_private(running: Running) -> None:
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
    assert f"break:{RECORD}:7" in record.getMessage()


@pytest.mark.parametrize(("choice", "taken"), [(["1"], "1"), ([], "")])
async def test_what_a_form_sends_arrives_by_its_fields(
    running: Running, choice: list[str], taken: str
) -> None:
    _, (answer,) = await outcome(running, presses("fill"), {"text": "to be", "choice": choice})

    assert answer.content == f"{RECORD} {{'text': 'to be', 'choice': '{taken}'}}"


async def test_what_a_form_may_not_send_is_refused_in_private(running: Running) -> None:
    _, (answer,) = await outcome(running, presses("fill"), {"text": "bad"})

    assert answer.ephemeral
    assert "no longer stored" in description(answer)
