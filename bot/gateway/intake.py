"""Every interaction is handled once: by one of several bots, and by the next one if that bot ends.

A bot claims an interaction in Redis before it handles it, and marks it as done afterwards. Other bots that
get it too wait for the mark, and take over from a bot that no longer lives. An interaction is known to the
next bot even if this one is killed: Discord replays it (`replay`), because this bot remembers its
session of the gateway only up to the first event that it has not finished.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, cast

import discord
import redis
from discord.webhook.async_ import async_context

from bot.gateway import instances
from bot.gateway.first_answers import MARGIN_S, WINDOW_S, FirstAnswers
from bot.gateway.gathered_calls import GatheredCalls
from bot.gateway.instances import GatewaySession
from worker.protocol import discord_time, retention
from worker.protocol.job_request import id_of
from worker.queue import open_requests

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.3
"""How often a bot looks whether another one has finished an interaction, or has ended."""

CROWD = 50
"""More interactions than this at once are a crowd."""

LOOKS_AT_ONCE = 4
"""Threads that look after the interactions of other bots. The others are for commands."""

_DONE = b"done"

_TAKE_OVER = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""

_KEPT = "*"
"""Stands behind the name of an owner that has asked whether it still is. So a bot that is about to take over
from the owner as it was before does not: the owner lives."""

_SET_OWN = """
local own = 0
for _, key in ipairs(KEYS) do
    local owner = redis.call('GET', key)
    if owner == 'done' and redis.call('GET', key .. ':by') == ARGV[1] then
        own = own + 1
    elseif not owner or owner == ARGV[1] or owner == ARGV[2] then
        redis.call('SET', key, ARGV[3], 'EX', ARGV[4])
        if ARGV[3] == 'done' then
            redis.call('SET', key .. ':by', ARGV[1], 'EX', ARGV[4])
        end
        own = own + 1
    end
end
return own
"""
"""An interaction that another bot has taken over is that bot's: it may have to tell the person.

`KEY:by` names the bot that has done an interaction. An earlier release knows the value `done` alone.
"""

PATIENCE_S = 2.0
"""The time for all questions to Redis before an interaction's first answer, if it comes in at once."""

ANSWER_S = 0.6
"""The time for the first answer itself."""

CLAIM_S = 1.0
"""After this time, an interaction is handled without a claim, so that the person is told what is wrong."""

Handle = Callable[[discord.Interaction[Any]], Awaitable[None]]


class Host(Protocol):
    """What the intake needs of the bot."""

    @property
    def ws(self) -> Any:
        """discord.py's connection to the gateway."""

    async def call(self, function: Any, /, *args: Any) -> Any:
        """Call a function with the connection to Redis, in a thread."""

    def in_background(self, work: Coroutine[Any, Any, None], /) -> asyncio.Task[None]:
        """Start work that `close` waits for."""


