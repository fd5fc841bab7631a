"""What outlives a restart of the bot, of a worker and of Redis."""

from typing import Any

from shakelm.store.registry import ModelRegistry, open_registry
from tests.support.discord_messages import description, footer, title
from tests.support.full_stack import Stack


def text(message: dict[str, Any]) -> str:
    """Title and text of a message's embed."""
    return f"{title(message)}\n{description(message)}"


def test_buttons_forms_a_queued_verse_limits_and_a_pause_outlive_a_restart_of_every_part(
    own_stack: Stack,
) -> None:
    discord = own_stack.discord
    settings = "/verse seed: to be lines: 2 style: lively number: 7"
    bot, worker = own_stack.start_bot(), own_stack.start_worker("verse")
    verse = discord.ask(settings)
    worker.stop()
    queued = discord.say("/verse lines: 1")
    own_stack.await_waiting_verses(1)
    opened = discord.press("Change…", verse["id"])
    assert discord.modal(opened)
    discord.ask("/admin limits longest_verse: 3", "teacher")
    discord.ask("/admin pause", "teacher")

    own_stack.kill_valkey()
    bot.stop()
    own_stack.start_valkey()
    own_stack.start_bot()
    own_stack.start_worker("verse")

    assert "at most 3 lines" in description(discord.ask("/verse lines: 4"))
    assert "is paused" in description(discord.ask("/admin status", "teacher"))
    assert discord.answer(queued, bool)["content"].startswith("⏳")
    discord.ask("/admin resume", "teacher")
    assert footer(discord.answer(queued))
    again = discord.answer(discord.press("Again", verse["id"]))
    assert description(again).startswith("to be")
    changed = discord.answer(discord.submit(opened, {"lines": "1"}))
    assert "number 7 " in footer(changed)
    # The number repeats the verse on another worker too.
    assert description(discord.ask(settings)) == description(verse)


def start_training(own_stack: Stack, options: str) -> str:
    """Start bot and worker and a training; returns the id of the message that follows it.

    The tests halt the worker at each progress that they look for, so that a fast one cannot end before.
    """
    discord = own_stack.discord
    own_stack.start_bot()
    own_stack.train_worker = own_stack.start_worker("train")
    asked = discord.ask(f"/admin train name: sonnets vocabulary: char {options}", "teacher")
    started = discord.answer(discord.press("Start", asked["id"], "teacher"), lambda one: "queue" in text(one))
    return text(started).rpartition("/")[2]


def published(store: ModelRegistry) -> list[str]:
    """The versions that were trained here."""
    return [version.reference for version in store.versions() if not version.packaged]


def test_a_training_and_its_message_outlive_a_restart_of_redis(own_stack: Stack) -> None:
    discord = own_stack.discord
    message = start_training(own_stack, "architecture: lstm units: 64 epochs: 200 learning_rate: 0.0002")
    with own_stack.train_worker_stopped_after_progress():
        before = discord.message(message, lambda message: "Loss" in text(message))
        own_stack.kill_valkey()
    worker = own_stack.train_worker
    worker.until(lambda: "progress not reported" in worker.output, "a report that Redis does not take")
    own_stack.start_valkey()

    with own_stack.train_worker_stopped_after_progress():
        discord.message(message, lambda message: "Loss" in text(message) and text(message) != text(before))
        discord.press("Stop", message, "teacher")
        discord.message(message, lambda message: "will stop" in text(message))
    final = discord.message(message, lambda message: "complete" in text(message))

    assert "sonnets@1 on held-out text:" in text(final)
    assert final["attachments"][0]["filename"] == "curves.png"
    assert "Going on after epoch" not in worker.output  # it was not begun again


def test_a_training_that_ends_while_redis_is_away_is_told_of_and_not_repeated(own_stack: Stack) -> None:
    message = start_training(own_stack, "architecture: lstm units: 64 epochs: 3")
    with own_stack.train_worker_stopped_after_progress():
        own_stack.kill_valkey()
    store = open_registry(own_stack.store)
    own_stack.train_worker.until(lambda: published(store), "a version")
    own_stack.start_valkey()

    final = own_stack.discord.message(message, lambda message: "complete" in text(message))

    assert "sonnets@1 on held-out text:" in text(final)
    assert published(store) == ["sonnets@1"]
