"""Updates of waiting notices, and the withdrawal of requests whose interaction token is about to expire."""

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import islice

import redis

from bot.interactions.client import Bot
from worker.delivery import answer_lock, retry_policy, webhook_client
from worker.messages import notices
from worker.messages.discord_json import Body
from worker.protocol.job_request import JobRequest
from worker.protocol.status_payloads import OpenJob
from worker.queue import snapshot, withdrawal
from worker.queue.snapshot import Pace

log = logging.getLogger(__name__)

EDITS_A_ROUND = 20
"""The most notices that one refresh edits. The next in the queue come first."""

FOLLOWED = 100
"""The notices that are kept up to date: those of the next in the queue."""


@dataclass
class WaitingNotices:
    """The waiting notices of the next requests, also of those made before this bot started."""

    bot: Bot
    _shown: dict[str, Body | None] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit the notices whose content has changed. A notice that is seen for the first time is up to date.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        current = await self.bot.call(_notices)
        new = {request.id for request, _ in current} - self._shown.keys()
        self._shown = {request.id: self._shown.get(request.id) for request, _ in current}
        due = [
            (request, notice)
            for request, notice in current
            if request.id not in new and notice != self._shown[request.id]
        ]
        await asyncio.gather(*(self._refresh(request, notice) for request, notice in due[:EDITS_A_ROUND]))

    async def _refresh(self, request: JobRequest, notice: Body) -> None:
        try:
            async with self.bot.deliveries:
                await self.bot.call(_edit, self.bot.settings.api_base, request, notice)
        except webhook_client.DeliveryFailedError as error:
            log.info("A waiting notice stays as it is for now: %s", error)
            return
        except webhook_client.DeliveryRefusedError as error:
            log.info("A waiting notice stays as it is: %s", error)
        self._shown[request.id] = notice

    async def withdraw(self) -> None:
        """Withdraw the requests whose tokens expire within `withdraw_s`, and tell their authors.

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
    """Replace the waiting notice of a withdrawn request by `body`.

    If Discord refuses that, only the log says so: the notice may be deleted. If it fails, the channel does.
    """
    try:
        await asyncio.to_thread(webhook_client.say_instead, bot.settings.api_base, request.reply_to, body)
    except webhook_client.DeliveryRefusedError as error:
        log.warning("Could not tell an author about a withdrawal: %s", error)
    except webhook_client.DeliveryFailedError as error:
        log.warning("Telling an author about a withdrawal in the channel: %s", error)
        await bot.unanswered.tell(int(request.channel), request.reply_to.locale, request.author)


def _notices(connection: redis.Redis) -> list[tuple[JobRequest, Body]]:
    """The current notices of the next requests, in the order of the queue."""
    now = snapshot.look(connection)
    waiting = islice((job for job in now.waiting() if job.place > 0), FOLLOWED)
    return [
        (job.request, _notice(job, now.pace))
        for job in snapshot.open_jobs(connection, waiting)
        if not job.request.reply_to.in_place
    ]


def _notice(job: OpenJob, pace: Pace) -> Body:
    return notices.queued(
        job.place,
        pace.workers,
        job.request.reply_to.locale,
        wait_s=job.wait_s,
        paused=pace.paused,
        cancel=job.request.id,
    )


def _edit(connection: redis.Redis, api_base: str, request: JobRequest, notice: Body) -> None:
    """Edit a waiting notice, unless the final answer is claimed."""
    with answer_lock.refreshing(connection, request.reply_to) as allowed:
        if allowed:
            webhook_client.edit_original(api_base, request.reply_to, notice, policy=retry_policy.REFRESH)