class Intake:
    """Takes the interactions of one bot, and calls `handle` for each that is this bot's.

    An interaction has these `extras`: `patience_until`, the time of the event loop's clock for the last
    question to Redis before its first answer, `again`, true if a bot that lives no more had it, and
    `admitted`, true if that bot has admitted its request. Its notice may be there then. If this bot does not
    release it, `bot.background.lost_requests` releases or withdraws it.
    """

    def __init__(self, bot: Host, state: Any, handle: Handle) -> None:
        self.name = instances.new_name()
        self._bot = bot
        self._state = state
        self._handle = handle
        self._claims = GatheredCalls(self._claim_all, bot.in_background)
        self._marks = GatheredCalls(self._mark_all, bot.in_background)
        self._looks = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._unfinished: set[tuple[str | None, int]] = set()
        # discord.py's own handler starts tasks that nobody can wait for.
        state.parsers["INTERACTION_CREATE"] = self._receive

    def session(self) -> GatewaySession | None:
        """The session of the gateway, up to the first unfinished interaction. None if there is none."""
        ws = self._bot.ws
        if ws is None or ws.session_id is None or ws.sequence is None:
            return None
        unfinished = [sequence for session, sequence in self._unfinished if session == ws.session_id]
        sequence = min([ws.sequence + 1, *unfinished]) - 1
        return GatewaySession(session_id=ws.session_id, gateway=str(ws.gateway), sequence=sequence)

    @property
    def crowded(self) -> bool:
        """Whether so many interactions are under way that slow answers are no fault of Redis."""
        return len(self._unfinished) > CROWD

    def _receive(self, data: Any) -> None:
        """discord.py calls this for each interaction, in the order of the gateway."""
        ws = self._bot.ws
        place = (ws.session_id, ws.sequence) if ws is not None else (None, 0)
        self._unfinished.add(place)
        task = self._bot.in_background(self.take(data))

        def finished(task: asyncio.Task[None]) -> None:
            if not task.cancelled():
                self._unfinished.discard(place)

        task.add_done_callback(finished)

    async def take(self, data: Any) -> None:
        """Handle an interaction, as Discord sends it, unless another bot does or did."""
        now = asyncio.get_running_loop().time()
        interaction = discord.Interaction(data=data, state=self._state)
        age_s = discord_time.now() - interaction.created_at.timestamp()
        left_s = max(WINDOW_S - MARGIN_S - max(age_s, 0.0), 0.0)
        # One that is too late may have its first answer already. Then there is time.
        patience_s = min(PATIENCE_S, left_s - ANSWER_S) if left_s > 2 * ANSWER_S else PATIENCE_S
        interaction.extras["patience_until"] = now + patience_s
        suggestions = interaction.type is discord.InteractionType.autocomplete
        async_context.set(FirstAnswers(now + left_s, needed=not suggestions))
        if suggestions:
            await self._handle(interaction)
        elif await self._claim(interaction):
            await self._handle(interaction)
            await self._mark_done(interaction)

    async def _claim(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether this bot has to handle the interaction. Without Redis, it does, and says so."""
        key = _key(interaction.id)
        try:
            async with asyncio.timeout(CLAIM_S):
                owner = await self._claims(key)
            while owner is not None:
                other = _name_of(owner)
                if owner == _DONE or other == self.name:
                    return False
                async with self._looks:
                    if not await self._bot.call(instances.is_alive, other, self.name):
                        request = id_of(interaction.id)
                        interaction.extras["again"] = True
                        interaction.extras["admitted"] = await self._bot.call(open_requests.is_open, request)
                        return bool(await self._bot.call(_take_over, key, owner, self.name))
                await asyncio.sleep(LOOK_AGAIN_S)
                async with self._looks:
                    owner = await self._bot.call(_owner, key)
                if owner is None:
                    return False
        except (redis.RedisError, TimeoutError) as error:
            log.warning("An interaction is not claimed: %s", type(error).__name__)
        return True

    async def keeps(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether an interaction that this bot handles is still its own.

        Another bot takes over from one that stood still, as with its machine. That bot then answers, or tells
        the person. Without Redis, this one does.
        """
        try:
            async with asyncio.timeout(CLAIM_S):
                return bool(await self._bot.call(self.keep, interaction.id))
        except (redis.RedisError, TimeoutError):
            return True

    def keep(self, connection: redis.Redis, interaction: int) -> bool:
        """`keeps`, for the id of an interaction and a thread.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        # First the mark, which may be gone after a standstill: who looks after the key then sees it.
        instances.beat(connection, self.name, None)
        return _set_own(connection, [_key(interaction)], self.name, f"{self.name}{_KEPT}")

    async def _mark_done(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await self._marks(_key(interaction.id))
        except redis.RedisError as error:
            log.warning("An interaction is not marked as done: %s", type(error).__name__)

    async def _claim_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return cast("Sequence[bytes | None]", await self._bot.call(_claim, keys, self.name))

    async def _mark_all(self, keys: Sequence[str]) -> Sequence[None]:
        await self._bot.call(_mark_done, keys, self.name)
        return [None] * len(keys)


def _key(interaction: int) -> str:
    return f"shakelm:interaction:{interaction}"


def _claim(connection: redis.Redis, keys: Sequence[str], name: str) -> list[bytes | None]:
    """Claim interactions. Returns who has each already, `_DONE` if it is done, None if it is claimed now."""
    with connection.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.set(key, name, nx=True, get=True, ex=retention.INTERACTION_CLAIM.seconds)
        return cast("list[bytes | None]", pipeline.execute())


def owner_of(connection: redis.Redis, interaction: int) -> str | None:
    """The name of the bot that has claimed an interaction. None if it is done, or nobody has claimed it."""
    owner = _owner(connection, _key(interaction))
    return None if owner is None or owner == _DONE else _name_of(owner)


def _name_of(owner: bytes) -> str:
    return owner.decode(errors="replace").removesuffix(_KEPT)


def _owner(connection: redis.Redis, key: str) -> bytes | None:
    return cast("bytes | None", connection.get(key))


def _take_over(connection: redis.Redis, key: str, owner: bytes, name: str) -> bool:
    arguments: list[bytes | str | int] = [owner, name, retention.INTERACTION_CLAIM.seconds]
    return bool(connection.register_script(_TAKE_OVER)([key], arguments))


def _mark_done(connection: redis.Redis, keys: Sequence[str], name: str) -> None:
    _set_own(connection, keys, name, _DONE)


def _set_own(connection: redis.Redis, keys: Sequence[str], name: str, value: bytes | str) -> bool:
    """Set those of these keys that are this bot's or nobody's.

    Whether there was one, or one that this bot has done already.
    """
    arguments: list[bytes | str | int] = [name, f"{name}{_KEPT}", value, retention.INTERACTION_CLAIM.seconds]
    return bool(connection.register_script(_SET_OWN)(keys, arguments))
