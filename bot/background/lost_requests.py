"""Requests that nobody would answer any more: found, and told or taken up again.

A bot knows which requests it has announced with a notice. One that Redis has lost (a server that was emptied,
or that came back without its last seconds) is told to its author. A request whose bot was killed between the
notice and the queue is released, or withdrawn if the notice was never sent.
"""

import asyncio
import logging
import re
from dataclasses import dataclass

import redis

from bot.background.waiting_notices import tell_withdrawn
from bot.gateway import instances, intake
from bot.interactions.client import Bot
from worker.delivery import answer_lock, webhook_client
from worker.messages import notices
from worker.protocol.custom_ids import CancelRequest
from worker.protocol.job_request import JobRequest
from worker.queue import enqueueing, open_requests, rq_internals, withdrawal

log = logging.getLogger(__name__)

HELD_S = 4.0
"""A job that is held for longer was left by its bot, if that bot lives no more."""


@dataclass
class LostRequests:
    """The search for lost requests of one bot."""

    bot: Bot

    async def tell(self) -> None:
        """Tell the authors of announced requests that Redis has lost. Forget the answered ones.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        announced = self.bot.announced
        for job_id in await self.bot.call(open_requests.held_ids, HELD_S):
            if job_id in announced:  # Redis has lost its release, or did not take it
                await self.bot.call(enqueueing.release, job_id)
        gone = await self.bot.call(rq_internals.missing, list(announced))
        requests = [announced[job_id] for job_id in gone if job_id in announced]
        lost = await self.bot.call(_without_claim, requests)
        # One that is not told yet, because Redis or Discord fails meanwhile, is told in the next round.
        for job_id in {request.id for request in requests} - {request.id for request in lost}:
            announced.pop(job_id, None)
        await asyncio.gather(*map(self._tell, lost))

    async def _tell(self, request: JobRequest) -> None:
        async with self.bot.deliveries:
            await self.bot.call(open_requests.close, request.id)
            waits = request.reply_to.in_place or await self._still_waits(request)
            if waits is None:
                return
            if waits and await self.bot.call(answer_lock.close, request.reply_to):
                log.warning("Request %s is lost: telling its author", request.id)
                await tell_withdrawn(self.bot, request, notices.lost(request.reply_to.locale))
            self.bot.announced.pop(request.id, None)

    async def _still_waits(self, request: JobRequest) -> bool | None:
        """Whether the first answer is still the waiting notice, with its Cancel button.

        None if Discord does not say, as while it is busy. It does later.
        """
        try:
            message = await asyncio.to_thread(
                webhook_client.original, self.bot.settings.api_base, request.reply_to
            )
        except webhook_client.DeliveryRefusedError:
            return False
        except webhook_client.DeliveryFailedError as error:
            log.info("Request %s is looked after later: %s", request.id, error)
            return None
        return str(CancelRequest(request.id)) in str(message.get("components"))

    async def take_up(self) -> None:
        """Release or withdraw the held jobs of bots that live no more.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        left = await self.bot.call(_left, HELD_S, self.bot.intake.name)
        await asyncio.gather(*map(self._take_up, left))

    async def _take_up(self, job_id: str) -> None:
        request = await self.bot.call(withdrawal.find, job_id)
        if request is None:
            await self.bot.call(_forget, job_id)
            return
        noticed = await self._has_its_notice(request)
        if noticed:
            self.bot.announced[job_id] = request
            await self.bot.call(enqueueing.release, job_id)
        elif noticed is False and await self.bot.call(withdrawal.withdraw, job_id):
            await self.bot.unanswered.tell(int(request.channel), request.reply_to.locale, request.author)

    async def _has_its_notice(self, request: JobRequest) -> bool | None:
        """Whether the author has a first answer. None if Discord does not say."""
        if request.reply_to.in_place:
            return True
        async with self.bot.deliveries:
            return await self._still_waits(request)


def _without_claim(connection: redis.Redis, requests: list[JobRequest]) -> list[JobRequest]:
    """Those of these requests whose answer nobody has claimed."""
    return [request for request in requests if not answer_lock.is_claimed(connection, request.reply_to)]


def _left(connection: redis.Redis, held_s: float, judge: str) -> list[str]:
    """The jobs held for so long whose bots live no more."""
    found = []
    for job_id in open_requests.held_ids(connection, held_s):
        if not re.fullmatch("[0-9a-f]{16}", job_id):  # no request of ours
            connection.zrem(open_requests.HELD, job_id)
            continue
        owner = intake.owner_of(connection, int(job_id, 16))
        if owner is None or not instances.is_alive(connection, owner, judge):
            found.append(job_id)
    return found


def _forget(connection: redis.Redis, job_id: str) -> None:
    open_requests.close(connection, job_id)
    enqueueing.drop_held(connection, job_id)
