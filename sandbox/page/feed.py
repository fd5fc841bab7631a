"""What a page has not seen yet of the world."""

from collections import Counter
from itertools import islice

from sandbox.page.page_views import commands_view, guild_view, message_view, unanswered_view
from sandbox.schemas.fields import Json
from sandbox.world import interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.message_objects import AUTOCOMPLETE, Interaction, Message
from sandbox.world.state import World

LATEST = 200
"""The messages of each channel that a page shows, from the newest one back."""


class Feed:
    """The news for one page of a member. The first news are everything that the member sees."""

    def __init__(self, world: World, user: User) -> None:
        self._world, self._user = world, user
        self._fresh = True
        self._guild: Json = {}
        self._commands: list[Json] | None = None
        self._ahead: float | None = None
        self._shown: dict[str, tuple[int, int]] = {}
        self._interactions = 0
        self._open: dict[str, Interaction] = {}

    def news(self) -> Json:
        """What changed since the last call; empty if nothing did that the member sees."""
        news: Json = {}
        guild = guild_view(self._world, self._user)
        if guild != self._guild:
            self._guild = news["guild"] = guild
        commands = commands_view(self._world, self._user)
        if commands != self._commands:
            self._commands = news["commands"] = commands
        if self._world.clock.ahead != self._ahead:
            self._ahead = self._world.clock.ahead
            news["now"] = self._world.clock.now()
        self._add_messages(news)
        if unanswered := self._unanswered():
            news["unanswered"] = [unanswered_view(interaction) for interaction in unanswered]
        if self._fresh:
            self._fresh, news["fresh"] = False, True
        return news

    def _add_messages(self, news: Json) -> None:
        window = self._window()
        versions = {message.id: (message.edits, message.flags) for message in window}
        changed = [message for message in window if self._shown.get(message.id) != versions[message.id]]
        gone = [key for key in self._shown if key not in versions]
        self._shown = versions
        if changed:
            news["messages"] = [message_view(self._world, self._user, message) for message in changed]
        if gone:
            news["gone"] = gone

    def _window(self) -> list[Message]:
        """The newest messages of each channel that the member sees, from the oldest to the newest."""
        counts: Counter[str] = Counter()
        window: list[Message] = []
        for message in reversed(self._world.messages.values()):
            if counts[message.channel_id] < LATEST and self._world.sees(self._user, message):
                counts[message.channel_id] += 1
                window.append(message)
        return window[::-1]

    def _unanswered(self) -> list[Interaction]:
        """The member's interactions that failed since the last call."""
        started = islice(self._world.interactions.values(), self._interactions, None)
        self._interactions = len(self._world.interactions)
        self._open |= {one.id: one for one in started if one.user is self._user and one.kind != AUTOCOMPLETE}
        states = {key: interaction_lifecycle.state(self._world, one) for key, one in self._open.items()}
        failed = [one for key, one in self._open.items() if states[key] == "failed"]
        self._open = {key: one for key, one in self._open.items() if states[key] in ("pending", "deferred")}
        return failed
