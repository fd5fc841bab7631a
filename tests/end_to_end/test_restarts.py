"""What outlives a restart of the bot, of a worker and of Redis."""

from typing import Any


def test_buttons_forms_a_queued_verse_limits_and_a_pause_outlive_a_restart_of_every_part(
    own_stack: Any,
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
    bot.stop()

    own_stack.restart_valkey()
    own_stack.start_bot()
    own_stack.start_worker("verse")

    assert "at most 3 lines" in discord.ask("/verse lines: 4")["embeds"][0]["description"]
    assert "is paused" in discord.ask("/admin status", "teacher")["embeds"][0]["description"]
    assert discord.answer(queued, bool)["content"].startswith("⏳")
    discord.ask("/admin resume", "teacher")
    assert discord.answer(queued)["embeds"][0]["footer"]
    again = discord.answer(discord.press("Again", verse["id"]))
    assert again["embeds"][0]["description"].startswith("to be")
    changed = discord.answer(discord.submit(opened, {"lines": "1"}))
    assert "number 7 " in changed["embeds"][0]["footer"]["text"]
    # The number repeats the verse on another worker too.
    assert discord.ask(settings)["embeds"][0]["description"] == verse["embeds"][0]["description"]
