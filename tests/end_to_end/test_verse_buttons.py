"""What people do with a verse, and with its waiting notice: buttons, the form and the menu of a message."""

import re
from functools import partial
from typing import Any

import pytest

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.store.registry import open_registry
from tests.support import discord_messages
from tests.support.control_client import Discord
from tests.support.discord_messages import description, footer, is_private
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.protocol.verse_payloads import VerseRecord
from worker.queue import pausing, withdrawal
from worker.records import incidents, verse_records


def receipt(message: dict[str, Any]) -> str:
    """The receipt without the seconds, which differ each time."""
    return " · ".join(part for part in footer(message).split(" · ") if not part.endswith(" s"))


def buttons(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons under a message, by label."""
    return {button["label"]: button for button in discord_messages.buttons(message)}


def record_id(message: dict[str, Any]) -> str:
    """The id of the record that a verse's buttons carry."""
    return str(buttons(message)["Again"]["custom_id"].partition(":")[2])


def record_of(stack: Stack, message: dict[str, Any]) -> VerseRecord:
    """What is kept of a verse."""
    record = verse_records.find(stack.redis, record_id(message))
    assert record
    return record


def written(stack: Stack, message: dict[str, Any]) -> str:
    """The text of a verse as it was written."""
    result = record_of(stack, message).result
    assert result
    return result.text


def press(discord: Discord, button: str, message: dict[str, Any], user: str = "student") -> dict[str, Any]:
    """Press a button under a message and wait for the answer."""
    return dict(discord.answer(discord.press(button, message["id"], user)))


@pytest.fixture(scope="module")
def verse(discord: Discord) -> dict[str, Any]:
    """A student's verse."""
    return dict(discord.ask("/verse seed: to be lines: 3 temperature: 0.7 number: 5"))


# Anybody


def test_again_is_another_verse_with_the_same_settings_for_whoever_presses(
    discord: Discord, verse: dict[str, Any]
) -> None:
    again = press(discord, "Again", verse, "assistant")

    assert again["id"] != verse["id"]
    assert description(again) != description(verse)
    assert description(again).startswith("to be")
    before, after = receipt(verse).split(" · "), receipt(again).split(" · ")
    assert [part for part in before if part not in after] == ["number 5"]
    assert discord.state["users"]["assistant"] == again["interaction_metadata"]["user"]["id"]
    assert "Only the person who" in description(press(discord, "Discard", again, "student"))
    assert footer(press(discord, "Hotter", again, "assistant"))


def test_continue_goes_on_where_the_verse_stopped(
    stack: Stack, discord: Discord, verse: dict[str, Any]
) -> None:
    more = press(discord, "Continue", verse, "assistant")
    yet_more = press(discord, "Continue", more)

    model = language_model.load(open_registry(stack.store).live())
    whole = generation.generate(model, "to be", SamplingSettings(0.7), Length(lines=9), 5).text
    read = written(stack, verse)
    for message in (more, yet_more):
        assert record_of(stack, message).written == read
        read += written(stack, message)
        assert whole.startswith(read)
        assert description(message).strip()
        assert {"continued", "number 5"} <= set(receipt(message).split(" · "))
    another = press(discord, "Again", more, "assistant")
    assert record_of(stack, another).context == written(stack, verse) + "\n"
    assert written(stack, another) != written(stack, more)
    poem = discord.answer(discord.press("Whole poem", yet_more["id"], "assistant"))
    assert description(poem) == read
    assert "Whole poem" not in buttons(verse)


def test_a_private_verse_stays_private_whatever_is_pressed(discord: Discord) -> None:
    verse = discord.ask("/verse lines: 1 private: true")

    assert is_private(press(discord, "Again", verse))


# Whoever asked, and administrators


@pytest.mark.parametrize("button", ["Hotter", "Colder", "Change…", "Discard"])
def test_others_are_told_privately_that_it_is_not_theirs(
    discord: Discord, verse: dict[str, Any], button: str
) -> None:
    refused = press(discord, button, verse, "assistant")

    assert is_private(refused)
    assert "Only the person who" in description(refused)


@pytest.mark.parametrize(
    ("button", "before", "after", "user"),
    [("Hotter", 0.7, 0.9, "student"), ("Colder", 0.7, 0.5, "teacher"), ("Hotter", 1.9, 2, "student")],
)
def test_hotter_and_colder_change_the_temperature_and_nothing_else(
    discord: Discord, button: str, before: float, after: float, user: str
) -> None:
    verse = discord.ask(f"/verse seed: to be lines: 2 temperature: {before}")

    changed = press(discord, button, verse, user)

    assert receipt(changed) == receipt(verse).replace(f"temperature {before:g}", f"temperature {after:g}")


def test_a_plain_verse_keeps_its_style_whatever_is_pressed(discord: Discord) -> None:
    verse = discord.ask("/verse seed: to be lines: 2 number: 5")
    changes = {"Again": ("number 5", r"number \d+"), "Hotter": ("0.8", "1"), "Colder": ("0.8", "0.6")}

    for button, (before, after) in changes.items():
        changed = receipt(press(discord, button, verse))
        assert re.fullmatch(receipt(verse).replace(before, after), changed)
        assert changed.endswith(" · style balanced")
    form = discord.modal(discord.press("Change…", verse["id"]))
    (styles,) = (
        label["component"] for label in form["components"] if label["component"]["custom_id"] == "style"
    )
    assert [option["value"] for option in styles["options"] if option.get("default")] == ["balanced"]


def test_at_the_ends_of_the_range_one_button_is_disabled(discord: Discord) -> None:
    for temperature, disabled in ((0, "Colder"), (2, "Hotter")):
        verse = discord.ask(f"/verse lines: 1 temperature: {temperature}")
        assert [label for label, button in buttons(verse).items() if button.get("disabled")] == [disabled]


def test_discard_removes_message_and_record(stack: Stack, discord: Discord) -> None:
    for user in ("student", "teacher"):
        verse = discord.ask("/verse lines: 1")
        discord.press("Discard", verse["id"], user)
        eventually(partial(is_gone, discord, verse["id"]), "the message gone")
        assert verse_records.find(stack.redis, record_id(verse)) is None


def test_who_has_forgotten_everything_can_still_discard_a_verse_and_nobody_else_can(
    stack: Stack, discord: Discord
) -> None:
    verse = discord.ask("/verse lines: 1")
    verse_records.remove(stack.redis, record_id(verse))
    assert "Only the person who" in description(press(discord, "Discard", verse, "assistant"))
    assert verse["id"] in seen(discord)
    discord.press("Discard", verse["id"])
    eventually(partial(is_gone, discord, verse["id"]), "the message gone")


def test_further_presses_on_discard_are_quiet(stack: Stack, discord: Discord) -> None:
    verse = discord.ask("/verse lines: 1")
    before = len(incidents.latest(stack.redis, 50))
    # Discord's client refuses a press on a message that is gone already; until then, each reaches the bot.
    pressed = [
        discord.post("presses", {"button": "Discard", "message_id": verse["id"]}).json() for _ in range(3)
    ]
    eventually(partial(is_gone, discord, verse["id"]), "the message gone")
    for interaction in [one["interaction_id"] for one in pressed if "interaction_id" in one]:
        eventually(lambda: discord.get(f"interactions/{interaction}")["state"] != "pending", "an end")  # noqa: B023
    assert len(incidents.latest(stack.redis, 50)) == before


def is_gone(discord: Discord, message: str) -> bool:
    return message not in seen(discord)


def seen(discord: Discord) -> set[str]:
    return {message["id"] for message in discord.messages("teacher")}


@pytest.mark.parametrize("button", ["Again", "Continue", "Hotter", "Change…"])
def test_a_record_that_has_expired_is_one_private_sentence(
    stack: Stack, discord: Discord, button: str
) -> None:
    verse = discord.ask("/verse lines: 1")
    verse_records.remove(stack.redis, record_id(verse))

    refused = press(discord, button, verse)

    assert is_private(refused)
    assert "no longer stored" in description(refused)
    assert verse["id"] in seen(discord)


# The form


def submit(discord: Discord, message: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Open the form under a verse, send it with these values, and wait for the answer."""
    opened = discord.press("Change…", message["id"])
    return dict(discord.answer(discord.submit(opened, values)))


def test_the_form_opens_with_what_the_verse_was_written_from(discord: Discord, shipped: str) -> None:
    verse = discord.ask("/verse seed: my lord lines: 2 style: careful model: shakespeare-word")

    modal = discord.modal(discord.press("Change…", verse["id"]))

    fields = {label["component"]["custom_id"]: label["component"] for label in modal["components"]}
    assert [fields[name]["value"] for name in ("seed", "temperature", "lines")] == ["my lord", "0.6", "2"]
    chosen = {
        name: [option["value"] for option in fields[name]["options"] if option.get("default")]
        for name in ("style", "model")
    }
    assert chosen == {"style": ["careful"], "model": ["shakespeare-word@3"]}
    assert shipped in {option["value"] for option in fields["model"]["options"]}


def test_what_is_changed_in_the_form_makes_a_new_verse(discord: Discord, verse: dict[str, Any]) -> None:
    changed = submit(discord, verse, seed="my lord", temperature="1,1", lines="2", model="shakespeare-word@3")

    assert description(changed).startswith("my lord")
    assert receipt(changed) == "shakespeare-word@3 · temperature 1.1 · number 5"
    assert verse["id"] in seen(discord)


def test_a_style_in_the_form_brings_its_temperature_unless_that_was_changed_too(
    discord: Discord, verse: dict[str, Any]
) -> None:
    styled = submit(discord, verse, style="cautious")
    both = submit(discord, verse, style="cautious", temperature="0.9")
    none = submit(discord, styled, style="none")

    assert receipt(styled).endswith("temperature 0.4 · number 5 · style cautious")
    assert receipt(both).endswith("temperature 0.9 · number 5 · style cautious")
    assert receipt(none).endswith("temperature 0.4 · number 5")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("temperature", "hot", "The temperature must be a number from 0 to 2"),
        ("temperature", "nan", "The temperature must be a number from 0 to 2"),
        ("temperature", "2.5", "The temperature must be a number from 0 to 2"),
        ("temperature", "0_1", "The temperature must be a number from 0 to 2"),
        ("temperature", "1e0", "The temperature must be a number from 0 to 2"),
        ("lines", "many", "Lines must be a whole number from 1 to 40"),
        ("lines", "41", "Lines must be a whole number from 1 to 40"),
        ("lines", "1_0", "Lines must be a whole number from 1 to 40"),
        ("lines", "\N{FULLWIDTH DIGIT ONE}", "Lines must be a whole number from 1 to 40"),
    ],
)
def test_what_the_form_cannot_use_is_one_private_sentence(
    discord: Discord, verse: dict[str, Any], field: str, value: str, sentence: str
) -> None:
    refused = submit(discord, verse, **{field: value})

    assert is_private(refused)
    assert sentence in description(refused)


def test_what_was_typed_into_the_form_is_not_lost(discord: Discord, verse: dict[str, Any]) -> None:
    refused = submit(discord, verse, seed="Now is the winter", lines="many", temperature="1.5")

    reopened = discord.modal(discord.press("Edit again", refused["id"]))

    assert {
        field["component"]["custom_id"]: field["component"].get("value") for field in reopened["components"]
    }.items() >= {"seed": "Now is the winter", "lines": "many", "temperature": "1.5"}.items()


# While waiting


@pytest.mark.usefixtures("paused")
def test_cancel_takes_that_verse_and_no_other_out_of_the_queue(stack: Stack, discord: Discord) -> None:
    kept, cancelled = (discord.say("/verse lines: 1") for _ in range(2))
    notice = discord.answer(cancelled, lambda message: "Cancel" in buttons(message))
    stack.await_waiting_verses(2)

    refused = press(discord, "Cancel", notice, "assistant")
    assert is_private(refused)
    assert "Only the person who" in description(refused)
    stack.await_waiting_verses(2)

    discord.press("Cancel", notice["id"])
    left = discord.answer(cancelled)

    assert "This request was canceled" in description(left)
    assert left["components"] == []
    stack.await_waiting_verses(1)
    pausing.resume(stack.redis)
    assert footer(discord.answer(kept))
    assert discord.answer(cancelled) == left


@pytest.mark.usefixtures("paused")
def test_a_teacher_may_cancel_too(stack: Stack, discord: Discord) -> None:
    interaction = discord.say("/verse lines: 1")
    notice = discord.answer(interaction, lambda message: "Cancel" in buttons(message))
    stack.await_waiting_verses(1)

    discord.press("Cancel", notice["id"], "teacher")

    assert "This request was canceled" in description(discord.answer(interaction))


@pytest.mark.usefixtures("paused")
def test_whoever_cancels_too_late_is_told_so(stack: Stack, discord: Discord) -> None:
    notice = discord.answer(discord.say("/verse lines: 1"), lambda message: "Cancel" in buttons(message))
    stack.await_waiting_verses(1)
    assert withdrawal.withdraw(stack.redis, buttons(notice)["Cancel"]["custom_id"].partition(":")[2])

    refused = press(discord, "Cancel", notice)

    assert is_private(refused)
    assert "too late" in description(refused)


# A message's menu


def continue_as_verse(discord: Discord, message: str) -> dict[str, Any]:
    return dict(discord.answer(discord.menu("Continue as verse", message_id=message)))


def test_any_message_can_be_continued_as_a_verse(discord: Discord) -> None:
    words = [
        f"word{number}" for number in range(100)
    ]  # 71 of them and the spaces between have 496 characters
    for text, seed in (
        ("**My lord**, what news?", "My lord, what news?"),
        (" ".join(words), " ".join(words[-71:])),
        ("oh" * 300, "oh" * 250),
        ("-# My <:crown:123456789012345678>lord <t:1700000000:R>", "My lord"),
        ("[My lord](https://example.org)", "My lord"),
    ):
        message = discord.post("messages", {"user": "teacher", "text": text}).json()["id"]

        answer = continue_as_verse(discord, message)

        assert description(answer).startswith(seed)


def test_a_verse_can_be_continued_from_its_message_even_without_its_record(
    stack: Stack, discord: Discord
) -> None:
    spoken = discord.ask("/verse seed: ROMEO: lines: 4 temperature: 0.1 number: 1")
    assert re.search(r"^\*\*[A-Z ]+:\*\*$", discord_messages.embed(spoken)["description"], re.MULTILINE)
    text = written(stack, spoken)

    for _ in range(2):
        answer = continue_as_verse(discord, spoken["id"])
        assert record_of(stack, answer).prompt == text
        verse_records.remove(stack.redis, record_id(spoken))


def test_the_caption_of_a_chart_is_no_text_to_continue(discord: Discord) -> None:
    chart = discord.ask("/curves model: shakespeare-word")
    assert "no text to continue" in description(continue_as_verse(discord, chart["id"]))


def test_a_message_without_text_is_one_private_sentence(discord: Discord) -> None:
    refused = continue_as_verse(discord, discord.ask("/models")["id"])

    assert is_private(refused)
    assert "no text to continue" in description(refused)
