"""The bot in all places that have a chat: threads, posts of forums, announcements and voice channels."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.control_client import Discord
from tests.support.discord_messages import description, footer, is_private
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.queue import pausing
from worker.records import incidents

CHANNELS = ("text", "announcement", "voice", "forum")
ACTS: dict[str, tuple[str, ...]] = {
    "thread": ("Again", "Continue", "menu"),
    "post": ("Again", "menu"),
    "private thread": ("menu",),
    "voice": ("Again",),
    "bare thread": (),
    "announcement": (),
    "news thread": (),
}
"""What people do in each place after a verse."""
STARTS = {"Again": "to be", "menu": "Good morrow, cousin."}


def start_thread(discord: Discord, **fields: Any) -> str:
    """Let a student start a thread; returns its id."""
    return str(discord.made("threads", name="Ours", **fields)["thread_id"])


@pytest.fixture(scope="module")
def places(discord: Discord) -> dict[str, str]:
    """The ids of all places, by name."""
    made = {
        kind: discord.made("channels", name=f"our-{kind}", kind=kind, tags=["Verse"])["channel_id"]
        for kind in CHANNELS
    }
    text = made["text"]
    root = discord.made("messages", channel_id=text, text="My lord, what news?")
    return made | {
        "thread": start_thread(discord, message_id=root["id"], channel_id=text),
        "bare thread": start_thread(discord, channel_id=text),
        "private thread": start_thread(discord, channel_id=text, private=True),
        "news thread": start_thread(discord, channel_id=made["announcement"]),
        "post": start_thread(discord, channel_id=made["forum"], text="A post", tags=["Verse"]),
    }


def test_a_verse_its_buttons_and_the_menu_of_messages_work_everywhere(
    discord: Discord, places: dict[str, str]
) -> None:
    discord.post("thread_members", {"thread_id": places["private thread"]})  # the bot is invited
    asked = {place: discord.say("/verse seed: to be lines: 1", channel_id=places[place]) for place in ACTS}
    verses = {place: discord.answer(interaction) for place, interaction in asked.items()}

    def act(place: str, what: str) -> str:
        if what != "menu":
            return discord.press(what, verses[place]["id"])
        said = discord.made("messages", channel_id=places[place], text="Good morrow, cousin.")
        return discord.menu("Continue as verse", message_id=said["id"])

    acted = [(place, what, act(place, what)) for place, acts in ACTS.items() for what in acts]
    answers = [(place, what, discord.answer(interaction)) for place, what, interaction in acted]

    for place, verse in verses.items():
        assert (verse["channel_id"], description(verse)[:5]) == (places[place], "to be")
    for place, what, answer in answers:
        assert answer["channel_id"] == places[place]
        assert ("continued" in footer(answer)) is (what == "Continue")
        assert what == "Continue" or description(answer).startswith(STARTS[what])


def test_a_forwarded_message_is_continued(discord: Discord, places: dict[str, str]) -> None:
    said = discord.made("messages", text="The king is dead.")
    forward = discord.made("forwards", message_id=said["id"], channel_id=places["post"])
    assert forward["content"] == ""

    answer = discord.answer(discord.menu("Continue as verse", message_id=forward["id"]))

    assert description(answer).startswith("The king is dead.")


def test_a_training_is_refused_in_a_thread_where_the_bot_may_not_post(
    discord: Discord, places: dict[str, str]
) -> None:
    denied = {"channel_id": places["announcement"], "role": "shakelm"}
    discord.post("overwrites", {**denied, "deny": ["SEND_MESSAGES_IN_THREADS"]})
    refused = discord.ask("/admin train", "teacher", channel_id=places["news thread"])
    discord.post("overwrites", denied)

    assert is_private(refused)
    assert "Send Messages in Threads" in description(refused)


def test_a_forum_itself_and_a_locked_thread_take_no_commands(
    discord: Discord, places: dict[str, str]
) -> None:
    assert "is a forum" in discord.refusal("/verse", channel_id=places["forum"])
    thread = start_thread(discord, channel_id=places["text"])
    verse = discord.ask("/verse seed: to be lines: 1", channel_id=thread)
    discord.post("thread_changes", {"thread_id": thread, "locked": True, "archived": True})

    assert "is locked" in discord.refusal("/verse", channel_id=thread)
    assert "is locked" in discord.refused("presses", button="Again", message_id=verse["id"])


@contextmanager
def waiting_verse(stack: Stack, discord: Discord, thread: str) -> Iterator[None]:
    """A verse for a thread waits while the context lasts, and is written then."""
    pausing.pause(stack.redis)
    try:
        asked = discord.say("/verse seed: to be lines: 1", channel_id=thread)
        discord.answer(asked, until=lambda message: message["content"].startswith("⏳"))
        yield
    finally:
        pausing.resume(stack.redis)


def test_a_verse_for_an_archived_thread_reopens_it(
    stack: Stack, discord: Discord, places: dict[str, str]
) -> None:
    thread = start_thread(discord, channel_id=places["text"])
    with waiting_verse(stack, discord, thread):
        discord.post("thread_changes", {"thread_id": thread, "archived": True})

    def posted() -> bool:
        seen = discord.get("messages", viewer="teacher", channel_id=thread)["messages"]
        return any(one["embeds"] and description(one).startswith("to be") for one in seen)

    stack.bot.until(posted, "a verse that the bot posts by itself")


def test_a_verse_for_a_locked_thread_is_an_incident(
    stack: Stack, discord: Discord, places: dict[str, str]
) -> None:
    thread = start_thread(discord, channel_id=places["text"])
    before = incidents.latest(stack.redis)
    with waiting_verse(stack, discord, thread):
        discord.post("thread_changes", {"thread_id": thread, "archived": True, "locked": True})

    noted = eventually(
        lambda: [one for one in incidents.latest(stack.redis) if one not in before], "an incident"
    )
    assert "could not be delivered" in noted[0].sentence
