"""The queue in the hands of a teacher: see it, clear it, pause it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.control_client import Discord
from tests.support.discord_messages import description, footer, is_private, title
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.queue import open_requests, pausing


@pytest.fixture
def paused(stack: Stack, discord: Discord) -> Iterator[None]:
    """The queue is paused by the teacher; it goes on after the test."""
    answer = discord.ask("/admin pause", "teacher")
    assert is_private(answer)
    assert "paused" in description(answer)
    yield
    pausing.resume(stack.redis)


@pytest.mark.usefixtures("paused")
def test_a_pause_lets_verses_wait_until_it_ends(discord: Discord) -> None:
    interaction = discord.say("/verse lines: 1")
    assert "paused the queue" in discord.answer(interaction, bool)["content"]
    promoted = discord.ask("/admin promote model: shakespeare-char", "teacher")
    assert "is now live" in title(promoted)  # what teachers ask for goes on
    assert discord.answer(interaction, bool)["content"].startswith("⏳")

    resumed = discord.ask("/admin resume", "teacher")

    assert is_private(resumed)
    assert footer(discord.answer(interaction))


@pytest.mark.usefixtures("paused")
def test_a_teacher_sees_who_waits_for_what_and_can_clear_the_queue(stack: Stack, discord: Discord) -> None:
    users = discord.state["users"]
    asked = []
    for user in ("student", "student", "assistant"):
        asked.append(discord.say("/verse lines: 1", user))
        discord.answer(asked[-1], bool)
        eventually(lambda: not open_requests.held_ids(stack.redis), "a request in the queue")
    stack.await_waiting_verses(3)

    seen = discord.ask("/admin queue see", "teacher")

    assert is_private(seen)
    pause, *lines = description(seen).splitlines()
    assert "/admin resume" in pause
    assert lines == [
        f"1 · <@{users['student']}> · a verse",
        f"2 · <@{users['assistant']}> · a verse",
        f"3 · <@{users['student']}> · a verse",
    ]

    cleared = discord.ask("/admin queue clear", "teacher")

    assert is_private(cleared)
    assert "3 requests" in description(cleared)
    for interaction in asked:
        told = discord.answer(interaction)
        assert "cleared the queue" in description(told)
        assert told["components"] == []
    assert "The queue is empty" in description(discord.ask("/admin queue see", "teacher"))


def test_one_verse_is_answered_among_the_first_eleven_of_101(own_stack: Stack) -> None:
    """Ten people ask for ten verses each, all at once, and one for one, after them; the queue is paused."""
    discord = own_stack.discord
    own_stack.start_bot()
    own_stack.start_worker("verse")
    people = [f"student{number}" for number in range(11)]
    for name in people:
        discord.join(name)
    discord.ask("/admin limits open_per_person: 10 open_per_server: 101", "teacher")
    discord.ask("/admin pause", "teacher")

    def ask(name: str, verses: int = 10) -> list[tuple[str, str]]:
        asked = [(discord.say("/verse lines: 1", name), name) for _ in range(verses)]
        assert all("paused the queue" in discord.answer(verse, bool)["content"] for verse, _ in asked)
        return asked

    *many, one = people
    with ThreadPoolExecutor(len(many)) as at_once:
        asked = [verse for verses in at_once.map(ask, many) for verse in verses]
    asked += ask(one, verses=1)
    own_stack.await_waiting_verses(101)
    discord.ask("/admin resume", "teacher")

    answers = sorted((discord.answer(verse)["edited_timestamp"], name) for verse, name in asked)
    assert len(answers) == 101
    assert {name for _, name in answers[:11]} == set(people)
