"""From an interaction to a job in the queue, the same for all requests."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypedDict

import discord
import redis

from bot.interactions.answers import answer, reply_to
from bot.interactions.client import Bot
from worker.messages import notices
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest, ReplyTo
from worker.protocol.status_payloads import Outlook
from worker.queue import admission, enqueueing, withdrawal


class Who(TypedDict):
    """Who asks, and where: the fields of every `JobRequest`."""

    author: str
    guild: str
    channel: str
    private: bool
    reply_to: ReplyTo


def who(interaction: discord.Interaction[Any], *, private: bool) -> Who:
    """Who asks in this interaction, and where. Everybody sees the answer unless it is `private`."""
    return Who(
        author=str(interaction.user.id),
        guild=str(interaction.guild_id),
        channel=str(interaction.channel_id),
        private=private,
        reply_to=reply_to(interaction),
    )


async def submit(
    interaction: discord.Interaction[Bot], request: JobRequest, settings: GuildSettings | None = None
) -> None:
    """Admit a request, answer with a waiting notice and a Cancel button, and enqueue the job.

    Redis holds the job before the notice is sent, and releases it into the queue afterwards. If the notice
    fails, the job is withdrawn.

    Args:
        interaction: the command, button, or form.
        request: what the person asks for.
        settings: of the guild, if the caller has read them for this request.

    Raises:
        Refusal: the guild's limits do not admit the request.
        TimeoutError, redis.RedisError: the queue cannot be reached.
        discord.HTTPException: Discord refuses the notice.
    """

    async def notify(outlook: Outlook) -> None:
        notice = notices.queued(
            outlook.place,
            outlook.workers,
            interaction.locale.value,
            wait_s=outlook.wait_s,
            paused=outlook.paused,
            cancel=request.id,
        )
        await answer(interaction, notice, request.private)

    await _submit(interaction, request, settings, notify)


async def submit_in_place(interaction: discord.Interaction[Bot], request: JobRequest) -> None:
    """Submit without a notice: the answer changes the message of the pressed button. Raises as `submit`."""

    async def defer(_outlook: Outlook) -> None:
        await interaction.response.defer()

    await _submit(interaction, request, None, defer)


Acknowledge = Callable[[Outlook], Awaitable[None]]
"""Sends the interaction's first answer."""


async def _submit(
    interaction: discord.Interaction[Bot],
    request: JobRequest,
    settings: GuildSettings | None,
    acknowledge: Acknowledge,
) -> None:
    # In the background: a bot that closes still sends the notice and releases the job.
    work = _to_the_queue(interaction, request, settings, acknowledge)
    await asyncio.shield(interaction.client.in_background(work))


async def _to_the_queue(
    interaction: discord.Interaction[Bot],
    request: JobRequest,
    settings: GuildSettings | None,
    acknowledge: Acknowledge,
) -> None:
    bot = interaction.client
    admitted = bot.in_background(_admit(interaction, request, settings))
    try:
        async with bot.in_time(interaction):
            outlook = await asyncio.shield(admitted)  # its thread cannot be stopped
        await acknowledge(outlook)
        await bot.call(enqueueing.release, request.id)
    except Exception:
        bot.in_background(_withdraw(bot, admitted, request))
        raise


async def _admit(
    interaction: discord.Interaction[Bot], request: JobRequest, settings: GuildSettings | None
) -> Outlook:
    """Admit the request when its turn comes, unless its time is over by then.

    Each admission waits for the lock of its guild. Without turns, they could use up all threads.
    """
    bot = interaction.client
    async with bot.in_time(interaction):
        await bot.admission.acquire()
    try:
        return await bot.call(admission.admit, request, settings)
    finally:
        bot.admission.release()


async def _withdraw(bot: Bot, admitted: asyncio.Task[Outlook], request: JobRequest) -> None:
    """Withdraw a request whose submission failed, once its admission has ended."""
    await asyncio.wait((admitted,))
    if not admitted.cancelled():
        admitted.exception()  # the person was told already; asyncio would log it as never retrieved
    # Redis drops a held job after a while: see `retention.HELD_JOB`.
    with suppress(redis.RedisError):
        await bot.call(withdrawal.withdraw, request.id)
