"""Embeds: what becomes of their times."""

import pytest

from sandbox.schemas.embeds import Embed
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-04-23T12:00:00.000Z", "2026-04-23T12:00:00+00:00"),
        ("2026-04-23T12:00:00.25+02:00", "2026-04-23T10:00:00.250000+00:00"),
        ("2026-04-23T12:00", "2026-04-23T12:00:00+00:00"),
        ("2026-04-23T12:00:00+05:30:15", "2026-04-23T06:29:45+00:00"),  # a browser reads no such offset
        ("", None),
        (None, None),
    ],
)
def test_times_are_shown_in_utc(given: str | None, shown: str | None) -> None:
    assert parse_form(Embed, {"title": "t", "timestamp": given}).timestamp == shown


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_form(Embed, {"title": "t", "timestamp": text})
    (problem,) = refused.value.body["errors"]["timestamp"]["_errors"]
    assert problem["code"] == "DATE_TIME_TYPE_PARSE"
