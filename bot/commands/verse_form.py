"""The form that changes the settings of a verse, and the button that opens it."""

import re
from collections.abc import Mapping
from typing import Any

import discord
from discord import SelectOption, ui

from bot.commands.verse_buttons import ask_again, model_of, own_record
from bot.commands.verse_command import freedom
from bot.interactions import autocompletion
from bot.interactions.answers import answer_privately
from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import Values, open_form, pressed, submitted
from shakelm.decoding.styles import STYLES
from worker.messages.catalog import Refusal, text
from worker.messages.discord_json import button, rows
from worker.messages.notices import problem
from worker.protocol import poems
from worker.protocol.custom_ids import Change, ChangeAgain
from worker.protocol.model_payloads import ModelIndex
from worker.protocol.payload import MAX_PROMPT_CHARACTERS
from worker.protocol.verse_payloads import MAX_TEMPERATURE, VerseRecord
from worker.records import form_drafts, model_index

NO_STYLE = "none"

MAX_NUMBER = 8
"""The most characters in a field for a number."""


@pressed(Change)
async def change(interaction: discord.Interaction[Bot], custom_id: Change) -> None:
    """Open the form, filled in with the settings of the verse."""
    record = await own_record(interaction, custom_id)
    index = await interaction.client.ask(interaction, model_index.load)
    await _open(interaction, record, index, {})


@pressed(ChangeAgain)
async def change_again(interaction: discord.Interaction[Bot], custom_id: ChangeAgain) -> None:
    """Open the form with what the person typed into it before."""
    bot, person = interaction.client, str(interaction.user.id)
    record = await own_record(interaction, custom_id)
    index = await bot.ask(interaction, model_index.load)
    draft = await bot.ask(interaction, form_drafts.find, custom_id.record_id, person)
    await _open(interaction, record, index, draft)


async def _open(
    interaction: discord.Interaction[Bot], record: VerseRecord, index: ModelIndex | None, draft: Values
) -> None:
    locale, longest = interaction.locale.value, await _longest(interaction)
    fields = _fields(record, index, longest, locale, draft)
    await open_form(interaction, Change(record.id), text(locale, "form.title"), *fields)


@submitted(Change)
async def changed(interaction: discord.Interaction[Bot], custom_id: Change, values: Values) -> None:
    """Write a verse with the settings of the form, and with the same random seed."""
    record = await own_record(interaction, custom_id)
    longest = await _longest(interaction)
    try:
        lines, freedom_ = _read_lines(values["lines"], longest), _read_freedom(record, values)
    except Refusal as refusal:
        await _offer_again(interaction, record, values, refusal)
        return
    await ask_again(
        interaction, record, prompt=values["seed"], lines=lines, model=values["model"], **freedom_
    )


async def _offer_again(
    interaction: discord.Interaction[Bot], record: VerseRecord, values: Values, refusal: Refusal
) -> None:
    """Say in private what is wrong, with a button that opens the form as it was sent."""
    locale = interaction.locale.value
    person = str(interaction.user.id)
    await interaction.client.call(form_drafts.keep, record.id, person, values)
    again = button(text(locale, "button.change_again"), ChangeAgain(record.id))
    await answer_privately(interaction, problem(refusal, locale) | {"components": rows([again])})


async def _longest(interaction: discord.Interaction[Bot]) -> int:
    """The most lines of a verse in this guild."""
    settings = await interaction.client.guild_settings(interaction)
    return settings.longest_verse


def _fields(
    record: VerseRecord, index: ModelIndex | None, longest: int, locale: str, draft: Values
) -> list[ui.Label[Any]]:
    """The fields, filled in with the settings of the verse, or with a draft."""
    style = draft.get("style", record.style or NO_STYLE)
    styles = [
        SelectOption(label=text(locale, f"style.{name}"), value=name, default=name == style)
        for name in STYLES
    ]
    no_style = SelectOption(label=text(locale, "form.no_style"), value=NO_STYLE, default=style not in STYLES)
    present = draft.get("model", model_of(record))
    offered = autocompletion.offered(index, locale)
    models = {present: offered.get(present, present)} | offered if present else offered
    return [
        ui.Label(
            text=text(locale, "form.seed"),
            component=ui.TextInput(
                custom_id="seed",
                style=discord.TextStyle.paragraph,
                default=draft.get("seed", poems.anew(record).prompt)[:MAX_PROMPT_CHARACTERS],
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
            component=ui.TextInput(
                custom_id="temperature",
                default=draft.get("temperature", _temperature(record))[:MAX_NUMBER],
                max_length=MAX_NUMBER,
            ),
        ),
        ui.Label(
            text=text(locale, "form.lines", longest=longest),
            component=ui.TextInput(
                custom_id="lines",
                default=draft.get("lines", str(min(record.lines, longest)))[:MAX_NUMBER],
                max_length=MAX_NUMBER,
            ),
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


def _read_freedom(record: VerseRecord, values: Values) -> Mapping[str, Any]:
    """The sampling settings. If only the style has changed, the temperature is that of the new style."""
    style = None if values["style"] == NO_STYLE else values["style"]
    if style is not None and style not in STYLES:  # a form of a former version
        raise Refusal("refusal.value", value=style[:80])
    temperature = _read_temperature(values["temperature"])
    if style == record.style:
        return {"temperature": temperature}
    untouched = values["temperature"] == _temperature(record)
    return freedom(style, None if style and untouched else temperature)


def _temperature(record: VerseRecord) -> str:
    return f"{record.temperature:.6f}".rstrip("0").rstrip(".")


# Python's own `int` and `float` also take 1_0, nan, 1e0, and the digits of other scripts.
_WHOLE = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]+[.,]?[0-9]*|[.,][0-9]+")


def _read_temperature(written: str) -> float:
    plain = _DECIMAL.fullmatch(written.strip())
    temperature = float(plain[0].replace(",", ".")) if plain else -1
    if not 0 <= temperature <= MAX_TEMPERATURE:
        raise Refusal("refusal.temperature", hottest=MAX_TEMPERATURE)
    return temperature


def _read_lines(written: str, longest: int) -> int:
    plain = _WHOLE.fullmatch(written.strip())
    lines = int(plain[0]) if plain else 0
    if not 1 <= lines <= longest:
        raise Refusal("refusal.lines", longest=longest)
    return lines
