"""Commands that show, clear, pause, and resume the queue."""

import asyncio

import discord
import redis
from discord import app_commands

from bot.background.waiting_notices import tell_withdrawn
from bot.commands.admin.announcements import announce
from bot.commands.admin.group import AdministratorsOnly
from bot.interactions.answers import answer
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from worker.messages import admin_messages, notices
from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob
from worker.queue import pausing, snapshot, withdrawal

queue = AdministratorsOnly(name="queue", description=described("command.admin.queue.description"))


@queue.command(description=described("command.admin.queue.see.description"))
async def see(interaction: discord.Interaction[Bot]) -> None:
    """Show the open requests of this guild, in private."""
    bot = interaction.client
    jobs = await bot.ask(interaction, _of_guild, str(interaction.guild_id))
    paused = await bot.ask(interaction, pausing.is_paused)
    await answer(interaction, admin_messages.queue(jobs, paused, interaction.locale.value), private=True)


@queue.command(description=described("command.admin.queue.clear.description"))
async def clear(interaction: discord.Interaction[Bot]) -> None:
    """Withdraw all waiting requests of this guild, and tell their authors."""
    bot = interaction.client
    await interaction.response.defer(ephemeral=True)
    withdrawn: list[JobRequest] = []
    try:
        # The last request first, so that none moves up while the queue is cleared.
        for job in reversed(await bot.call(_of_guild, str(interaction.guild_id))):
            if await bot.call(withdrawal.withdraw, job.request.id):
                withdrawn.append(job.request)  # noqa: PERF401 - if a later one fails, these are told all the same
    finally:
        await _tell_all(bot, withdrawn)
    done = admin_messages.queue_cleared(len(withdrawn), interaction.locale.value)
    await answer(interaction, done, private=True)
    await announce(interaction, "announcement.cleared", count=len(withdrawn))


@app_commands.command(description=described("command.admin.pause.description"))
async def pause(interaction: discord.Interaction[Bot]) -> None:
    """Pause the requests of all guilds. Trainings continue."""
    await interaction.response.defer(ephemeral=True)
    await interaction.client.call(pausing.pause)
    await answer(interaction, admin_messages.paused(interaction.locale.value), private=True)
    await announce(interaction, "announcement.paused")


@app_commands.command(description=described("command.admin.resume.description"))
async def resume(interaction: discord.Interaction[Bot]) -> None:
    """Resume the queue after a pause."""
    await interaction.response.defer(ephemeral=True)
    await interaction.client.call(pausing.resume)
    await answer(interaction, admin_messages.resumed(interaction.locale.value), private=True)
    await announce(interaction, "announcement.resumed")


def _of_guild(connection: redis.Redis, guild: str) -> list[OpenJob]:
    waiting = snapshot.look(connection).waiting()
    return snapshot.open_jobs(connection, [job for job in waiting if job.guild == guild])


async def _tell_all(bot: Bot, withdrawn: list[JobRequest]) -> None:
    async def tell(request: JobRequest) -> None:
        async with bot.deliveries:
            await tell_withdrawn(bot, request, notices.cleared(request.reply_to.locale))

    await asyncio.gather(*map(tell, withdrawn))
