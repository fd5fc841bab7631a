"""Everything that travels through Redis: round trips, and garbage in its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import readable, texts
from tests.support.request_makers import reply_to, shared_line, train_request, verse_request
from tests.support.tiny_models import summary
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.model_payloads import ModelIndex
from worker.protocol.payload import Payload
from worker.protocol.verse_payloads import VerseRecord, VerseResult, VerseSettings

RESULT = VerseResult(text="a\nverse", model="m@1", temperature=0.8, random_seed=7, seconds=1.5, unknown=["é"])
EXAMPLES: tuple[Payload, ...] = (
    verse_request(),
    VerseRecord(
        **VerseSettings(random_seed=7).model_dump(by_alias=False),
        **{"author": "1", "guild": "2", "channel": "3", "asked_at": 1.0, "result": RESULT},
    ),
    train_request(),
    shared_line(),
    ModelIndex(versions=[summary("letters-a", live=True)]),
    GuildSettings(),
    reply_to(),
)


def anything() -> st.SearchStrategy[Any]:
    """Any JSON, also deep, with huge numbers and any text."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        texts(200),
        st.sampled_from((10**400, -1, "", "0" * 16)),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts(20), inner, max_size=4)),
    )


@st.composite
def damaged(draw: st.DrawFn) -> tuple[type[Payload], bytes]:
    """A payload with a field that is missing, additional, or of another type; cut short; or none at all."""
    example = draw(st.sampled_from(EXAMPLES))
    fields = json.loads(example.model_dump_json())
    name = draw(st.sampled_from(sorted(fields)))
    match draw(st.sampled_from(("missing", "additional", "other", "cut", "any", "bytes", "deep"))):
        case "missing":
            del fields[name]
        case "additional":
            fields[draw(texts(20))] = draw(anything())
        case "other":
            fields[name] = draw(anything())
        case "cut":
            whole = json.dumps(fields).encode()
            return type(example), whole[: draw(st.integers(0, len(whole)))]
        case "any":
            fields = draw(anything())
        case "bytes":
            return type(example), draw(st.binary())
        case "deep":
            return type(example), b"[" * 100_000
    return type(example), json.dumps(fields).encode()


@share(10)
@given(damaged())
def test_a_damaged_payload_is_refused_without_its_content_or_read_as_what_it_says(
    case: tuple[type[Payload], bytes],
) -> None:
    kind, stored = case
    try:
        read = kind.model_validate_json(stored)
    except ValidationError as error:
        assert "very-secret_token" not in str(error)
        return
    assert kind.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_a_payload_comes_back_as_it_was(example: Payload) -> None:
    assert type(example).model_validate_json(example.model_dump_json()) == example


@share(5)
@given(prompt=texts(500), text=readable(4000), unknown=st.lists(readable(5), max_size=20))
def test_a_record_with_any_text_comes_back_as_it_was(prompt: str, text: str, unknown: list[str]) -> None:
    try:
        request = verse_request(prompt=prompt)
    except ValidationError as error:
        assert {problem["type"] for problem in error.errors()} == {"string_unicode"}  # lone surrogates
        return
    result = RESULT.model_copy(update={"text": text, "unknown": unknown})
    for payload in (result, request):
        assert type(payload).model_validate_json(payload.model_dump_json()) == payload
