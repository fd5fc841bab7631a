"""The message of a verse: speakers, receipt, buttons, and cuts."""

import re
import time
from dataclasses import asdict
from typing import Any

import pytest

from shakelm.decoding.styles import STYLES
from tests.support.discord_messages import embed
from worker.messages import discord_json, verse_messages
from worker.messages.discord_json import Attachment, Message
from worker.protocol.job_request import ReplyTo
from worker.protocol.verse_payloads import VerseRecord, VerseRequest, VerseResult

CUT = "\n… (shortened; the attached file has the whole verse)"

REQUEST = VerseRequest(
    id="0123456789abcdef",
    author="1",
    guild="2",
    channel="3",
    random_seed=42,
    reply_to=ReplyTo(application_id="4", token="a token", expires_at=time.time() + 900),
)


def result(text: str, **changes: Any) -> VerseResult:
    """What was written."""
    settings: dict[str, Any] = {"temperature": 0.8, "random_seed": 42, "seconds": 1.26, "unknown": []}
    return VerseResult(text=text, model="my_model@3", **settings | changes)


def verse(
    text: str = "To be", unknown: list[str] | None = None, prompt: str = "", **settings: Any
) -> Message:
    """The message of a verse that was written from these settings."""
    request = REQUEST.model_copy(update=settings)
    written = result(text, temperature=request.temperature, unknown=unknown or [])
    return verse_messages.verse(request, written, prompt)


def description(message: Message) -> str:
    """The text with its escapes."""
    return str(embed(message.body)["description"])


def footer(message: Message) -> str:
    (embed,) = message.body["embeds"]
    return str(embed["footer"]["text"])


