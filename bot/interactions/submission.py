"""From an interaction to a job in the queue, the same for everything that people may ask for."""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import discord
import redis

from bot.interactions.answers import answer, arguments, reply_to
from bot.interactions.button_handlers import ID, pressed
from bot.interactions.checks import check_model, check_own
from bot.interactions.client import Bot
from worker.messages import discord_json
from worker.messages.catalog import Refusal
from worker.protocol.job_request import JobRequest, ReplyTo
from worker.queue import asking, queues, snapshot


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


R = TypeVar("R", bound=JobRequest)


async def check_named(interaction: discord.Interaction[Bot], model: str | None) -> None:
    """Let pass a model (NAME or NAME@VERSION) that the workers hold, and None.

    To be called before a request is made, which takes a well-formed name alone.

    Raises:
        Refusal: no such model; names those that exist.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    if model is not None:
        check_model(model, await interaction.client.ask(interaction, queues.model_index))


async def ask(
    interaction: discord.Interaction[Bot], request: R, function: Callable[[redis.Redis, R], str]
) -> None:
    """Say how long it takes, with a button to cancel, and let the request wait for its turn.

    `function` is as in `enqueue`.

    Raises:
        Refusal: the request is more than its server allows.
        TimeoutError, redis.RedisError: the queue cannot be reached.
        discord.HTTPException: Discord does not take the notice.
    """
    bot = interaction.client
    outlook = await bot.ask(interaction, asking.check, request)
    notice = discord_json.queued(
        outlook.place,
        outlook.workers,
        interaction.locale.value,
        wait_s=outlook.wait_s,
        paused=outlook.paused,
        cancel=request.id,
    )
    await answer(interaction, notice, request.private)
    await enqueue(bot, function, request)


async def enqueue(bot: Bot, function: Callable[[redis.Redis, R], str], request: R) -> None:
    """Let the request wait for its turn; `function` is one of `worker.queue.asking`.

    One after another: each waits for the server's lock, and all together they would hold every thread.

    Raises:
        Refusal: the request is more than its server allows.
        redis.RedisError: the queue cannot be reached.
    """
    async with bot.admission:
        await bot.call(function, request)


@pressed(f"cancel:{ID}")
async def cancel(interaction: discord.Interaction[Bot], record_id: str) -> None:
    """Take that request and no other out of the queue."""
    bot = interaction.client
    request = await bot.ask(interaction, snapshot.find, record_id)
    if request is None:
        raise Refusal("refusal.too_late_to_cancel")
    check_own(interaction, request.author, bot.settings.admin_role)
    await interaction.response.defer()  # whoever edits the message at the moment is waited for
    if not await bot.call(snapshot.withdraw, record_id):
        raise Refusal("refusal.too_late_to_cancel")
    await interaction.edit_original_response(**arguments(discord_json.cancelled(request.reply_to.locale)))
