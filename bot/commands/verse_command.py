"""`/verse`, and "Continue as verse" in the menu of a message."""

import re
from dataclasses import asdict
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.interactions import autocompletion
from bot.interactions.checks import check_known_model
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from bot.interactions.submission import submit, who
from shakelm.configuration import MAX_RANDOM_SEED, choose_random_seed
from shakelm.decoding.styles import STYLES, choose
from worker.messages import discord_json
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import Again
from worker.protocol.payload import MAX_PROMPT_CHARACTERS
from worker.protocol.verse_payloads import DEFAULT_LINES, MAX_LINES, MAX_TEMPERATURE, VerseRequest
from worker.records import verse_records


def freedom(style: str | None = None, temperature: float | None = None) -> dict[str, Any]:
    """The fields of `VerseSettings` that say how freely a verse is written."""
    style, sampling = choose(style, temperature)
    return {"style": style} | asdict(sampling)


async def ask_for_verse(
    interaction: discord.Interaction[Bot],
    *,
    private: bool,
    lines: int | None = None,
    random_seed: int | None = None,
    **settings: Any,
) -> None:
    """Enqueue a verse, and answer with its waiting notice.

    Args:
        interaction: the command, button, or form.
        private: whether only the person sees the verse.
        lines: None for the default, or for fewer lines if the guild allows fewer.
        random_seed: None for a new one.
        settings: other fields of `VerseSettings`.

    Raises:
        Refusal: there is no such model, or the guild's limits do not admit the verse.
        TimeoutError, redis.RedisError: the queue cannot be reached.
        discord.HTTPException: Discord refuses the notice.
    """
    await check_known_model(interaction, settings.get("model"))
    guild = await interaction.client.guild_settings(interaction)
    request = VerseRequest(
        **settings,
        lines=min(DEFAULT_LINES, guild.longest_verse) if lines is None else lines,
        random_seed=choose_random_seed() if random_seed is None else random_seed,
        **who(interaction, private=private),
    )
    await submit(interaction, request, guild)


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
    """Write a verse in the style of the model's corpus."""
    await ask_for_verse(
        interaction,
        private=private,
        prompt=seed,
        **freedom(style, temperature),
        lines=lines,
        model=model,
        random_seed=number,
    )


_MARKUP = re.compile(r"<a?:\w+:\d+>|<t:-?\d+(:[a-zA-Z])?>|<[@#][!&]?\d+>|</[^>]+:\d+>")
"""Custom emoji, timestamps, and mentions (Discord: Message Formatting)."""

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SUBTEXT = re.compile(r"^(-#|#{1,3})\s+", re.MULTILINE)
"""The marks of subtext and of headings."""


@app_commands.context_menu(name="Continue as verse")
async def continue_as_verse(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    """Write a verse that continues the end of a message."""
    own = message.author == interaction.client.user
    prompt = _ending(await _verse_of(interaction, message) if own else written_in(message))
    if not prompt:
        raise Refusal("refusal.no_text")
    await ask_for_verse(interaction, private=message.flags.ephemeral, prompt=prompt, **freedom())


def written_in(message: discord.Message) -> str:
    """What a person wrote in a message, or in the message that it forwards, without Discord's markup."""
    content = message.clean_content
    if not content and message.message_snapshots:
        content = message.message_snapshots[0].content
    content = _LINK.sub(r"\1", _MARKUP.sub("", content))
    return discord.utils.remove_markdown(_SUBTEXT.sub("", content))


async def _verse_of(interaction: discord.Interaction[Bot], message: discord.Message) -> str:
    """The verse in one of the bot's messages: from its record, or else as the message shows it."""
    items = discord.ui.View.from_message(message).children
    found = (Again.parse(getattr(item, "custom_id", None) or "") for item in items)
    again = next(filter(None, found), None)
    if again is None:
        return ""
    record = await interaction.client.ask(interaction, verse_records.find, again.record_id)
    if record and record.result:
        return record.result.text
    return discord_json.unescape(message.embeds[0].description or "" if message.embeds else "")


def _ending(written: str) -> str:
    """The end of a text, from the start of a word, at most as long as a prompt may be."""
    written = written.strip()
    if len(written) <= MAX_PROMPT_CHARACTERS:
        return written
    end = written[-MAX_PROMPT_CHARACTERS - 1 :]
    blank = re.search(r"\s", end)
    return end[blank.start() if blank else 1 :].lstrip()
