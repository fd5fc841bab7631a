"""Verses: asked for, and asked for again by the buttons and the form under them."""

from collections.abc import Mapping
from typing import Any

import discord
import redis
from discord import SelectOption, ui

from bot.interactions import autocompletion, modal_handlers
from bot.interactions.button_handlers import ID, pressed
from bot.interactions.checks import check_own
from bot.interactions.client import Bot
from bot.interactions.modal_handlers import open_form, submitted
from bot.interactions.submission import check_named, submit, who
from shakelm.configuration import choose_random_seed
from worker.messages.catalog import Refusal, text
from worker.protocol.model_payloads import ModelIndex
from worker.protocol.payload import MAX_PROMPT_CHARACTERS
from worker.protocol.styles import STYLES, freedom
from worker.protocol.verse_payloads import (
    DEFAULT_LINES,
    MAX_LINES,
    MAX_TEMPERATURE,
    VerseRecord,
    VerseRequest,
    VerseSettings,
)
from worker.records import guild_settings, model_index, verse_records

STEP = 0.2
"""How much hotter or colder a press makes it."""

NO_STYLE = "none"


async def ask_for_verse(
    interaction: discord.Interaction[Bot],
    *,
    private: bool,
    lines: int | None = None,
    random_seed: int | None = None,
    **settings: Any,
) -> None:
    """Let a verse wait for its turn; the answer says how long that takes.

    `settings` are fields of `VerseSettings`; `lines` and `random_seed` are chosen where they are None.

    Raises:
        Refusal: there is no such model, or the verse is more than its server allows.
        TimeoutError, redis.RedisError: the queue cannot be reached.
        discord.HTTPException: Discord does not take the answer.
    """
    await check_named(interaction, settings.get("model"))
    guild = await interaction.client.ask(interaction, guild_settings.read, str(interaction.guild_id))
    request = VerseRequest(
        **settings,
        lines=min(DEFAULT_LINES, guild.longest_verse) if lines is None else lines,
        random_seed=choose_random_seed() if random_seed is None else random_seed,
        **who(interaction, private=private),
    )
    await submit(interaction, request, guild)


