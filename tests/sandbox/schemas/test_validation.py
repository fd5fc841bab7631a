"""Any body is read or refused, never an error of the sandbox."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.schemas.callback_form import AutocompleteForm, CallbackForm
from sandbox.schemas.command_form import CommandForm
from sandbox.schemas.message_form import parse_message_form
from sandbox.schemas.modals import ModalForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form, parse_json

OPTION = {"type": 3, "name": "o", "description": "d", "choices": [{"name": "n", "value": "v"}]}
BUTTON = {"type": 2, "style": 1, "label": "l", "custom_id": "b", "emoji": {"name": "🎭"}}
SELECT = {"type": 3, "custom_id": "s", "options": [{"label": "l", "value": "v", "default": True}]}
USERS = {"type": 5, "custom_id": "u", "default_values": [{"id": "1", "type": "user"}]}
TEXT = {"type": 10, "content": "x"}
MEDIA = {"url": "https://example.org/a.png"}

MESSAGE = {
    "content": "x",
    "embeds": [
        {
            "title": "t",
            "timestamp": "2026-01-01T00:00:00Z",
            "color": 1,
            "image": MEDIA,
            "author": {"name": "n"},
            "footer": {"text": "f"},
            "fields": [{"name": "n", "value": "v"}],
        }
    ],
    "allowed_mentions": {"parse": ["users"], "roles": ["1"]},
    "components": [{"type": 1, "components": [BUTTON]}, {"type": 1, "components": [SELECT]}],
    "attachments": [{"id": 0, "filename": "a"}],
    "message_reference": {"message_id": "1"},
    "nonce": "n",
}
LAYOUT = {
    "flags": 1 << 15,
    "components": [
        {
            "type": 17,
            "components": [
                {"type": 9, "components": [TEXT], "accessory": {"type": 11, "media": MEDIA}},
                {"type": 12, "items": [{"media": MEDIA}]},
                {"type": 13, "file": {"url": "attachment://a"}},
                {"type": 14, "spacing": 1},
                {"type": 1, "components": [USERS]},
            ],
        }
    ],
}
MODAL = {
    "custom_id": "m",
    "title": "t",
    "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "l"}]},
        {"type": 18, "label": "l", "component": {"type": 19, "custom_id": "f"}},
        {"type": 18, "label": "l", "component": {"type": 22, "custom_id": "c", "options": SELECT["options"]}},
        TEXT,
    ],
}
COMMAND = {
    "name": "n",
    "description": "d",
    "name_localizations": {"de": "n"},
    "options": [{"type": 2, "name": "g", "description": "d", "options": [
        {"type": 1, "name": "s", "description": "d", "options": [OPTION]}
    ]}],
    "default_member_permissions": "8",
    "contexts": [0],
}  # fmt: skip

FORMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "message": (parse_message_form, MESSAGE),
    "layout": (parse_message_form, LAYOUT),
    "command": (lambda body: parse_form(CommandForm, body), COMMAND),
    "commands": (lambda body: parse_form(list[CommandForm], body), [COMMAND]),
    "modal": (lambda body: parse_form(ModalForm, body), MODAL),
    "callback": (lambda body: parse_form(CallbackForm, body), {"type": 4, "data": {}}),
    "completions": (lambda body: parse_form(AutocompleteForm, body), {"choices": OPTION["choices"]}),
}

TEXTS: list[Any] = ["", " ", "x" * 5000, "\ud800", "\x00", "NaN", "Infinity", "1e400", "-1"]
NUMBERS: list[Any] = [-1, 0, 1.5, 2**53, 2**70, -(2**70), 1e300, float("inf"), float("nan")]
OTHERS: list[Any] = [None, True, [], {}, [[]], {"": None}, [None], [{}], {"type": 1}, {"type": {}}]
HOSTILE = st.sampled_from([*TEXTS, *NUMBERS, *OTHERS])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values within a body."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A body with another value at a path."""
    if not path:
        return value
    made = copy.deepcopy(body)
    node = made
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return made


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=300)
@given(data=st.data())
def test_any_body_is_read_or_refused(name: str, data: st.DataObject) -> None:
    parse, body = FORMS[name]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(body))))
        body = changed(body, path, data.draw(HOSTILE))
    try:
        parse(body)
    except Refusal as refusal:
        assert refusal.status in (400, 501)
        assert json.loads(json.dumps(refusal.body, allow_nan=False)) == refusal.body


@pytest.mark.parametrize(
    "text",
    ["NaN", "[Infinity]", '{"a": -Infinity}', "1e400", "[" * 101 + "]" * 101, "[" * 10**6, "", "{", "'x'"],
)
def test_json_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_json_that_is_read() -> None:
    deep = "[" * 99 + "]" * 99
    assert parse_json('{"a": [1, 1.5, null, true, "\\ud800"]}') == {"a": [1, 1.5, None, True, "\ud800"]}
    assert json.dumps(parse_json(deep)) == deep


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"content": "\ud800"}, "content", "STRING_TYPE_CONVERT"),
        ({"flags": "9" * 5000}, "flags", "NUMBER_TYPE_COERCE"),
        ({"flags": 1e308}, "flags", "NUMBER_TYPE_COERCE"),
        ({"tts": "\ud800"}, "tts", "STRING_TYPE_CONVERT"),
    ],
)
def test_codes_of_values_that_cannot_be_read(body: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_message_form(body)
    assert refused.value.body["errors"][field]["_errors"][0]["code"] == code
