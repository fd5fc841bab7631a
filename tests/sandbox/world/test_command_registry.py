"""Registration of commands and the reading of typed lines."""

import pytest

from sandbox.client import line_parser
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import CommandForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import command_registry
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.state import World

OPTIONS = [
    {"type": 3, "name": "seed", "description": "d", "required": True, "min_length": 2, "max_length": 30},
    {"type": 10, "name": "temperature", "description": "d", "min_value": 0, "max_value": 2},
    {"type": 4, "name": "lines", "description": "d", "min_value": 1, "max_value": 40},
    {"type": 5, "name": "private", "description": "d"},
    {"type": 3, "name": "kind", "description": "d", "choices": [{"name": "Word", "value": "w"}]},
    {"type": 6, "name": "who", "description": "d"},
]
VERSE = {"name": "verse", "description": "Write", "options": OPTIONS}
ADMIN = {
    "name": "admin",
    "description": "For teachers",
    "default_member_permissions": "32",
    "options": [
        {"type": 1, "name": "train", "description": "d", "options": [OPTIONS[2]]},
        {"type": 1, "name": "status", "description": "d"},
    ],
}


@pytest.fixture
def world(monkeypatch):
    monkeypatch.delenv("SANDBOX_TOKEN", raising=False)
    made = World()
    for body in (VERSE, ADMIN, {"name": "plain", "description": "d"}):
        command_registry.add(made, None, parse_form(CommandForm, body))
    return made


def options_of(world, text, user="student"):
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
def test_lines(world, text, expected):
    assert options_of(world, text) == expected


def test_subcommand_and_member(world):
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
        ("/verse seed: ab temperature: -1", "from 0 to 2"),
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
def test_lines_that_the_client_refuses(world, text, words):
    with pytest.raises(SandboxError) as refusal:
        options_of(world, text)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_subcommands_are_named(world):
    with pytest.raises(SandboxError, match="/admin train, /admin status"):
        options_of(world, "/admin", "teacher")


def test_who_sees_a_command(world):
    admin = command_registry.offered(world)["admin"]
    seen = {name: command_registry.shown_to(world, admin, user) for name, user in world.users.items()}
    assert seen == {"student": False, "teacher": True, "assistant": False, "owner": True}
    line = line_parser.parse(world, world.users["student"], VERSES_ID, "/admin status", granted=True)
    assert line.command is admin


def test_server_commands_come_before_global_ones_and_contexts_count(world):
    command_registry.add(world, GUILD_ID, parse_form(CommandForm, {"name": "plain", "description": "here"}))
    command_registry.add(
        world, None, parse_form(CommandForm, {"name": "whisper", "description": "d", "contexts": [1]})
    )
    offered = command_registry.offered(world)
    assert offered["plain"]["description"] == "here" and "whisper" not in offered


def test_bulk_overwrite_keeps_ids_and_removes_the_rest(world):
    former = command_registry.offered(world)["verse"]
    kept = command_registry.replace_all(world, None, [VERSE])
    assert [command["id"] for command in kept] == [former["id"]]
    assert kept[0]["version"] != former["version"] and set(command_registry.offered(world)) == {"verse"}


