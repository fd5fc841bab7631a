"""Typed lines, as Discord's client reads and refuses them."""

from typing import Any

import pytest

from sandbox.client import line_parser
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import CommandForm
from sandbox.schemas.validation import parse_form
from sandbox.world import command_registry
from sandbox.world.ids import VERSES_ID
from sandbox.world.state import World
from tests.sandbox.sample_commands import ADMIN, VERSE


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.delenv("SANDBOX_TOKEN", raising=False)
    made = World()
    for body in (VERSE, ADMIN, {"name": "plain", "description": "d"}):
        command_registry.add(made, None, parse_form(CommandForm, body))
    return made


def options_of(world: World, text: str, user: str = "student") -> dict[str, Any]:
    line = line_parser.parse(world, world.users[user], VERSES_ID, text)
    return {option["name"]: option.get("value", option.get("options")) for option in line.data["options"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/verse seed: to be or not to be temperature: 0.8",
            {"seed": "to be or not to be", "temperature": 0.8},
        ),
        ("/verse lines: 3 seed: a: b", {"seed": "a: b", "lines": 3}),
        ('/verse seed: "lines: 3 seed: x" lines: 4', {"seed": "lines: 3 seed: x", "lines": 4}),
        ("/verse seed: 12:30 o'clock", {"seed": "12:30 o'clock"}),
        ("/verse seed: ab private: TRUE kind: word", {"seed": "ab", "private": True, "kind": "w"}),
        ("/plain", {}),
    ],
)
def test_lines(world: World, text: str, expected: dict[str, Any]) -> None:
    assert options_of(world, text) == expected


def test_subcommand_and_member(world: World) -> None:
    line = line_parser.parse(world, world.users["teacher"], VERSES_ID, "/admin train lines: 7")
    assert line.data["options"] == [
        {"type": 1, "name": "train", "options": [{"type": 4, "name": "lines", "value": 7}]}
    ]
    line = line_parser.parse(world, world.users["student"], VERSES_ID, "/verse seed: ab who: @teacher")
    teacher = world.users["teacher"]
    assert line.data["resolved"]["users"][teacher.id]["username"] == "teacher"
    assert line.data["resolved"]["members"][teacher.id]["permissions"].isdigit()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("verse", "slash"),
        ("/vers seed: ab", "Did you mean /verse?"),
        ("/verse", "seed is required"),
        ("/verse seed:", "no value"),
        ("/verse seed: a", "2 to 30 characters"),
        ("/verse seed: " + "a" * 31, "2 to 30 characters"),
        ("/verse seed: ab temprature: 1", "Did you mean temperature:?"),
        ("/verse lines: 3 colour: red seed: ab", "no option colour"),
        ("/verse to be", "belongs to no option"),
        ("/verse seed: ab seed: cd", "given twice"),
        ("/verse seed: ab temperature: nan", "takes a number"),
        ("/verse seed: ab temperature: 1e309", "takes a number"),
        ("/verse seed: ab temperature: -1", "from 0 to 2, not -1."),
        ("/verse seed: ab temperature: " + "9" * 400, "from 0 to 2"),
        ("/verse seed: ab lines: 1.5", "whole number"),
        ("/verse seed: ab lines: 41", "from 1 to 40"),
        ("/verse seed: ab private: maybe", "true or false"),
        ("/verse seed: ab kind: poem", "one of: Word"),
        ("/verse seed: ab who: @nobody", "no '@nobody'"),
        ("/admin status", "Manage Server"),
        ("/plain x", "has no options"),
    ],
)
def test_lines_that_the_client_refuses(world: World, text: str, words: str) -> None:
    with pytest.raises(SandboxError) as refusal:
        options_of(world, text)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_subcommands_are_named(world: World) -> None:
    with pytest.raises(SandboxError, match="/admin train, /admin status"):
        options_of(world, "/admin", "teacher")
