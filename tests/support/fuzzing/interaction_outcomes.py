"""What every interaction must end in: a proper message in time, no ping, and no error in the log."""

import asyncio
import logging
import re
from typing import Any

import pytest

from sandbox.schemas.command_form import ATTACHMENT, BOOLEAN, CHANNEL, INTEGER, NUMBER, STRING
from sandbox.schemas.fields import Json
from sandbox.world import interaction_lifecycle
from sandbox.world.message_objects import AUTOCOMPLETE, Interaction, Message
from tests.support import tiny_models
from tests.support.bot_room import Room
from worker.protocol.model_payloads import ModelIndex
from worker.queue import snapshot
from worker.records import model_index

KINDS = (STRING, INTEGER, BOOLEAN, CHANNEL, NUMBER, ATTACHMENT)


def start_over(room: Room) -> None:
    """Empty Redis, and publish the index of two models."""
    connection = room.bot.connection
    connection.flushdb()
    versions = [tiny_models.summary("letters-a", live=True), tiny_models.summary("letters-b", 2)]
    model_index.save(connection, ModelIndex(versions=versions))


async def check_outcome(room: Room, interaction: Interaction, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Wait until the bot has nothing more to do for an interaction, and look at all that people see of it.

    Returns:
        The texts of its messages.
    """
    world = room.sandbox.world
    await interaction_lifecycle.wait_for_first_answer(world, interaction)
    await world.changes.wait_until(lambda: is_settled(room, interaction) or bool(troubles(caplog)), 10)
    while room.bot._background:
        await asyncio.wait(room.bot._background)
    assert not troubles(caplog), "\n".join(troubles(caplog))
    if interaction.kind == AUTOCOMPLETE:
        assert interaction.choices is not None
        return [choice["name"] for choice in interaction.choices]
    if interaction.modal is not None:
        return [interaction.modal["title"]]
    assert is_settled(room, interaction), interaction_lifecycle.state(world, interaction)
    messages = [message for message in (interaction.original, *interaction.followups) if message]
    for message in messages:
        check_message(message)
    return [text for message in messages for text in texts_of(message)]


def is_settled(room: Room, interaction: Interaction) -> bool:
    """Whether an interaction is answered, has removed its message, or has left its answer to a worker."""
    world = room.sandbox.world
    state = interaction_lifecycle.state(world, interaction)
    if state != "deferred":
        return state == "answered"
    if interaction.source and interaction.source.id not in world.messages:
        return True
    jobs = snapshot.open_jobs(room.bot.connection)
    return interaction.token in [job.request.reply_to.token for job in jobs]


def troubles(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log tells of errors and of answers that Discord did not take."""
    return [
        f"{record.getMessage()} {record.exc_text or record.exc_info or ''}"
        for record in caplog.records
        if record.levelno >= logging.ERROR or record.exc_info or "Could not report" in record.getMessage()
    ]


def check_message(message: Message) -> None:
    """A message pings nobody and holds no control characters; the sandbox has checked Discord's limits."""
    assert not message.mentions
    assert not message.mentioned_roles
    assert not message.mentions_everyone
    for text in texts_of(message):
        check_text(text)


def check_text(text: str) -> None:
    """A text has no control character, and pings nobody even where mentions were allowed."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text), ascii(text)
    assert not re.search(r"(?<!\\)@(everyone|here)", text), ascii(text)


def texts_of(message: Message) -> list[str]:
    """Content, embeds, and labels of a message."""
    found: list[str] = [message.content]

    def collect(part: Any) -> None:
        match part:
            case str():
                found.append(part)
            case list():
                for item in part:
                    collect(item)
            case dict():
                for item in part.values():
                    collect(item)

    collect(message.embeds)
    collect(message.components)
    return found


def leaves(command: Json, path: tuple[Json, ...] = ()) -> list[tuple[tuple[Json, ...], list[Json]]]:
    """Each command without subcommands: the path to it, and its options."""
    options = command.get("options", [])
    subcommands = [option for option in options if option["type"] in (1, 2)]
    if not subcommands:
        return [((*path, command), options)]
    return [leaf for option in subcommands for leaf in leaves(option, (*path, command))]
