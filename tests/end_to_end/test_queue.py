"""The queue in the hands of a teacher: see it, clear it, pause it."""

from collections.abc import Iterator
from typing import Any

import pytest

from worker import queues

EPHEMERAL = 1 << 6


@pytest.fixture
def paused(stack: Any, discord: Any) -> Iterator[None]:
    """The queue is paused by the teacher; it goes on after the test."""
    answer = discord.ask("/admin pause", "teacher")
    assert answer["flags"] & EPHEMERAL
    assert "paused" in answer["embeds"][0]["description"]
    yield
    queues.resume(stack.redis)


@pytest.mark.usefixtures("paused")
def test_a_pause_lets_verses_wait_until_it_ends(discord: Any) -> None:
    interaction = discord.say("/verse lines: 1")
    assert "paused the queue" in discord.answer(interaction, bool)["content"]
    promoted = discord.ask("/admin promote model: shakespeare-char", "teacher")
    assert "is live" in promoted["embeds"][0]["title"]  # what teachers ask for goes on
    assert discord.answer(interaction, bool)["content"].startswith("⏳")

    resumed = discord.ask("/admin resume", "teacher")

    assert resumed["flags"] & EPHEMERAL
    assert discord.answer(interaction)["embeds"][0]["footer"]


@pytest.mark.usefixtures("paused")
def test_a_teacher_sees_who_waits_for_what_and_can_clear_the_queue(stack: Any, discord: Any) -> None:
    users = discord.state["users"]
    asked = [discord.say("/verse lines: 1", user) for user in ("student", "student", "assistant")]
    stack.await_waiting_verses(3)

    seen = discord.ask("/admin queue see", "teacher")

    assert seen["flags"] & EPHEMERAL
    pause, *lines = seen["embeds"][0]["description"].splitlines()
    assert "/admin resume" in pause
    assert lines == [
        f"1 · <@{users['student']}> · a verse",
        f"2 · <@{users['assistant']}> · a verse",
        f"3 · <@{users['student']}> · a verse",
    ]

    cleared = discord.ask("/admin queue clear", "teacher")

    assert cleared["flags"] & EPHEMERAL
    assert "3 requests" in cleared["embeds"][0]["description"]
    for interaction in asked:
        told = discord.answer(interaction)
        assert "cleared the queue" in told["embeds"][0]["description"]
        assert told["components"] == []
    assert "Nobody waits" in discord.ask("/admin queue see", "teacher")["embeds"][0]["description"]
