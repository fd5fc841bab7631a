"""Waiting notices, and the ends of requests that get no answer."""

import pytest

from shakelm.errors import ShakelmError
from tests.support.discord_messages import embed
from worker.messages import admin_messages, notices
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Body


def test_a_waiting_notice_shows_the_place() -> None:
    assert notices.queued(1, 1)["content"] == "⏳ Your answer is next."
    assert notices.queued(4, 2)["content"] == "⏳ Your answer is number 4 in the queue."
    assert "No verse worker is running" in notices.queued(1, 0)["content"]


def test_a_problem_does_not_break_its_markdown() -> None:
    body = notices.problem(ShakelmError("There is no model '**a**'."))
    assert embed(body)["description"] == r"There is no model '\*\*a\*\*'."


def test_a_refusal_does_not_break_its_markdown_either() -> None:
    body = notices.problem(Refusal("refusal.unknown_model", model="**a**", known=["b_c@1", "*c"]))
    assert embed(body)["description"] == (
        r"There is no model '\*\*a\*\*'. Choose b\_c\@1 or \*c; /models lists all."
    )


def test_a_failure_names_its_reference() -> None:
    assert "1a2b3c4d" in embed(notices.failed("1a2b3c4d"))["description"]


def test_a_waiting_notice_names_the_model_as_it_is() -> None:
    assert admin_messages.promoting("my_model")["content"] == r"⏳ Making my\_model the live model…"


FINAL = [
    notices.expired(),
    notices.failed("1"),
    notices.problem(ShakelmError("No.")),
]


WAITING = [notices.queued(2, 0)]


@pytest.mark.parametrize("body", [*FINAL, *WAITING])
def test_every_message_pings_nobody(body: Body) -> None:
    assert body["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("body", FINAL)
def test_every_final_message_clears_the_waiting_notice(body: Body) -> None:
    assert body["content"] == ""
    assert embed(body)["description"]
