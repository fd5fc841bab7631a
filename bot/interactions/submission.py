"""From an interaction to a job in the queue, the same for all requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypedDict

import discord
import redis

from bot.interactions import error_handler
from bot.interactions.answers import answer, reply_to
from bot.interactions.checks import is_teacher
from bot.interactions.client import Bot
from worker.delivery import answer_lock
from worker.messages import notices
from worker.messages.catalog import Refusal
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest, ReplyTo, id_of
from worker.protocol.status_payloads import Outlook
from worker.queue import admission, enqueueing, withdrawal

log = logging.getLogger(__name__)

ADMISSION_S = 0.8
"""The time that an admission is given, once its turn has come."""


class Who(TypedDict):
    """Who asks, and where: the fields of every `JobRequest`."""

    id: str
    author: str
    guild: str
    channel: str
    private: bool
    reply_to: ReplyTo


def who(interaction: discord.Interaction[Any], *, private: bool) -> Who:
    """Who asks in this interaction, and where. Everybody sees the answer unless it is `private`."""
    return Who(
        id=id_of(interaction.id),
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
    fails, the job is withdrawn. If the release fails, it is made up for in the background. An interaction
    that another bot left is taken up where that bot stopped.

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
    if interaction.extras.get("again") and await bot.call(answer_lock.is_claimed, request.reply_to):
        return
    admitted = bot.in_background(_admit(interaction, request, settings))
    try:
        async with bot.in_time(interaction):
            outlook = await asyncio.shield(admitted)  # its thread cannot be stopped
        await acknowledge(outlook)
    except Exception:
        if not interaction.extras.get("admitted"):
            bot.in_background(_withdraw(interaction, admitted, request))
        raise
    bot.announced[request.id] = request
    try:
        await bot.call(enqueueing.release, request.id)
    except redis.RedisError as error:
        # The person waits already. `lost_requests` releases the job, or tells that Redis has lost it.
        log.warning("Request %s is not released yet: %s", request.id, type(error).__name__)


async def _admit(
    interaction: discord.Interaction[Bot], request: JobRequest, settings: GuildSettings | None
) -> Outlook:
    """Admit the request when its turn comes. If that takes too long, there is just time to say so.

    Raises:
        Refusal: too many requests come in. Or as `admission.admit`.
    """
    bot = interaction.client
    try:
        async with asyncio.timeout_at(interaction.extras["patience_until"] - ADMISSION_S):
            await bot.admissions.acquire()
    except TimeoutError:
        raise error_handler.busy() from None
    try:
        until = interaction.extras["patience_until"]  # the event loop's clock is `time.monotonic`
        teacher = is_teacher(interaction, bot.settings.admin_role)
        is_own = partial(bot.intake.keep, interaction=interaction.id)
        return await bot.call(admission.admit, request, settings, until, teacher=teacher, is_own=is_own)
    finally:
        bot.admissions.release()


async def _withdraw(
    interaction: discord.Interaction[Bot], admitted: asyncio.Task[Outlook], request: JobRequest
) -> None:
    """Withdraw a request whose submission failed, once its admission has ended, unless that refused it.

    A request that another bot has taken over meanwhile is that bot's.
    """
    bot = interaction.client
    await asyncio.wait((admitted,))
    # The person was told already; asyncio would log the exception as never retrieved.
    if not admitted.cancelled() and isinstance(admitted.exception(), Refusal):
        return
    # A held job that stays in Redis is found later (`bot.background.lost_requests`).
    with suppress(redis.RedisError):
        if await bot.intake.keeps(interaction):
            await bot.call(withdrawal.withdraw, request.id)
