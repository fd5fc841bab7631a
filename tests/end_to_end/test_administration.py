"""Trainings, the live model, and who may touch them."""

from typing import Any

import pytest

from tests.support.control_client import Discord
from tests.support.discord_messages import is_private

COMMANDS = [
    "/admin status",
    "/admin train architecture: lstm vocabulary: char",
    "/admin promote model: shakespeare-word",
    "/admin rollback",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_student_may_administer_nothing(discord: Discord, command: str) -> None:
    assert "Manage Server" in discord.refusal(command, "student")

    before = discord.messages("teacher")
    answer = discord.ask(command, "student", granted=True)

    assert is_private(answer)
    assert "Manage Server" in answer["embeds"][0]["description"]
    assert discord.messages("teacher") == before


def test_status_shows_workers_and_the_live_model_to_the_teacher_alone(discord: Discord, shipped: str) -> None:
    answer = discord.ask("/admin status", "teacher")

    assert is_private(answer)
    text = answer["embeds"][0]["description"].replace("\\", "")
    assert "Verse workers: 1 running" in text
    assert "Training workers: 1 running" in text
    assert f"Live model: {shipped}" in text


def title(message: dict[str, Any]) -> str:
    """The title of a message's embed, without Discord's escapes."""
    return str(message["embeds"][0].get("title", "")).replace("\\", "") if message["embeds"] else ""


def test_an_unknown_model_cannot_be_promoted(discord: Discord) -> None:
    answer = discord.ask("/admin promote model: nobody@3", "teacher")

    assert is_private(answer)
    assert "nobody@3" in answer["embeds"][0]["description"].replace("\\", "")


def test_a_second_roll_back_says_that_there_is_nothing_to_go_back_to(discord: Discord) -> None:
    answer = discord.ask("/admin rollback", "teacher")

    assert title(answer) == "⚠️ That did not work"
