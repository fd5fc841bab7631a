"""Updates of the channel messages that follow trainings."""

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field, replace
from io import BytesIO

import discord
import redis

from bot.interactions.answers import UNSENT, arguments
from bot.interactions.client import Bot
from worker.delivery.webhook_client import THREAD_IS_ARCHIVED
from worker.messages import discord_json, training_messages
from worker.protocol.training_payloads import ENDED, MessageAt, Training
from worker.records import guild_settings, incidents
from worker.trainings import training_records
from worker.trainings.training_records import NOT_POSTED

log = logging.getLogger(__name__)

RENEW_S = 55 * 60.0
"""The age in seconds at which a training's message is replaced by a new one."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 3.0, 300.0
"""The pause after a failed edit. It doubles with each failure in a row."""

ATTEMPTS_AFTER_END = 2
"""After so many failures of the last edit, its result is told elsewhere."""

POSTED_AFTER_S = 5.0
"""Whoever starts a training posts its message. After this time, somebody else does."""

LONG_S = 60.0
"""Who started a training that took longer is pinged at its end."""

UNKNOWN_MESSAGE = 10008
"""Discord: JSON Error Codes."""

Picture = tuple[bytes, str]
"""A PNG and its alternative text."""


@dataclass(frozen=True)
class _Shown:
    """What a message shows, and until when it is not edited (monotonic seconds), after so many failures."""

    message: discord_json.Body | None = None
    barred_until: float = -math.inf
    failures: int = 0
    failures_after_end: int = 0


@dataclass
class TrainingMessages:
    """The messages of all trainings, also of those that started before this bot did.

    A message older than `renew_s` seconds is replaced by a new one, because Discord allows few edits of
    messages older than an hour (its error code 30046). So is one that somebody has deleted, and at the end
    one whose thread is archived.
    """

    bot: Bot
    renew_s: float = RENEW_S
    _shown: dict[str, _Shown] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Edit each message whose content has changed. After the last edit, a training is no longer watched.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        watched = await self.bot.call(training_records.watched)
        self._shown = {training: self._shown.get(training, _Shown()) for training in watched}
        await asyncio.gather(*(self._refresh(training, at) for training, at in watched.items()))

    async def _refresh(self, training: str, at: MessageAt) -> None:
        found, curves = await self.bot.call(_look, training)
        if found is None:
            await self.bot.call(training_records.unwatch, training)
            return
        over = found.progress.state in ENDED
        message, shown = training_messages.following(found), self._shown[training]
        missing = at.message_id == NOT_POSTED
        if time.monotonic() < shown.barred_until or not (over or missing or message != shown.message):
            return
        if missing and not over and time.time() - found.started_at < POSTED_AFTER_S:
            return
        picture = (curves, found.progress.curves) if curves else None
        try:
            at = await self._show(found, at, message, picture)
        except UNSENT as error:
            await self._put_off(found, shown, error)
        else:
            self._shown[training] = _Shown(message)
            if over:
                await self._tell_author(found, at)
                await self.bot.call(training_records.unwatch, training)

    async def _show(
        self, training: Training, at: MessageAt, message: discord_json.Body, picture: Picture | None
    ) -> MessageAt:
        """Edit the message, or send a new one where it is too old or gone. Returns where it is now.

        Raises:
            discord.DiscordException, OSError: Discord does not take the message.
        """
        try:
            if at.message_id == NOT_POSTED or _age_s(at) > self.renew_s:
                return await self._renew(training, at, message, picture)
            await self._message(at).edit(**arguments(message), attachments=_files(picture))
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return await self._renew(training, at, message, picture, gone=True)
        except discord.Forbidden:
            if picture is None:
                raise
            return await self._show(training, at, message, None)  # perhaps only files are not allowed
        except discord.HTTPException as error:
            # A result is worth to reopen a thread for, and a new message does. Progress is not.
            if error.code != THREAD_IS_ARCHIVED or training.progress.state not in ENDED:
                raise
            return await self._renew(training, at, message, picture)
        return at

    async def _put_off(self, training: Training, shown: _Shown, error: Exception) -> None:
        """Try again after a pause. In the end, tell the result elsewhere."""
        log.warning("Could not edit the message of training %s: %s", training.id, error)
        over = training.progress.state in ENDED
        pause_s = min(FIRST_PAUSE_S * 2.0**shown.failures, LONGEST_PAUSE_S)
        if isinstance(error, discord.RateLimited):
            pause_s = max(pause_s, error.retry_after)
        after_end = shown.failures_after_end + over
        self._shown[training.id] = replace(
            shown,
            barred_until=time.monotonic() + pause_s,
            failures=shown.failures + 1,
            failures_after_end=after_end,
        )
        if after_end >= ATTEMPTS_AFTER_END:
            await self._tell_elsewhere(training)
            await self.bot.call(training_records.unwatch, training.id)

    async def _tell_elsewhere(self, training: Training) -> None:
        """Show the result in the log channel, or to who started the training, or else note an incident."""
        message = arguments(training_messages.following(training))
        request = training.request
        settings = await self.bot.call(guild_settings.read, request.guild) if request.guild else None
        try:
            if settings is not None and settings.log_channel is not None:
                await self.bot.get_partial_messageable(int(settings.log_channel)).send(**message)
                return
        except UNSENT as error:
            log.warning("The log channel does not take the end of training %s: %s", training.id, error)
        try:
            if request.requested_by is not None:
                author = await self.bot.fetch_user(int(request.requested_by))
                await author.send(**message)
                return
        except UNSENT as error:
            log.warning("Nobody reads of the end of training %s: %s", training.id, error)
        state = training.progress.state
        sentence = f"the message of the training {request.name} cannot be edited; its state is {state}"
        await self.bot.call(incidents.note, training.id[-8:], sentence)

    async def _tell_author(self, training: Training, at: MessageAt) -> None:
        """Ping who started a training that took long. Nobody else is pinged."""
        author, started = training.request.requested_by, training.started_at
        if author is None or not started or time.time() - started < LONG_S:
            return
        channel = self.bot.get_partial_messageable(int(at.channel_id), guild_id=_guild(training))
        url = channel.get_partial_message(int(at.message_id)).jump_url
        message = training_messages.ended(training, author, url)
        pinged = discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(int(author))]
        )
        try:
            await channel.send(**arguments(message), allowed_mentions=pinged)
        except UNSENT as error:
            log.info("Nobody is pinged at the end of training %s: %s", training.id, error)

    async def _renew(
        self,
        training: Training,
        at: MessageAt,
        message: discord_json.Body,
        picture: Picture | None,
        *,
        gone: bool = False,
    ) -> MessageAt:
        """Send a new message. Link to it from the old one if that is not gone and can still be edited."""
        channel = self.bot.get_partial_messageable(int(at.channel_id), guild_id=_guild(training))
        new = await channel.send(
            **arguments(message),
            files=_files(picture),
            nonce=training_messages.nonce(training.id, at.message_id),
        )
        now_at = MessageAt(channel_id=at.channel_id, message_id=str(new.id))
        await self.bot.call(training_records.watch, training.id, now_at)
        if not gone and at.message_id != NOT_POSTED:
            moved = training_messages.moved(training.request, new.jump_url)
            try:
                await self._message(at).edit(**arguments(moved))
            except UNSENT as error:
                log.info("An old message of training %s stays as it is: %s", training.id, error)
        return now_at

    def _message(self, at: MessageAt) -> discord.PartialMessage:
        return self.bot.get_partial_messageable(int(at.channel_id)).get_partial_message(int(at.message_id))


def _guild(training: Training) -> int | None:
    return int(training.request.guild) if training.request.guild else None


def _look(connection: redis.Redis, training: str) -> tuple[Training | None, bytes | None]:
    """A training, and the picture of its curves if it is finished."""
    return training_records.find(connection, training), training_records.curves(connection, training)


def _age_s(at: MessageAt) -> float:
    """The age of a message in seconds, from the time in its id (Discord: Snowflakes)."""
    return (discord.utils.utcnow() - discord.utils.snowflake_time(int(at.message_id))).total_seconds()


def _files(picture: Picture | None) -> list[discord.File]:
    return [discord.File(BytesIO(picture[0]), "curves.png", description=picture[1])] if picture else []
