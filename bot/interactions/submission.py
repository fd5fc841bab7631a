"""From an interaction to a job in the queue, the same for everything that people may ask for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypedDict

import discord
import redis

from bot.interactions.answers import answer, arguments, reply_to
from bot.interactions.button_handlers import ID, pressed
from bot.interactions.checks import check_model, check_own
from bot.interactions.client import Bot
from shakelm.errors import ShakelmError
from worker.messages import notices
from worker.messages.catalog import Refusal
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest, ReplyTo
from worker.protocol.status_payloads import Outlook
from worker.queue import admission, enqueueing, withdrawal
from worker.records import model_index


class Who(TypedDict):
    """Who asks, and where: the fields of every `JobRequest`."""

    author: str
    guild: str
    channel: str
    private: bool
    reply_to: ReplyTo


def who(interaction: discord.Interaction[Any], *, private: bool) -> Who:
    """Who asks in that interaction; the answer is for everybody, or `private`."""
    return Who(
        author=str(interaction.user.id),
        guild=str(interaction.guild_id),
        channel=str(interaction.channel_id),
        private=private,
        reply_to=reply_to(interaction),
    )


async def check_named(interaction: discord.Interaction[Bot], model: str | None) -> None:
    """Let pass a model (NAME or NAME@VERSION) that the workers hold, and None.

    To be called before a request is made, which takes a well-formed name alone.

    Raises:
        Refusal: no such model; names those that exist.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    if model is not None:
        check_model(model, await interaction.client.ask(interaction, model_index.load))


async def submit(
    interaction: discord.Interaction[Bot], request: JobRequest, settings: GuildSettings | None = None
) -> None:
    """Admit a request, answer with a waiting notice and a button to cancel, and enqueue the job.

    The job stands in Redis before the notice does, and waits for it. Where the notice fails, the job goes.

    Args:
        interaction: what somebody did.
        request: what they asked for by it.
        settings: of the guild, where they are read already.

    Raises:
        Refusal: the guild's limits do not admit the request.
        TimeoutError, redis.RedisError: the queue cannot be reached.
        discord.HTTPException: Discord does not take the notice.
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

    await _admit(interaction, request, notify, settings)


async def submit_in_place(interaction: discord.Interaction[Bot], request: JobRequest) -> None:
    """As `submit`, for an answer that changes the message with the button that was pressed."""

    async def defer(_outlook: Outlook) -> None:
        await interaction.response.defer()

    await _admit(interaction, request, defer)


async def _admit(
    interaction: discord.Interaction[Bot],
    request: JobRequest,
    acknowledge: Callable[[Outlook], Awaitable[None]],
    settings: GuildSettings | None = None,
) -> None:
    bot = interaction.client
    admitted = asyncio.create_task(_admit_in_turn(bot, request, settings))
    try:
        async with bot.in_time(interaction):
            outlook = await asyncio.shield(admitted)
        await acknowledge(outlook)
    except BaseException:
        bot.in_background(_undo(bot, admitted, request))
        raise
    await bot.call(enqueueing.release, request.id)


async def _admit_in_turn(bot: Bot, request: JobRequest, settings: GuildSettings | None) -> Outlook:
    """One at a time: each admission waits for its guild's lock, and together they would hold every thread."""
    async with bot.admission:
        return await bot.call(admission.admit, request, settings)


async def _undo(bot: Bot, admitted: asyncio.Task[Outlook], request: JobRequest) -> None:
    """Withdraw a request that nobody was told of, also one whose admission is still under way."""
    with suppress(ShakelmError, redis.RedisError):
        await admitted
        await bot.call(withdrawal.withdraw, request.id)


@pressed(f"cancel:{ID}")
async def cancel(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Take that request and no other out of the queue."""
    bot = interaction.client
    request = await bot.ask(interaction, withdrawal.find, record_id)
    if request is None:
        raise Refusal("refusal.too_late_to_cancel")
    check_own(interaction, request.author, bot.settings.admin_role)
    await interaction.response.defer()  # whoever edits the message at the moment is waited for
    if not await bot.call(withdrawal.withdraw, record_id):
        raise Refusal("refusal.too_late_to_cancel")
    await interaction.edit_original_response(**arguments(notices.cancelled(request.reply_to.locale)))
