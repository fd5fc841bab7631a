"""Verses that go on with other verses."""

import time
from typing import Any

from worker.protocol import poems
from worker.protocol.verse_payloads import MAX_CONTEXT_CHARACTERS, VerseRecord, VerseResult


def record(text: str | None = None, **changes: Any) -> VerseRecord:
    result = None
    if text is not None:
        result = VerseResult(text=text, model="m@1", temperature=0, random_seed=7, seconds=0.1, unknown=[])
    settings = {"author": "1", "guild": "2", "channel": "3", "number": 7, "asked_at": time.time()}
    return VerseRecord(**settings | changes, result=result)


def test_a_continuation_is_the_same_verse_behind_what_was_written() -> None:
    first = record("To be,\nor not.", prompt="To be")
    assert poems.continuation(first) == {"written": "To be,\nor not."}

    second = record("\nThat is\nthe question.", prompt="To be", written="To be,\nor not.")
    assert poems.continuation(second) == {"written": "To be,\nor not.\nThat is\nthe question."}
    assert poems.whole(second) == "To be,\nor not.\nThat is\nthe question."


def test_after_a_verse_without_text_another_one_is_written() -> None:
    assert poems.continuation(record()) == {"random_seed": None}
    assert poems.continuation(record(" \n", context="c\n")) == {"random_seed": None}


def test_a_poem_that_has_grown_too_long_begins_anew_with_its_last_lines() -> None:
    lines = "".join(f"line {number}\n" for number in range(400))
    changes = poems.continuation(record("a\nb", prompt="line 0", context="line\n" * 120, written=lines))
    assert (changes["prompt"], changes["written"], changes["random_seed"]) == ("", "", None)
    context = changes["context"]
    assert MAX_CONTEXT_CHARACTERS - 20 < len(context) <= MAX_CONTEXT_CHARACTERS
    assert context.startswith("line\n")
    assert context.endswith("line 399\na\nb\n")


def test_another_verse_in_the_place_of_a_continuation_has_the_text_before_as_context() -> None:
    second = record("\nThat is.", prompt="To be", context="Hm.\n", written="To be,\nor not.")
    anew = poems.anew(second)
    assert (anew.context, anew.prompt, anew.written) == ("Hm.\nTo be,\nor not.\n", "", "")
    first = record("To be.", prompt="To be", context="Hm.\n")
    assert poems.anew(first) == first
