"""The buttons under a verse."""

from contextlib import suppress
from typing import Any

import discord
import redis

from bot.commands.verse_command import ask_for_verse
from bot.interactions.answers import answer
from bot.interactions.checks import check_guild, check_own
from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import pressed
from worker.messages import verse_messages
from worker.messages.catalog import Refusal
from worker.protocol import poems
from worker.protocol.custom_ids import Again, Colder, Continue, Discard, Hotter, OfRecord, WholePoem
from worker.protocol.verse_payloads import MAX_TEMPERATURE, VerseRecord, VerseSettings
from worker.records import model_index, verse_records

STEP = 0.2
"""The difference in temperature that one press makes."""


@pressed(Again)
async def again(interaction: discord.Interaction[Bot], custom_id: Again) -> None:
    """Write another verse with the same settings, for everybody who asks."""
    record = await _record(interaction, custom_id)
    await ask_again(interaction, record, random_seed=None)


@pressed(Continue)
async def go_on(interaction: discord.Interaction[Bot], custom_id: Continue) -> None:
    """Go on with this verse as if it had never stopped, for everybody who asks."""
    record = await _record(interaction, custom_id)
    await _ask(interaction, record, **poems.continuation(record))


@pressed(WholePoem)
async def whole_poem(interaction: discord.Interaction[Bot], custom_id: WholePoem) -> None:
    """Show the verse with all that it continues, for everybody who asks."""
    record = await _record(interaction, custom_id)
    await answer(interaction, verse_messages.poem(record, interaction.locale.value), private=record.private)


@pressed(Hotter)
async def hotter(interaction: discord.Interaction[Bot], custom_id: Hotter) -> None:
    """Write the verse at a higher temperature. The random seed stays, so only the temperature differs."""
    record = await own_record(interaction, custom_id)
    temperature = min(round(record.temperature + STEP, 2), MAX_TEMPERATURE)
    await ask_again(interaction, record, temperature=temperature)


@pressed(Colder)
async def colder(interaction: discord.Interaction[Bot], custom_id: Colder) -> None:
    """Write the verse at a lower temperature, with the same random seed."""
    record = await own_record(interaction, custom_id)
    temperature = max(round(record.temperature - STEP, 2), 0.0)
    await ask_again(interaction, record, temperature=temperature)


@pressed(Discard)
async def discard(interaction: discord.Interaction[Bot], custom_id: Discard) -> None:
    """Remove the verse: first its record, then its message. A message that is gone already is no error.

    Without a record, as after `/forget`, the message itself says who asked for it.
    """
    bot = interaction.client
    record = await bot.ask(interaction, verse_records.find, custom_id.record_id)
    author = record.author if record is not None else _asked_by(interaction.message)
    if author is None or (record is not None and record.guild != str(interaction.guild_id)):
        raise Refusal("refusal.record_gone")
    check_own(interaction, author, bot.settings.admin_role)
    await interaction.response.defer()
    await bot.call(verse_records.remove, custom_id.record_id)
    with suppress(discord.NotFound):
        await interaction.delete_original_response()


def _asked_by(message: discord.Message | None) -> str | None:
    """The id of who asked for the message (Discord: Message Interaction Metadata)."""
    asked = message.interaction_metadata if message is not None else None
    return str(asked.user.id) if asked is not None else None


async def ask_again(interaction: discord.Interaction[Bot], record: VerseRecord, **changes: Any) -> None:
    """Ask for a verse with the settings and the version of another one, except for `changes`.

    If that one goes on with a verse, the new one stands in its place.

    Raises:
        Refusal: the version was removed, and no other one is given.
        Refusal, TimeoutError, redis.RedisError, discord.HTTPException: as `ask_for_verse`.
    """
    await _ask(interaction, poems.anew(record), **changes)


async def _ask(interaction: discord.Interaction[Bot], record: VerseRecord, **changes: Any) -> None:
    wrote = model_of(record)
    if wrote is not None and "model" not in changes:
        index = await interaction.client.ask(interaction, model_index.load)
        if index is not None and not index.holds(wrote):
            raise Refusal("refusal.removed_model", model=wrote)
    settings = record.model_dump(by_alias=False, include=set(VerseSettings.model_fields)) | {"model": wrote}
    await ask_for_verse(interaction, private=record.private, **settings | changes)


def model_of(record: VerseRecord) -> str | None:
    """The version that wrote a verse, or else the model that its author asked for."""
    return record.result.model if record.result else record.model


async def own_record(interaction: discord.Interaction[Bot], custom_id: OfRecord) -> VerseRecord:
    """The record of a verse, if the person is its author or a teacher.

    Raises:
        Refusal: the person is neither, or the record is gone.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    record = await _record(interaction, custom_id)
    check_own(interaction, record.author, interaction.client.settings.admin_role)
    return record


async def _record(interaction: discord.Interaction[Bot], custom_id: OfRecord) -> VerseRecord:
    record = await interaction.client.ask(interaction, _find, custom_id.record_id)
    check_guild(interaction, record.guild)
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
