"""What became of many requests: each is answered once, or told why not."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.support.control_client import Discord, is_final
from tests.support.discord_messages import footer
from tests.support.waiting import eventually

SETTLED = ("answered", "told", "told_in_channel")


@dataclass(frozen=True)
class Outcomes:
    """The number of requests by how they ended, and the seconds to each first answer, in their order.

    - `answered`: the verse is there
    - `told`: a sentence is there instead
    - `told_in_channel`: a message in the channel names the person
    - `waiting`: the waiting notice is still there
    - `silent`: there was no first answer, and nobody was told
    - `doubled`: a verse is there, and a sentence besides, or a second verse
    """

    answered: int = 0
    told: int = 0
    told_in_channel: int = 0
    waiting: int = 0
    silent: int = 0
    doubled: int = 0
    first_answers_s: tuple[float, ...] = ()

    @property
    def lost(self) -> int:
        """Requests whose authors know nothing."""
        return self.waiting + self.silent


def crowd(discord: Discord, count: int, text: str = "/verse lines: 1") -> dict[str, str]:
    """So many new members use a command at once. Returns their ids by the interaction's."""
    return _crowd(discord, {"count": count, "text": text})


def pressing_crowd(discord: Discord, count: int, button: str, message: str) -> dict[str, str]:
    """So many new members press a button at once. Returns their ids by the interaction's."""
    return _crowd(discord, {"count": count, "button": button, "message_id": message})


def _crowd(discord: Discord, body: dict[str, Any]) -> dict[str, str]:
    response = discord.post("crowds", body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def outcomes(discord: Discord, asked: dict[str, str]) -> Outcomes:
    """What became of these interactions, as it is now."""
    first = min(asked, key=int)
    seen = discord.get("interactions", since=first)
    channel = discord.get("messages", viewer="teacher", since=first)["messages"]
    named = Counter(
        person
        for message in channel
        if "could not answer" in message["content"]
        for person in asked.values()
        if f"<@{person}>" in message["content"]
    )
    kinds = Counter(_kind(seen[interaction], named[person]) for interaction, person in asked.items())
    times = [seen[interaction]["first_answer_s"] for interaction in asked]
    return Outcomes(**kinds, first_answers_s=tuple(sorted(one for one in times if one is not None)))


def settled(discord: Discord, asked: dict[str, str]) -> Outcomes:
    """What became of these interactions, once all are answered or told.

    Raises:
        AssertionError: some are still lost when the time is up. It says how many of each kind there are.
    """
    now = Outcomes()

    def look() -> Outcomes | None:
        nonlocal now
        now = outcomes(discord, asked)
        return now if now.lost == 0 else None

    try:
        return eventually(look, f"an end of {len(asked)} requests")
    except AssertionError as error:
        raise AssertionError(f"{error}: {now}") from None


def _kind(seen: dict[str, Any], named: int) -> str:
    message = seen["message"]
    if message is None or not is_final(message):
        return "told_in_channel" if named == 1 else "doubled" if named else "waiting" if message else "silent"
    if footer(message):
        return "doubled" if named or any(footer(one) for one in seen["followups"]) else "answered"
    return "doubled" if named else "told"
