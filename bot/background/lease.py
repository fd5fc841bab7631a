"""Which of several bots does the work in the background."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import redis

from bot.gateway import instances
from bot.interactions.client import Bot
from worker.protocol import retention

log = logging.getLogger(__name__)

_LEASE = "shakelm:bot:lease"

_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass
class Lease:
    """Held by one bot at a time. It passes on when that bot ends, or is known to be dead."""

    bot: Bot
    held: bool = False

    async def renew(self) -> None:
        """Take the lease if no living bot holds it, or keep it.

        Raises:
            redis.RedisError: the queue cannot be reached. Then the lease is not held.
        """
        before, self.held = self.held, False
        self.held = await self.bot.call(take, self.bot.intake.name)
        if self.held and not before:
            log.info("This bot does the work in the background")

    async def give_back(self) -> None:
        """Let another bot take the lease at once.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        self.held = False
        await self.bot.call(_give_back, self.bot.intake.name)

    def only_here(self, step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step, which does nothing while another bot holds the lease."""

        async def run() -> None:
            if self.held:
                await step()

        return run


def take(connection: redis.Redis, name: str) -> bool:
    """Take the lease for the bot `name`, unless another one that lives holds it. Returns whether it is held.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    return instances.take(connection, _LEASE, name, retention.BOT_LEASE)


def _give_back(connection: redis.Redis, name: str) -> int:
    return cast(int, connection.register_script(_GIVE_BACK)([_LEASE], [name]))
