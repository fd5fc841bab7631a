"""Messages: escaping, limits, and that each one tells all it must."""

import re
from typing import Any

import pytest

from shakelm.errors import ShakelmError
from worker.messages import admin_messages, discord_json
from worker.messages.catalog import Refusal


def embed(body: discord_json.Body) -> dict[str, Any]:
    (embed,) = body["embeds"]
    return dict(embed)


def shown(markdown: str) -> str:
    """What Discord shows of markdown whose every special character is escaped."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*a* _b_ ~~c~~ `d` ||e||", r"\*a\* \_b\_ \~\~c\~\~ \`d\` \|\|e\|\|"),
        ("a\\*b", r"a\\\*b"),
        ("> a\n# b\n-# c\n- d\n+ e\n * f", "\\> a\n\\# b\n\\-# c\n\\- d\n\\+ e\n \\* f"),
        ("1. a\n 22. b", "1\\. a\n 22\\. b"),
        ("a - b, 1.5 > 1 # c.", "a - b, 1.5 > 1 # c."),
        ("[a](https://b.c)", r"\[a\]\(https\://b.c\)"),
        ("https://b.c <https://b.c>", r"https\://b.c \<https\://b.c>"),
        ("<@1> <#2> @everyone", r"\<\@1> \<#2> \@everyone"),
        ("<:smile:1> :smile: :+1:", r"\<\:smile:1> \:smile: \:+1:"),
        ("<t:1700000000:R>", r"\<t\:1700000000:R>"),
        ("ROMEO:\nAy me!", "ROMEO:\nAy me!"),
        ("a\r\n# b\r# c", "a\n\\# b\n\\# c"),
        ("", ""),
    ],
)
def test_escaped_text_is_shown_as_it_is(text: str, escaped: str) -> None:
    assert discord_json.escape(text) == escaped
    assert shown(escaped) == re.sub(r"\r\n?", "\n", text)


def test_a_waiting_notice_says_the_place() -> None:
    assert discord_json.queued(1, 1)["content"] == "⏳ Your answer is next."
    assert discord_json.queued(4, 2)["content"] == "⏳ Your answer has place 4 in the queue."
    assert "No worker is running" in discord_json.queued(1, 0)["content"]


def test_a_problem_does_not_break_its_markdown() -> None:
    body = discord_json.problem(ShakelmError("There is no model '**a**'."))
    assert embed(body)["description"] == r"There is no model '\*\*a\*\*'."


def test_a_refusal_does_not_break_its_markdown_either() -> None:
    body = discord_json.problem(Refusal("refusal.unknown_model", model="**a**", known="b_c@1"))
    assert embed(body)["description"] == (
        r"There is no model '\*\*a\*\*': choose one of b\_c\@1; /models shows them all."
    )


def test_a_failure_names_its_reference() -> None:
    assert "1a2b3c4d" in embed(discord_json.failed("1a2b3c4d"))["description"]


def test_a_waiting_notice_names_the_model_as_it_is() -> None:
    assert admin_messages.promoting("my_model")["content"] == r"⏳ Making my\_model live …"


FINAL = [
    discord_json.expired(),
    discord_json.failed("1"),
    discord_json.problem(ShakelmError("No.")),
]


WAITING = [discord_json.queued(2, 0)]


@pytest.mark.parametrize("body", [*FINAL, *WAITING])
def test_every_message_pings_nobody(body: discord_json.Body) -> None:
    assert body["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("body", FINAL)
def test_every_final_message_clears_the_waiting_notice(body: discord_json.Body) -> None:
    assert body["content"] == ""
    assert embed(body)["description"]
