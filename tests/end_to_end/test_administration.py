"""Trainings, the live model, and who may touch them."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

EPHEMERAL = 1 << 6
PNG = b"\x89PNG\r\n\x1a\n"

COMMANDS = [
    "/admin status",
    "/admin train architecture: lstm vocabulary: char",
    "/admin promote model: shakespeare-word",
    "/admin rollback",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_student_may_administer_nothing(discord: Any, command: str) -> None:
    assert "Manage Server" in discord.refusal(command, "student")

    before = discord.messages("teacher")
    answer = discord.ask(command, "student", granted=True)

    assert answer["flags"] & EPHEMERAL
    assert "Manage Server" in answer["embeds"][0]["description"]
    assert discord.messages("teacher") == before


def test_status_shows_workers_and_the_live_model_to_the_teacher_alone(discord: Any) -> None:
    answer = discord.ask("/admin status", "teacher")

    assert answer["flags"] & EPHEMERAL
    text = answer["embeds"][0]["description"].replace("\\", "")
    assert "Verse workers: 1 running" in text
    assert "Training workers: 1 running" in text
    assert "Live model: shakespeare-char@2" in text


@pytest.mark.parametrize(
    "options",
    [
        "architecture: transformer vocabulary: char",
        "architecture: lstm vocabulary: bytes",
        "architecture: lstm",
        "architecture: lstm vocabulary: char epochs: 0",
        "architecture: lstm vocabulary: char epochs: 201",
        "architecture: lstm vocabulary: char number: -1",
    ],
)
def test_discord_refuses_trainings_that_nobody_can_do(discord: Any, options: str) -> None:
    assert discord.refusal(f"/admin train {options}", "teacher")


def test_a_name_with_path_parts_is_refused(discord: Any) -> None:
    answer = discord.ask("/admin train architecture: lstm vocabulary: char name: ../escape", "teacher")

    assert answer["flags"] & EPHEMERAL
    assert "name" in answer["embeds"][0]["description"]


def test_where_the_bot_may_not_post_it_says_what_it_lacks(discord: Any) -> None:
    channels = discord.state["channels"]
    command = "/admin train architecture: lstm vocabulary: char"

    answer = discord.ask(command, "teacher", channel_id=channels["announcements"])

    assert "Send Messages" in answer["embeds"][0]["description"]


@dataclass(frozen=True)
class Seen:
    """A training as the channel showed it: the texts while it ran, and the message at the end."""

    confirmation: dict[str, Any]
    running: list[str]
    final: dict[str, Any]


def title(message: dict[str, Any]) -> str:
    """The title of a message's embed, without Discord's escapes."""
    return str(message["embeds"][0].get("title", "")).replace("\\", "") if message["embeds"] else ""


@pytest.fixture(scope="module")
def training(stack: Any, discord: Any) -> Seen:
    """One training, from the command to its end; the bot is killed and started anew while it runs.

    The worker is stopped for a moment at each progress that the message is to show, so that a fast
    machine cannot end the training before.
    """
    confirmation = discord.ask(
        "/admin train architecture: lstm vocabulary: char epochs: 5 name: sonnets number: 7", "teacher"
    )
    message = confirmation["content"].rpartition("/")[2]
    running: list[str] = []

    def says_something_new(message: dict[str, Any]) -> bool:
        text = message["embeds"][0]["description"]
        return "Loss" in text and text not in running

    for _ in range(2):
        with stack.train_worker_stopped_after_progress():
            shown = discord.message(message, says_something_new)
        running.append(shown["embeds"][0]["description"])
    stack.bot.kill()
    assert title(discord.message(message, bool)) == "🏋️ Training sonnets"
    stack.bot = stack.start_bot()
    final = discord.message(message, lambda message: "done" in title(message) or "failed" in title(message))
    return Seen(confirmation, running, final)


def test_a_training_is_confirmed_privately(training: Seen) -> None:
    assert training.confirmation["flags"] & EPHEMERAL
    assert "sonnets is in the queue" in training.confirmation["content"]


def test_a_training_shows_how_far_it_is(training: Seen) -> None:
    shares = [re.search(r"(\d+)%, epoch (\d) of 5", text) for text in training.running]
    assert all(shares), training.running
    before, after = (int(share[1]) for share in shares if share)
    assert 0 <= before < after < 100


def test_a_training_ends_with_figures_and_curves_though_the_bot_was_restarted(
    training: Seen,
) -> None:
    (embed,) = training.final["embeds"]
    assert embed["title"] == "✅ Training sonnets is done"
    text = embed["description"].replace("\\", "")
    assert "sonnets@1" in text
    assert "perplexity" in text
    (picture,) = training.final["attachments"]
    assert picture["filename"] == "curves.png"
    assert "sonnets@1" in picture["description"]
    assert requests.get(picture["url"], timeout=30).content.startswith(PNG)


@pytest.mark.usefixtures("training")
def test_a_promotion_holds_from_the_next_verse_on_and_can_be_taken_back(stack: Any, discord: Any) -> None:
    worker = stack.verse_worker.popen.pid
    assert discord.verse().model == "shakespeare-char@2"  # nothing promotes itself

    promoted = discord.ask("/admin promote model: sonnets", "teacher")

    assert "sonnets@1 is live now" in title(promoted)
    assert discord.verse().model == "sonnets@1"
    models = discord.ask("/models")["embeds"][0]["description"].replace("\\", "").splitlines()
    assert [line for line in models if "live" in line] == [line for line in models if "sonnets@1" in line]

    rolled_back = discord.ask("/admin rollback", "teacher")

    assert "Back to shakespeare-char@2" in title(rolled_back)
    assert discord.verse().model == "shakespeare-char@2"
    assert stack.verse_worker.popen.poll() is None
    assert stack.verse_worker.popen.pid == worker


def test_an_unknown_model_cannot_be_promoted(discord: Any) -> None:
    answer = discord.ask("/admin promote model: nobody@3", "teacher")

    assert answer["flags"] & EPHEMERAL
    assert "nobody@3" in answer["embeds"][0]["description"].replace("\\", "")


def test_a_second_roll_back_says_that_there_is_nothing_to_go_back_to(discord: Any) -> None:
    answer = discord.ask("/admin rollback", "teacher")

    assert title(answer) == "⚠️ That did not work"
