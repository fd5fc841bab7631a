"""The settings of a guild, its export, and the status of bot and workers."""

import asyncio
import io
import zipfile
from contextlib import suppress

import discord
import redis
from discord import app_commands
from discord.app_commands import Range

from bot.commands.admin.announcements import announce, post
from bot.interactions.answers import answer, arguments
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from worker.messages import admin_messages
from worker.messages.catalog import Refusal, text
from worker.messages.discord_json import Body
from worker.privacy.export import table as table_of
from worker.protocol.guild_payloads import MAX_OPEN, MAX_PER_MINUTE, MAX_RETENTION_DAYS, MAX_TEACHER_FACTOR
from worker.protocol.status_payloads import QueueStatus
from worker.protocol.verse_payloads import MAX_LINES
from worker.queue import queue_status
from worker.records import guild_settings, incidents, model_index, verse_records
from worker.trainings import supervisors, training_records

INCIDENTS = 5
"""The number of recent errors in the status."""

TABLE = "shakelm.csv"
ARCHIVE = "shakelm.zip"


@app_commands.command(description=described("command.admin.status.description"))
async def status(interaction: discord.Interaction[Bot]) -> None:
    """Show workers, queues, trainings, models, and the latest errors, in private."""
    message = await interaction.client.ask(interaction, _status, interaction.locale.value)
    await answer(interaction, message, private=True)


def _queues(connection: redis.Redis) -> QueueStatus:
    queues = queue_status.status(connection)
    trains = any(worker.queue == "train" for worker in queues.workers)
    starts = not trains and supervisors.workers(connection) > 0
    return queues.model_copy(update={"training_starts": starts})


def _status(connection: redis.Redis, locale: str) -> Body:
    return admin_messages.status(
        _queues(connection),
        training_records.open_trainings(connection),
        model_index.load(connection),
        incidents.latest(connection, INCIDENTS),
        locale,
    )


@app_commands.command(description=described("command.admin.limits.description"))
@app_commands.describe(
    per_minute=described("command.admin.limits.per_minute"),
    open_per_person=described("command.admin.limits.open_per_person"),
    open_per_server=described("command.admin.limits.open_per_server"),
    teacher_factor=described("command.admin.limits.teacher_factor"),
    longest_verse=described("command.admin.limits.longest_verse"),
)
async def limits(
    interaction: discord.Interaction[Bot],
    per_minute: Range[int, 1, MAX_PER_MINUTE] | None = None,
    open_per_person: Range[int, 1, MAX_OPEN] | None = None,
    open_per_server: Range[int, 1, MAX_OPEN] | None = None,
    teacher_factor: Range[int, 1, MAX_TEACHER_FACTOR] | None = None,
    longest_verse: Range[int, 1, MAX_LINES] | None = None,
) -> None:
    """Show or change the limits of this guild."""
    given = {
        "per_minute": per_minute,
        "open_per_person": open_per_person,
        "open_per_server": open_per_server,
        "teacher_factor": teacher_factor,
        "longest_verse": longest_verse,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    await interaction.response.defer(ephemeral=True)
    settings = await interaction.client.call(guild_settings.change, str(interaction.guild_id), **changes)
    await answer(interaction, admin_messages.limits(settings, interaction.locale.value), private=True)
    if changes:
        await announce(
            interaction,
            "announcement.limits",
            per_minute=settings.per_minute,
            open_per_person=settings.open_per_person,
            open_per_server=settings.open_per_server,
            teacher_factor=settings.teacher_factor,
            longest_verse=settings.longest_verse,
        )


@app_commands.command(description=described("command.admin.retention.description"))
@app_commands.describe(days=described("command.admin.retention.days"))
async def retention(
    interaction: discord.Interaction[Bot], days: Range[int, 1, MAX_RETENTION_DAYS] | None = None
) -> None:
    """Show or change how long the verses of this guild are kept."""
    bot, guild = interaction.client, str(interaction.guild_id)
    changes = {} if days is None else {"retention_days": days}
    await interaction.response.defer(ephemeral=True)
    settings = await bot.call(guild_settings.change, guild, **changes)
    if days is not None:
        await bot.call(verse_records.keep, guild, days)
    await answer(interaction, admin_messages.retention(settings, interaction.locale.value), private=True)
    if days is not None:
        await announce(interaction, "announcement.retention", count=days)


@app_commands.command(description=described("command.admin.export.description"))
async def export(interaction: discord.Interaction[Bot]) -> None:
    """Send a table of this guild's verses and trainings, for a lab report."""
    await interaction.response.defer(ephemeral=True)
    locale = interaction.locale.value
    table = await interaction.client.call(table_of, str(interaction.guild_id))
    name, content = await asyncio.to_thread(table_file, table, interaction.filesize_limit)
    file = discord.File(io.BytesIO(content), name, description=text(locale, "export.file"))
    await interaction.edit_original_response(**arguments(admin_messages.exported(locale)), attachments=[file])
    await announce(interaction, "announcement.export")


def table_file(table: str, limit: int) -> tuple[str, bytes]:
    """Write a table (CSV) into a file of at most `limit` bytes. A larger one is compressed.

    Returns:
        The name and the content of the file.

    Raises:
        Refusal: the table is too large even when compressed.
    """
    content = table.encode("utf-8-sig")  # Excel recognizes the encoding by the mark at the start
    if len(content) <= limit:
        return TABLE, content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(TABLE, content)
    if archive.tell() > limit:
        raise Refusal("refusal.export_too_large", limit=limit // 2**20)
    return ARCHIVE, archive.getvalue()


@app_commands.command(description=described("command.admin.log.description"))
@app_commands.describe(channel=described("command.admin.log.channel"), off=described("command.admin.log.off"))
async def log(
    interaction: discord.Interaction[Bot], channel: discord.TextChannel | None = None, off: bool = False
) -> None:
    """Show or choose the channel that announces what teachers do."""
    bot, guild = interaction.client, str(interaction.guild_id)
    await interaction.response.defer(ephemeral=True)
    former = settings = await bot.call(guild_settings.read, guild)
    if off:
        settings = await bot.call(guild_settings.change, guild, log_channel=None)
    elif channel is not None:
        await _try(interaction, channel)
        settings = await bot.call(guild_settings.change, guild, log_channel=str(channel.id))
    await answer(interaction, admin_messages.log_channel(settings, interaction.locale.value), private=True)
    if former.log_channel not in (None, settings.log_channel):
        with suppress(discord.Forbidden, discord.NotFound):
            await post(interaction, int(former.log_channel), "announcement.log_off")


async def _try(interaction: discord.Interaction[Bot], channel: discord.TextChannel) -> None:
    """Announce in a channel that it becomes the log channel.

    Raises:
        Refusal: the bot may not write there, or the channel is gone.
    """
    try:
        await post(interaction, channel.id, "announcement.log")
    except (discord.Forbidden, discord.NotFound) as error:
        raise Refusal("refusal.log_channel", channel=channel.name) from error