def shown(markdown: str) -> str:
    """What Discord shows of fully escaped markdown."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


def test_a_verse_clears_the_waiting_notice_and_pings_nobody() -> None:
    assert verse().body["content"] == ""
    assert verse().body["allowed_mentions"] == {"parse": []}


# The receipt


def test_a_verse_carries_its_receipt() -> None:
    message = verse("To *be*\nor not")
    assert description(message) == "To \\*be\\*\nor not"
    assert footer(message) == "my_model@3 · temperature 0.8 · number 42 · 1.26 s"
    assert message.attachment is None


def test_the_receipt_is_one_line_with_all_that_repeats_the_verse() -> None:
    message = verse(
        style="wild", top_k=10, top_p=0.7, min_p=0.05, context="before\n", unknown=["selfie", "@home"]
    )
    assert footer(message) == (
        "my_model@3 · temperature 0.8 · number 42 · 1.26 s · style wild · top-k 10 · top-p 0.7 · "
        "min-p 0.05 · continued · not in the model's vocabulary: selfie, @home"
    )


def test_a_footer_has_a_limit() -> None:
    message = verse("a" * 4096, unknown=["word" * 200] * 10)
    assert len(footer(message)) == discord_json.MAX_FOOTER
    assert footer(message).endswith("…")
    assert len(footer(message)) + len(description(message)) <= 6000


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_valid_and_stands_in_the_receipt_for_its_truncations(style: str) -> None:
    settings = {"style": style} | asdict(STYLES[style])
    assert VerseRequest.model_validate(REQUEST.model_dump() | settings)
    assert footer(verse(**settings)).endswith(f" · 1.26 s · style {style}")


def test_the_receipt_lists_what_differs_from_the_style() -> None:
    settings = {"style": "cautious"} | asdict(STYLES["cautious"])
    assert footer(verse(**settings | {"top_k": 5})).endswith(" · style cautious · top-k 5")
    assert footer(verse(**settings | {"top_p": None})).endswith(" · 1.26 s · top-k 10")
    assert footer(verse(**settings | {"style": "sonnet"})).endswith(" · 1.26 s · top-k 10 · top-p 0.7")


# The verse


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("ROMEO:\nAy me.\n\nLADY CAPULET:\nNurse!", "**ROMEO:**\nAy me.\n\n**LADY CAPULET:**\nNurse!"),
        ("JULIET\nO Romeo!", "**JULIET**\nO Romeo!"),
        ("First Citizen:\nSpeak.", "**First Citizen:**\nSpeak."),
        ("\nFirst *Citizen:\nSpeak.", "First \\*Citizen:\nSpeak."),
        ("First Lord:\nAnd this he said:\nno", "**First Lord:**\nAnd this he said:\nno"),
        ("I\nam not", "I\nam not"),
        ("ROMEO: speak\nO, ROMEO", "ROMEO: speak\nO, ROMEO"),
    ],
)
def test_the_names_of_speakers_are_bold(text: str, markdown: str) -> None:
    assert description(verse(text)) == markdown
    assert discord_json.unescape(markdown) == text.strip("\n")


@pytest.mark.parametrize(
    ("prompt", "rest", "markdown"),
    [
        ("To be", ", or not", "*To be*, or not"),
        ("ROMEO:\nBut", " soft", "***ROMEO:***\n*But* soft"),
        (" a*b ", "c", r" *a\*b* c"),
        ("one\n\n two", "\nthree", "*one*\n\n *two*\nthree"),
        ("", "To be", "To be"),
    ],
)
def test_what_the_person_wrote_is_in_italics(prompt: str, rest: str, markdown: str) -> None:
    message = verse(prompt + rest, prompt=prompt)
    assert description(message) == markdown
    assert discord_json.unescape(markdown) == prompt + rest


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff"])
def test_characters_that_nobody_sees_are_named_and_do_not_turn_a_receipt_around(hidden: str) -> None:
    message = verse(f"a{hidden}b", unknown=[hidden], prompt=f"a{hidden}b")
    assert footer(message).endswith(f"not in the model's vocabulary: U+{ord(hidden):04X}")


def test_a_whole_poem_has_all_that_was_read_and_written() -> None:
    record = VerseRecord(
        **REQUEST.model_dump(exclude={"reply_to", "context"}),
        context="one\ntwo\n",
        asked_at=1.0,
        result=result("three"),
    )
    (shown,) = verse_messages.poem(record, "en-US")["embeds"]
    assert shown["description"] == "one\ntwo\nthree"
    long = record.model_copy(update={"context": "a line\n" * 500, "result": result("*" * 3000)})
    (shown,) = verse_messages.poem(long, "en-US")["embeds"]
    assert len(shown["description"]) <= 4096


def test_only_a_continued_verse_has_a_whole_poem() -> None:
    assert "poem:" in str(verse(context="before\n").body["components"])
    assert "poem:" not in str(verse().body["components"])


def test_a_verse_that_just_fits_is_whole() -> None:
    message = verse("*" * 2048)
    assert len(description(message)) == 4096
    assert message.attachment is None


def test_a_long_verse_is_cut_at_a_line_end_and_attached() -> None:
    text = "\n".join(f"{number}. *line*" for number in range(400))
    message = verse(text)
    assert len(description(message)) <= 4096
    head = shown(description(message).removesuffix(CUT))
    assert head != shown(description(message))
    assert text.startswith(head + "\n")
    assert message.attachment == Attachment("verse.txt", text.encode())


def test_one_endless_line_is_cut_between_characters() -> None:
    for shift in range(2):
        text = "a" * shift + "*" * 4000
        message = verse(text)
        assert len(description(message)) <= 4096
        head = description(message).removesuffix(CUT)
        assert text.startswith(shown(head))
        assert discord_json.escape(shown(head)) == head


def test_a_blank_verse_says_so() -> None:
    assert description(verse(" \n")) == "(The model wrote only spaces and line ends.)"


# The buttons


def test_a_verse_has_its_buttons() -> None:
    rows = [[button["label"] for button in row["components"]] for row in verse().body["components"]]
    assert rows == [["Again", "Continue", "Hotter", "Colder", "Change…"], ["Discard"]]


@pytest.mark.parametrize(("temperature", "disabled"), [(0, {"Colder"}), (1, set()), (2, {"Hotter"})])
def test_at_an_end_of_the_range_there_is_no_way_on(temperature: float, disabled: set[str]) -> None:
    buttons = [
        button for row in verse(temperature=temperature).body["components"] for button in row["components"]
    ]
    assert {button["label"] for button in buttons if button["disabled"]} == disabled
    assert all(button["custom_id"].endswith(":0123456789abcdef") for button in buttons)


@pytest.mark.parametrize(
    ("line", "bold"),
    [
        ("First Citizen:", True),
        ("DUKE VINCENTIO:", True),
        ("Lord of the Isles:", True),
        ("Why, he shall have stain'd upon their careless:", False),
        ("Therefore to the king:", False),
    ],
)
def test_a_line_that_merely_ends_in_a_colon_is_no_speaker(line: str, bold: bool) -> None:
    shown = next(verse_messages._lines(f"{line}\nand so on"))
    assert shown.startswith("**") is bold
