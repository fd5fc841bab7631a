"""The command tree's one error handler: every class of error has its sentence."""

import functools
import logging
import math
import secrets
from typing import Any

import discord
import redis
from discord import app_commands
from pydantic import ValidationError

from bot.answers import answer, tell
from shakelm.errors import ShakelmError
from worker import messages

log = logging.getLogger(__name__)


async def handle(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the person what went wrong and how to go on; the answer is private where none was given yet.

    An error without a sentence of its own gets a reference number, under which the log has the traceback.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    text = sentence(cause)
    try:
        if text is not None:
            log.info("Refused %s: %s", _command(interaction), type(cause).__name__)
            await tell(interaction, text)
        else:
            reference = secrets.token_hex(4)
            log.error("Error %s in %s", reference, _command(interaction), exc_info=cause)
            await answer(interaction, messages.failed(reference), private=True)
    except (discord.DiscordException, OSError) as failure:
        log.warning("Could not tell the person about it: %s", failure)


def _command(interaction: discord.Interaction[Any]) -> str:
    return f"/{interaction.command.qualified_name}" if interaction.command else "an unknown command"


@functools.singledispatch
def sentence(error: Exception) -> str | None:  # noqa: ARG001
    """What to tell a person about `error`: the cause and the cure, or None where it is nobody's fault.

    Chosen by the error's class, the nearest base class first.
    """
    return None


@sentence.register
def _(error: ShakelmError) -> str:
    return str(error)


@sentence.register(redis.RedisError)
@sentence.register(TimeoutError)
def _(error: Exception) -> str:  # noqa: ARG001
    return (
        "The queue does not answer, so I can pass nothing on: try again in a minute, and tell whoever runs "
        "the bot if it stays so."
    )


@sentence.register
def _(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    option = ".".join(str(part) for part in first["loc"]) or "an option"
    return f"I cannot use this {option}: {first['msg']}."


@sentence.register
def _(error: app_commands.TransformerError) -> str:
    return f"I cannot use the value {str(error.value)[:80]!r}: choose one that Discord offers."


@sentence.register
def _(error: app_commands.MissingPermissions) -> str:
    return f"You need the permission {_names(error.missing_permissions)} for this: ask somebody who has it."


@sentence.register
def _(error: app_commands.MissingRole) -> str:
    return f"You need the role {error.missing_role} or the permission Manage Server for this: ask who has it."


@sentence.register
def _(error: app_commands.BotMissingPermissions) -> str:
    return (
        f"I may not post here: I need {_names(error.missing_permissions)} in this channel. Grant me that, or "
        "use another channel."
    )


@sentence.register
def _(error: app_commands.CommandOnCooldown) -> str:
    return f"That was quick: you can do this again in {math.ceil(error.retry_after)} seconds."


@sentence.register
def _(error: app_commands.NoPrivateMessage) -> str:  # noqa: ARG001
    return "This works on servers only: use it in a channel of one."


@sentence.register
def _(error: app_commands.CheckFailure) -> str:  # noqa: ARG001
    return "You may not do this: ask whoever manages the server."


@sentence.register(app_commands.CommandNotFound)
@sentence.register(app_commands.CommandSignatureMismatch)
def _(error: app_commands.AppCommandError) -> str:  # noqa: ARG001
    return "This command has changed since Discord last loaded it: reload Discord (Ctrl+R) and try again."


@sentence.register
def _(error: discord.Forbidden) -> str:  # noqa: ARG001
    return "Discord does not let me do that here: look at my permissions in this channel, then try again."


@sentence.register(discord.DiscordServerError)
@sentence.register(discord.RateLimited)
def _(error: discord.DiscordException) -> str:  # noqa: ARG001
    return "Discord is too busy to take my message just now: try again in a minute."


def _names(permissions: list[str]) -> str:
    """Permissions as Discord's settings call them: 'manage_guild' becomes 'Manage Server'."""
    return ", ".join(name.replace("_", " ").replace("guild", "server").title() for name in permissions)
