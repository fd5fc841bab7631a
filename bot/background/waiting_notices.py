"""The messages of those who wait: kept current, and brought to an end where nobody will answer in time."""

import asyncio
import logging
from dataclasses import dataclass, field

import redis

from bot.interactions.client import Bot
from worker.delivery import answer_lock, webhook_client
from worker.messages import notices
from worker.messages.discord_json import Body
from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob
from worker.queue import snapshot, withdrawal

log = logging.getLogger(__name__)

EDITS_A_ROUND = 20
"""At most so many messages are refreshed at a time, those nearest to their turn."""

REFRESH_PATIENCE_S = 1.0
REFRESH_TIMEOUT_S = (3.05, 5.0)
"""With these a refresh ends before its lease does (`lease.REFRESH_S`): the next one comes soon anyway."""


@dataclass
class WaitingMessages:
    """Keeps the notices of all who wait up to date, also those of before a restart."""

    bot: Bot
    _shown: dict[str, Body | None] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit the notices that have something new to say; one seen for the first time is new enough.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        notices = await self.bot.call(_notices)
        new = {request.id for request, _ in notices} - self._shown.keys()
        self._shown = {request.id: self._shown.get(request.id) for request, _ in notices}
        due = [
            (request, notice)
            for request, notice in notices
            if request.id not in new and notice != self._shown[request.id]
        ]
        await asyncio.gather(*(self._refresh(request, notice) for request, notice in due[:EDITS_A_ROUND]))

    async def _refresh(self, request: JobRequest, notice: Body) -> None:
        try:
            async with self.bot.deliveries:
                await self.bot.call(_edit, self.bot.settings.api_base, request, notice)
        except webhook_client.DeliveryFailedError as error:
            log.info("A waiting message stays as it is for now: %s", error)
            return
        except webhook_client.DeliveryRefusedError as error:
            log.info("A waiting message stays as it is: %s", error)
        self._shown[request.id] = notice

    async def withdraw(self) -> None:
        """Take the jobs off the queue whose tokens die soon, and tell those who asked.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        expiring = await self.bot.call(withdrawal.expiring, self.bot.settings.withdraw_s)
        await asyncio.gather(*map(self._withdraw, expiring))

    async def _withdraw(self, request: JobRequest) -> None:
        async with self.bot.deliveries:
            if await self.bot.call(withdrawal.withdraw, request.id):
                await tell_withdrawn(self.bot, request, notices.expired(request.reply_to.locale))


async def tell_withdrawn(bot: Bot, request: JobRequest, body: Body) -> None:
    """Tell whoever made a request that was taken off the queue; nobody is told where that fails."""
    try:
        await asyncio.to_thread(webhook_client.say_instead, bot.settings.api_base, request.reply_to, body)
    except (webhook_client.DeliveryRefusedError, webhook_client.DeliveryFailedError) as error:
        log.warning("Could not say that a verse was withdrawn: %s", error)


def _notices(connection: redis.Redis) -> list[tuple[JobRequest, Body]]:
    """What the messages of all who wait have to say now, the next one's first."""
    now = snapshot.look(connection)
    return [
        (job.request, _notice(job, now.workers, now.paused))
        for job in now.open_jobs()
        if job.place > 0 and not job.request.reply_to.in_place
    ]


def _notice(job: OpenJob, workers: int, paused: bool) -> Body:
    return notices.queued(
        job.place,
        workers,
        job.request.reply_to.locale,
        wait_s=job.wait_s,
        paused=paused,
        cancel=job.request.id,
    )


def _edit(connection: redis.Redis, api_base: str, request: JobRequest, notice: Body) -> None:
    """Edit a waiting message, unless its final answer is claimed."""
    with answer_lock.refreshing(connection, request.reply_to) as allowed:
        if allowed:
            webhook_client.edit_original(
                api_base,
                request.reply_to,
                notice,
                patience_s=REFRESH_PATIENCE_S,
                timeout_s=REFRESH_TIMEOUT_S,
            )
