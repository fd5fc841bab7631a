"""People whose interactions got no answer, told in the channel: nothing else reaches them any more."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import discord
import redis

from bot.interactions.answers import UNSENT, arguments
from worker.messages import notices
from worker.records import incidents

log = logging.getLogger(__name__)

GATHERED_S = 1.0
"""The time in which further people are gathered for one message in their channel."""

NAMED_AT_ONCE = 50
"""The most people that one message names. Discord takes 2,000 characters."""


@dataclass
class Unanswered:
    """The people to tell, by channel."""

    client: discord.Client
    connection: redis.Redis
    _people: dict[tuple[int, str], dict[str, None]] = field(default_factory=dict)
    _tellings: dict[tuple[int, str], asyncio.Task[None]] = field(default_factory=dict)

    async def tell(self, channel: int, locale: str, person: str) -> None:
        """Name a person in a message of this channel, together with others. The message pings nobody.

        Without permission to write there, administrators see an incident.
        """
        place = (channel, locale)
        self._people.setdefault(place, {})[person] = None
        if place not in self._tellings:
            self._tellings[place] = asyncio.create_task(self._tell(place))
        await asyncio.shield(self._tellings[place])

    async def _tell(self, place: tuple[int, str]) -> None:
        await asyncio.sleep(GATHERED_S)
        people = list(self._people.pop(place))
        del self._tellings[place]
        channel, locale = place
        log.warning("Telling %d people in channel %d that they got no answer", len(people), channel)
        try:
            for named in _in_parts(people):
                message = arguments(notices.unanswered(named, locale))
                await self.client.get_partial_messageable(channel).send(**message)
        except UNSENT as error:
            log.warning("Could not tell them: %s", error)
            await self._note(
                f"{len(people)} people in channel {channel} got no answer, and could not be told"
            )

    async def _note(self, sentence: str) -> None:
        try:
            await asyncio.to_thread(incidents.note, self.connection, "unanswered", sentence)
        except redis.RedisError as error:
            log.warning("Could not note an incident: %s", type(error).__name__)


def _in_parts(people: list[str]) -> Iterable[list[str]]:
    return (people[start : start + NAMED_AT_ONCE] for start in range(0, len(people), NAMED_AT_ONCE))


def place_of(interaction: discord.Interaction[Any]) -> tuple[int, str, str]:
    """Channel, locale of the guild, and person of an interaction, for `Unanswered.tell`."""
    locale = interaction.guild_locale or interaction.locale
    return interaction.channel_id or 0, locale.value, str(interaction.user.id)
