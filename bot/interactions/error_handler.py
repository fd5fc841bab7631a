"""The one error handler of commands, buttons, and forms. It has one sentence for each class of error."""

import logging
import secrets
import time
from collections.abc import Awaitable
from typing import Any

import discord
import redis
from discord import app_commands
from pydantic import ValidationError

from bot.gateway.first_answers import UnansweredError
from bot.interactions.answers import UNSENT, answer_privately, tell
from bot.interactions.unanswered import place_of
from shakelm.errors import ShakelmError
from worker.delivery.webhook_client import THREAD_IS_ARCHIVED, THREAD_IS_LOCKED
from worker.messages import notices
from worker.messages.catalog import Refusal, text
from worker.protocol.verse_payloads import VerseSettings
from worker.records import incidents

log = logging.getLogger(__name__)

BUSY_S = 15
"""After this time, somebody who was refused because too many ask may try again."""

_KEYS = {name: field.alias for name, field in VerseSettings.model_fields.items() if field.alias}
"""What people call the fields with other names in the code."""


async def handle(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the person in private what went wrong and what to do.

    An error without its own sentence gets a reference. The log has the traceback under this reference.
    Nothing is told of a request that a bot which lives no more has admitted: it is still open.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    locale = interaction.locale.value
    if interaction.extras.get("admitted"):
        # The waiting notice may be there already. `lost_requests` sees to it, or tells the person.
        expected = isinstance(cause, UnansweredError) or refusal(cause, locale) is not None
        level, trace = (logging.INFO, None) if expected else (logging.ERROR, cause)
        log.log(level, "%s is left for later: %s", _what(interaction), type(cause).__name__, exc_info=trace)
        return
    if isinstance(cause, UnansweredError):
        await _tell_in_channel(interaction, cause)
        return
    if isinstance(cause, TimeoutError) and interaction.client.intake.crowded:
        cause = busy()
    refused = refusal(cause, locale)
    if refused is not None:
        log.info("Refused %s: %s", _what(interaction), type(cause).__name__)
        await _try(tell(interaction, refused), interaction)
        return
    reference = secrets.token_hex(4)
    log.error("Error %s in %s", reference, _what(interaction), exc_info=cause)
    await _try(answer_privately(interaction, notices.failed(reference, locale)), interaction)
    incident = f"{_what(interaction)}: {type(cause).__name__}"
    await _try(interaction.client.call(incidents.note, reference, incident), interaction)


def busy() -> Refusal:
    """The refusal of somebody who asks together with too many others."""
    return Refusal("refusal.busy", retry_at=round(time.time() + BUSY_S))


async def _try(telling: Awaitable[None], interaction: discord.Interaction[Any]) -> None:
    """Report an error. If that is too late for a first answer, say so in the channel."""
    try:
        await telling
    except UnansweredError as failure:
        await _tell_in_channel(interaction, failure)
    except (*UNSENT, redis.RedisError) as failure:
        log.warning("Could not report an error: %s", failure)


async def _tell_in_channel(interaction: discord.Interaction[Any], failure: UnansweredError) -> None:
    log.info("No first answer to %s: %s", _what(interaction), failure.reason)
    if await interaction.client.intake.keeps(interaction):
        await interaction.client.unanswered.tell(*place_of(interaction))


def _what(interaction: discord.Interaction[Any]) -> str:
    """The command, button, or form, for the log."""
    data: Any = interaction.data
    if data and "custom_id" in data:
        return f"{interaction.type.name} {data['custom_id']}"
    return f"/{interaction.command.qualified_name}" if interaction.command else "an unknown command"


def refusal(error: Exception, locale: str) -> ShakelmError | None:
    """The sentence that tells a person the cause and the cure of `error`.

    Args:
        error: what a command, button, or form raised.
        locale: the reader's.

    Returns:
        None for an error of the bot itself, which needs a developer.
    """
    match error:
        case ShakelmError():
            return error
        case redis.ResponseError() if "WRONGTYPE" in str(error):
            return Refusal("refusal.damaged")
        case redis.RedisError() | TimeoutError():
            return Refusal("refusal.queue_silent")
        case ValidationError():
            return _invalid(error)
        case app_commands.TransformerError():
            return Refusal("refusal.value", value=str(error.value)[:80])
        case app_commands.MissingPermissions():
            return Refusal("refusal.permission", permissions=_names(error.missing_permissions, locale))
        case app_commands.MissingRole():
            return Refusal("refusal.role", role=str(error.missing_role))
        case app_commands.BotMissingPermissions():
            return Refusal("refusal.bot_permission", permissions=_names(error.missing_permissions, locale))
        case app_commands.NoPrivateMessage():
            return Refusal("refusal.servers_only")
        case app_commands.CheckFailure():
            return Refusal("refusal.forbidden")
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return Refusal("refusal.command_changed")
        case discord.Forbidden():
            return Refusal("refusal.bot_forbidden")
        case discord.HTTPException(code=code) if code in (THREAD_IS_ARCHIVED, THREAD_IS_LOCKED):
            return Refusal("refusal.thread_closed")
        case discord.DiscordServerError() | discord.RateLimited():
            return Refusal("refusal.discord_busy")
        case _:
            return None


def _invalid(error: ValidationError) -> Refusal:
    """The first invalid option of a request, or a stored record that is damaged."""
    first = error.errors(include_url=False, include_input=False)[0]
    if not first["loc"]:
        return Refusal("refusal.damaged")
    option = ".".join(_KEYS.get(str(part), str(part)) for part in first["loc"])
    match first["type"], first.get("ctx", {}):
        case "string_pattern_mismatch", _:  # only names have patterns
            return Refusal("refusal.name", option=option)
        case "greater_than_equal", {"ge": limit}:
            return Refusal("refusal.at_least", option=option, limit=limit)
        case "greater_than", {"gt": limit}:
            return Refusal("refusal.above", option=option, limit=limit)
        case "less_than_equal", {"le": limit}:
            return Refusal("refusal.at_most", option=option, limit=limit)
        case "less_than", {"lt": limit}:
            return Refusal("refusal.below", option=option, limit=limit)
        case "string_too_long", {"max_length": int(limit)}:
            return Refusal("refusal.too_long", option=option, count=limit)
        case "string_too_short", {"min_length": int(limit)}:
            return Refusal("refusal.too_short", option=option, count=limit)
        case "literal_error" | "enum", {"expected": expected}:
            return Refusal("refusal.not_offered", option=option, offered=str(expected))
        case "string_unicode", _:
            return Refusal("refusal.characters", option=option)
        case (
            (
                "finite_number"
                | "float_type"
                | "float_parsing"
                | "int_type"
                | "int_parsing"
                | "int_from_float"
            ),
            _,
        ):
            return Refusal("refusal.number", option=option)
        case (("missing" | "extra_forbidden" | "json_invalid" | "model_type" | "dict_type"), _):
            return Refusal("refusal.damaged")
        case _:
            return Refusal("refusal.option", option=option)


def _names(permissions: list[str], locale: str) -> list[str]:
    """Permissions as Discord's settings name them: `manage_guild` is Manage Server."""
    return [text(locale, f"permission.{name}") for name in permissions]
