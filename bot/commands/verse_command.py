"""`/verse`, and the menu of a message: a worker writes a verse into the bot's first answer."""

import re

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.commands.verse_buttons import ask_for_verse
from bot.interactions import autocompletion
from bot.interactions.button_handlers import ID
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from shakelm.configuration import MAX_RANDOM_SEED
from worker.messages import discord_json
from worker.messages.catalog import Refusal
from worker.protocol.payload import MAX_PROMPT_CHARACTERS
from worker.protocol.styles import STYLES, freedom
from worker.protocol.verse_payloads import MAX_LINES, MAX_TEMPERATURE
from worker.records import verse_records


@app_commands.command(description=described("command.verse.description"))
@app_commands.describe(
    seed=described("command.verse.seed"),
    temperature=described("command.verse.temperature"),
    lines=described("command.verse.lines"),
    style=described("command.verse.style"),
    model=described("command.verse.model"),
    number=described("command.verse.number"),
    private=described("command.verse.private"),
)
@app_commands.choices(style=[Choice(name=described(f"style.{name}"), value=name) for name in STYLES])
@app_commands.autocomplete(model=autocompletion.models)
async def verse(
    interaction: discord.Interaction[Bot],
    seed: Range[str, 0, MAX_PROMPT_CHARACTERS] = "",
    temperature: Range[float, 0.0, MAX_TEMPERATURE] | None = None,
    lines: Range[int, 1, MAX_LINES] | None = None,
    style: str | None = None,
    model: str | None = None,
    number: Range[int, 0, MAX_RANDOM_SEED] | None = None,
    private: bool = False,
) -> None:
    """Write a verse in the manner of the texts that the model has read."""
    await ask_for_verse(
        interaction,
        private=private,
        prompt=seed,
        **freedom(style, temperature),
        lines=lines,
        model=model,
        random_seed=number,
    )


@app_commands.context_menu(name="Continue as verse")
async def continue_as_verse(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    """Write a verse that goes on from the end of a message."""
    written = await _verse_of(interaction, message) if message.author == interaction.client.user else ""
    seed = _ending(written or discord.utils.remove_markdown(message.clean_content))
    if not seed:
        raise Refusal("refusal.no_text")
    await ask_for_verse(interaction, private=message.flags.ephemeral, prompt=seed)


async def _verse_of(interaction: discord.Interaction[Bot], message: discord.Message) -> str:
    """The verse in a message of the bot's own: from its record, or as far as the message shows it."""
    items = discord.ui.View.from_message(message).children
    found = (re.fullmatch(f"again:{ID}", getattr(item, "custom_id", "")) for item in items)
    again = next(filter(None, found), None)
    if again is None:
        return ""
    record = await interaction.client.ask(interaction, verse_records.find, again["record_id"])
    if record and record.result:
        return record.result.text
    return discord_json.unescape(message.embeds[0].description or "" if message.embeds else "")


def _ending(written: str) -> str:
    """The end of a text, as much as a seed may have, from the beginning of a word on."""
    written = written.strip()
    if len(written) <= MAX_PROMPT_CHARACTERS:
        return written
    end = written[-MAX_PROMPT_CHARACTERS - 1 :]
    blank = re.search(r"\s", end)
    return end[blank.start() if blank else 1 :].lstrip()