LONG = [{"type": 3, "name": f"o{n}", "description": "d" * 100} for n in range(25)]


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"name": "Verse"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "a b"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "x" * 33}, "name", "BASE_TYPE_MAX_LENGTH"),
        ({"description": ""}, "description", "BASE_TYPE_REQUIRED"),
        ({"description": "x" * 101}, "description", "BASE_TYPE_MAX_LENGTH"),
        ({"options": [*LONG, LONG[0]]}, "options", "BASE_TYPE_MAX_LENGTH"),
        ({"options": [OPTIONS[1], OPTIONS[0]]}, "options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
        (
            {"options": [OPTIONS[0], OPTIONS[0]]},
            "options",
            "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        ),
        (
            {"options": [ADMIN["options"][0], OPTIONS[0]]},
            "options",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            {"options": [{**OPTIONS[4], "choices": [{"name": f"c{n}", "value": "v"} for n in range(26)]}]},
            "options.0.choices",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"options": [{**OPTIONS[4], "autocomplete": True}]},
            "options.0",
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
        ),
        (
            {"options": [{**OPTIONS[4], "choices": [{"name": "c", "value": "v" * 101}]}]},
            "options.0.choices.0.value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"contexts": []}, "contexts", "BASE_TYPE_MIN_LENGTH"),
        ({"name_localizations": {"es": "verso"}}, "name_localizations.es", "BASE_TYPE_CHOICES"),
        (
            {"name_localizations": {"es-ES": "Un Verso"}},
            "name_localizations",
            "APPLICATION_COMMAND_INVALID_NAME",
        ),
        (
            {"name_localizations": {"es-ES": "x" * 33}},
            "name_localizations.es-ES",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"description_localizations": {"es-ES": "x" * 101}},
            "description_localizations.es-ES",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"options": [OPTIONS[2] | {"name_localizations": {"es-ES": "Líneas"}}]},
            "options.0.name_localizations.es-ES",
            "APPLICATION_COMMAND_INVALID_NAME",
        ),
        (
            {"type": 3, "name": "Verse of It"},
            "description",
            "APPLICATION_COMMAND_CONTEXT_MENU_INVALID",
        ),
        (
            {"type": 2, "name": "Verse of It", "description": "", "options": [OPTIONS[1]]},
            "options",
            "APPLICATION_COMMAND_CONTEXT_MENU_INVALID",
        ),
        ({"type": 3, "name": "x" * 33, "description": ""}, "name", "BASE_TYPE_MAX_LENGTH"),
        (
            {
                "options": [
                    {"type": 1, "name": f"s{n}", "description": "d" * 100, "options": LONG} for n in range(4)
                ]
            },
            "",
            "APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)
def test_registrations_that_are_refused(world, body, path, code):
    with pytest.raises(Refusal) as refusal:
        command_registry.replace_all(world, None, [{"name": "verse", "description": "d"} | body])
    assert (refusal.value.status, refusal.value.code) == (400, 50035)
    node = refusal.value.body["errors"]["0"]
    for step in path.split(".") if path else ():
        node = node[step]
    assert [error["code"] for error in node["_errors"]] == [code]
    assert "verse" in command_registry.offered(world)  # nothing was changed


def test_two_commands_of_one_name_and_too_many(world):
    with pytest.raises(Refusal) as twice:
        command_registry.replace_all(world, None, [VERSE, VERSE])
    assert "APPLICATION_COMMANDS_DUPLICATE_NAME" in str(twice.value.body)
    with pytest.raises(Refusal) as many:
        command_registry.replace_all(world, None, [{"name": f"c{n}", "description": "d"} for n in range(101)])
    assert many.value.code == 30032


def test_context_menus_and_slash_commands_have_names_and_limits_of_their_own(world):
    menus = [{"type": kind, "name": f"Verse {number}"} for kind in (2, 3) for number in range(15)]
    slash = [{"name": f"c{number}", "description": "d"} for number in range(100)]
    assert len(command_registry.replace_all(world, None, [*menus, *slash])) == 130
    for kind in (2, 3):
        with pytest.raises(Refusal) as many:
            command_registry.add(world, None, parse_form(CommandForm, {"type": kind, "name": "One more"}))
        assert many.value.code == 30032 and str(many.value).endswith("(15)")
    again, new = command_registry.add(world, None, parse_form(CommandForm, menus[0]))
    assert again["name"] == "Verse 0" and not new
    assert set(command_registry.offered(world, 2)) == {f"Verse {number}" for number in range(15)}
    assert set(command_registry.offered(world)) == {f"c{number}" for number in range(100)}


def test_localizations_are_kept(world):
    body = {
        "name": "verse",
        "description": "Write",
        "name_localizations": {"es-ES": "verso"},
        "description_localizations": {"es-ES": "Escribe"},
        "options": [OPTIONS[2] | {"name_localizations": {"es-ES": "líneas"}}],
    }
    command, _ = command_registry.add(world, None, parse_form(CommandForm, body))
    assert command["name_localizations"] == {"es-ES": "verso"}
    assert command["description_localizations"] == {"es-ES": "Escribe"}
    assert command["options"][0]["name_localizations"] == {"es-ES": "líneas"}
    changed = command_registry.change(world, None, command["id"], {"description": "Write it"})
    assert changed["name_localizations"] == {"es-ES": "verso"}
    menu, _ = command_registry.add(
        world,
        None,
        parse_form(CommandForm, {"type": 3, "name": "Go on", "name_localizations": {"de": "Weiter so"}}),
    )
    assert menu["name_localizations"] == {"de": "Weiter so"}
