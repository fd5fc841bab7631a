"""Trainings, the live model, and who may touch them."""

import pytest

from tests.support.control_client import Discord
from tests.support.discord_messages import description, is_private, title

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
    assert "Manage Server" in description(answer)
    assert discord.messages("teacher") == before


def test_status_shows_workers_and_the_live_model_to_the_teacher_alone(discord: Discord, shipped: str) -> None:
    answer = discord.ask("/admin status", "teacher")

    assert is_private(answer)
    text = description(answer)
    assert "Verse workers: 1 running" in text
    assert "Training workers: 1 running" in text
    assert f"Live model: {shipped}" in text


def test_an_unknown_model_cannot_be_promoted(discord: Discord) -> None:
    answer = discord.ask("/admin promote model: nobody@3", "teacher")

    assert is_private(answer)
    assert "nobody@3" in description(answer)


@pytest.mark.usefixtures("promotions_undone")
def test_a_roll_back_undoes_a_promotion_and_a_second_one_has_nothing_to_undo(
    discord: Discord, shipped: str
) -> None:
    discord.ask("/admin promote model: shakespeare-word", "teacher")
    assert discord.verse("lines: 1").model == "shakespeare-word@3"

    rolled_back = discord.ask("/admin rollback", "teacher")
    assert f"{shipped} is live again" in title(rolled_back)
    assert discord.verse("lines: 1").model == shipped

    refused = discord.ask("/admin rollback", "teacher")
    assert title(refused) == "⚠️ That did not work"
    assert is_private(refused)
    assert discord.verse("lines: 1").model == shipped
