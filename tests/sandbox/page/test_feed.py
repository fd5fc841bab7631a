"""What is news for a page."""

import pytest

from sandbox.client import typed_input
from sandbox.page import feed
from sandbox.page.feed import Feed
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.validation import parse_form
from sandbox.world import channel_messages
from sandbox.world.ids import ANNOUNCEMENTS_ID, VERSES_ID
from sandbox.world.message_objects import Message
from sandbox.world.starting_guild import STUDENT, TEACHER
from sandbox.world.state import World


def written(world: World, text: str, channel_id: str = VERSES_ID) -> Message:
    return typed_input.write(world, TEACHER, channel_id, text)


def texts(news: dict[str, list[dict[str, str]]]) -> list[str]:
    return [message["content"] for message in news.get("messages", [])]


async def test_the_first_news_are_everything_and_the_next_are_changes() -> None:
    world = World("token")
    first = written(world, "one")
    reader = Feed(world, STUDENT)
    news = reader.news()
    assert news["fresh"] and texts(news) == ["one"] and news["guild"] and news["commands"] == []
    assert reader.news() == {}
    written(world, "two")
    assert reader.news().keys() == {"messages"}
    channel_messages.edit(world, first, parse_form(MessageForm, {"content": "one and a half"}), [])
    assert texts(reader.news()) == ["one and a half"]
    channel_messages.delete(world, first)
    assert reader.news() == {"gone": [first.id]}


async def test_only_the_latest_messages_of_each_channel_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LATEST", 2)
    world = World("token")
    for text in ("old", "older no more", "new"):
        written(world, text)
    written(world, "elsewhere", ANNOUNCEMENTS_ID)
    reader = Feed(world, STUDENT)
    assert texts(reader.news()) == ["older no more", "new", "elsewhere"]
    written(world, "newest")
    news = reader.news()
    assert texts(news) == ["newest"] and len(news["gone"]) == 1


async def test_the_bot_and_the_clock_are_news() -> None:
    world = World("token")
    reader = Feed(world, STUDENT)
    reader.news()
    world.bot_connected = True
    assert next(item["online"] for item in reader.news()["guild"]["members"] if item["bot"])
    world.move_clock(60)
    assert reader.news()["now"] == pytest.approx(world.clock.now(), abs=5)