@pressed(f"again:{ID}")
async def again(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Anybody may have another verse with the same settings."""
    record = await _record(interaction, record_id)
    await _ask_again(interaction, record, random_seed=None)


@pressed(f"continue:{ID}")
async def go_on(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Anybody may have the verse go on where it stopped."""
    record = await _record(interaction, record_id)
    context = verse_records.continuation(record)
    await _ask_again(interaction, record, prompt="", context=context, random_seed=None)


@pressed(f"hotter:{ID}")
async def hotter(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """The same with a higher temperature: the number stays, so that nothing else makes the difference."""
    record = await _own_record(interaction, record_id)
    await _ask_again(
        interaction, record, temperature=min(round(record.temperature + STEP, 2), MAX_TEMPERATURE)
    )


@pressed(f"colder:{ID}")
async def colder(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """The same with a lower temperature."""
    record = await _own_record(interaction, record_id)
    await _ask_again(interaction, record, temperature=max(round(record.temperature - STEP, 2), 0.0))


@pressed(f"discard:{ID}")
async def discard(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Remove the verse: its record, then its message."""
    await _own_record(interaction, record_id)
    await interaction.response.defer()
    await interaction.client.call(verse_records.remove, record_id)
    await interaction.delete_original_response()


@pressed(f"change:{ID}")
async def change(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Open a form with what the verse was written from."""
    record = await _own_record(interaction, record_id)
    index = await interaction.client.ask(interaction, model_index.load)
    await open_form(
        interaction,
        f"change:{record_id}",
        text(interaction.locale.value, "form.title"),
        *_fields(record, index, interaction.locale.value),
    )


def _fields(record: VerseRecord, index: ModelIndex | None, locale: str) -> list[ui.Label[Any]]:
    styles = [
        SelectOption(label=text(locale, f"style.{name}"), value=name, default=name == record.style)
        for name in STYLES
    ]
    no_style = SelectOption(label=text(locale, "form.no_style"), value=NO_STYLE, default=not record.style)
    present = _model_of(record)
    offered = autocompletion.offered(index, locale)
    models = {present: offered.get(present, present)} | offered if present else offered
    return [
        ui.Label(
            text=text(locale, "form.seed"),
            component=ui.TextInput(
                custom_id="seed",
                style=discord.TextStyle.paragraph,
                default=record.prompt,
                required=False,
                max_length=MAX_PROMPT_CHARACTERS,
            ),
        ),
        ui.Label(
            text=text(locale, "form.style"),
            component=ui.Select(custom_id="style", options=[no_style, *styles]),
        ),
        ui.Label(
            text=text(locale, "form.temperature"),
            component=ui.TextInput(custom_id="temperature", default=_temperature(record), max_length=8),
        ),
        ui.Label(
            text=text(locale, "form.lines", longest=MAX_LINES),
            component=ui.TextInput(custom_id="lines", default=str(record.lines), max_length=8),
        ),
        ui.Label(
            text=text(locale, "form.model"),
            component=ui.Select(
                custom_id="model",
                options=[
                    SelectOption(label=label, value=reference, default=reference == present)
                    for reference, label in list(models.items())[: autocompletion.MAX_CHOICES]
                ],
            ),
        ),
    ]


@submitted(f"change:{ID}")
async def changed(
    interaction: discord.Interaction[Bot], values: modal_handlers.Values, record_id: str
) -> None:
    """Take the form: what was changed makes a new verse, and the number stays."""
    record = await _own_record(interaction, record_id)
    await _ask_again(
        interaction,
        record,
        prompt=values["seed"],
        lines=_read_lines(values["lines"]),
        model=values["model"],
        **_read_freedom(record, values),
    )


def _read_freedom(record: VerseRecord, values: modal_handlers.Values) -> Mapping[str, Any]:
    """Style and temperature; where the style alone was changed, the temperature is the new style's."""
    style = None if values["style"] == NO_STYLE else values["style"]
    temperature = _read_temperature(values["temperature"])
    if style == record.style:
        return {"temperature": temperature}
    untouched = values["temperature"] == _temperature(record)
    return freedom(style, None if style and untouched else temperature)


def _temperature(record: VerseRecord) -> str:
    return f"{record.temperature:g}"


def _read_temperature(written: str) -> float:
    try:
        temperature = float(written.replace(",", "."))
    except ValueError:
        temperature = -1
    if not 0 <= temperature <= MAX_TEMPERATURE:
        raise Refusal("refusal.temperature", hottest=MAX_TEMPERATURE)
    return temperature


def _read_lines(written: str) -> int:
    try:
        lines = int(written)
    except ValueError:
        lines = 0
    if not 1 <= lines <= MAX_LINES:
        raise Refusal("refusal.lines", longest=MAX_LINES)
    return lines


async def _ask_again(interaction: discord.Interaction[Bot], record: VerseRecord, **changes: Any) -> None:
    """Ask for a verse with the settings of another one, its version included, but for these changes."""
    settings = record.model_dump(by_alias=False, include=set(VerseSettings.model_fields)) | {
        "model": _model_of(record)
    }
    await ask_for_verse(interaction, private=record.private, **settings | changes)


def _model_of(record: VerseRecord) -> str | None:
    return record.result.model if record.result else record.model


async def _record(interaction: discord.Interaction[Bot], record_id: str) -> VerseRecord:
    return await interaction.client.ask(interaction, _find, record_id)


async def _own_record(interaction: discord.Interaction[Bot], record_id: str) -> VerseRecord:
    record = await _record(interaction, record_id)
    check_own(interaction, record.author, interaction.client.settings.admin_role)
    return record


def _find(connection: redis.Redis, record_id: str) -> VerseRecord:
    """The record of a verse.

    Raises:
        Refusal: it has expired or was removed.
    """
    record = verse_records.find(connection, record_id)
    if record is None:
        raise Refusal("refusal.record_gone")
    return record
