"""The one error handler of commands, buttons and forms: every class of error has its sentence."""

import functools
import logging
import secrets
from collections.abc import Awaitable
from typing import Any

import discord
import redis
from discord import app_commands
from pydantic import ValidationError

from bot.interactions.answers import UNSENT, answer_privately, tell
from shakelm.errors import ShakelmError
from worker.messages import notices
from worker.messages.catalog import Refusal, text
from worker.records import incidents

log = logging.getLogger(__name__)


async def handle(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the person what went wrong and how to go on, in private.

    An error without a sentence of its own gets a reference number, under which the log has the traceback.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    locale = interaction.locale.value
    refused = refusal(cause, locale)
    if refused is not None:
        log.info("Refused %s: %s", _what(interaction), type(cause).__name__)
        await _try(tell(interaction, refused))
        return
    reference = secrets.token_hex(4)
    log.error("Error %s in %s", reference, _what(interaction), exc_info=cause)
    await _try(answer_privately(interaction, notices.failed(reference, locale)))
    incident = f"{_what(interaction)}: {type(cause).__name__}"
    await _try(interaction.client.call(incidents.note, reference, incident))


async def _try(telling: Awaitable[None]) -> None:
    """Tell somebody about an error; where that fails, the log alone has it."""
    try:
        await telling
    except (*UNSENT, redis.RedisError) as failure:
        log.warning("Could not tell everybody about it: %s", failure)


def _what(interaction: discord.Interaction[Any]) -> str:
    """What somebody used, for the log."""
    data: Any = interaction.data
    if data and "custom_id" in data:
        return f"{interaction.type.name} {data['custom_id']}"
    return f"/{interaction.command.qualified_name}" if interaction.command else "an unknown command"


@functools.singledispatch
def refusal(error: Exception, locale: str) -> ShakelmError | None:  # noqa: ARG001
    """What to tell a person about `error`: the cause and the cure, or None where it is nobody's fault.

    Chosen by the error's class, the nearest base class first; `locale` is the person's.
    """
    return None


@refusal.register
def _(error: ShakelmError, locale: str) -> ShakelmError:  # noqa: ARG001
    return error


@refusal.register(redis.RedisError)
@refusal.register(TimeoutError)
def _(error: Exception, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.queue_silent")


@refusal.register
def _(error: ValidationError, locale: str) -> ShakelmError:  # noqa: ARG001
    first = error.errors(include_url=False, include_input=False)[0]
    if not first["loc"]:
        return Refusal("refusal.options", problem=first["msg"])
    option = ".".join(str(part) for part in first["loc"])
    if first["type"] == "string_pattern_mismatch":  # all of ours are patterns of names
        return Refusal("refusal.name", option=option)
    return Refusal("refusal.option", option=option, problem=first["msg"])


@refusal.register
def _(error: app_commands.TransformerError, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.value", value=str(error.value)[:80])


@refusal.register
def _(error: app_commands.MissingPermissions, locale: str) -> ShakelmError:
    return Refusal("refusal.permission", permissions=_names(error.missing_permissions, locale))


@refusal.register
def _(error: app_commands.MissingRole, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.role", role=str(error.missing_role))


@refusal.register
def _(error: app_commands.BotMissingPermissions, locale: str) -> ShakelmError:
    return Refusal("refusal.bot_permission", permissions=_names(error.missing_permissions, locale))


@refusal.register
def _(error: app_commands.CheckFailure, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.forbidden")


@refusal.register(app_commands.CommandNotFound)
@refusal.register(app_commands.CommandSignatureMismatch)
def _(error: app_commands.AppCommandError, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.command_changed")


@refusal.register
def _(error: discord.Forbidden, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.bot_forbidden")


@refusal.register(discord.DiscordServerError)
@refusal.register(discord.RateLimited)
def _(error: discord.DiscordException, locale: str) -> ShakelmError:  # noqa: ARG001
    return Refusal("refusal.discord_busy")


def _names(permissions: list[str], locale: str) -> list[str]:
    """Permissions as Discord's settings call them: `manage_guild` is Manage Server."""
    return [text(locale, f"permission.{name}") for name in permissions]
