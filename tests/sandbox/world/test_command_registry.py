"""The registration of commands."""

from typing import Any

import pytest

from sandbox.client import line_parser
from sandbox.schemas.command_form import CommandForm
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world import command_registry
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.state import World
from tests.sandbox.sample_commands import ADMIN, OPTIONS, VERSE


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.delenv("SANDBOX_TOKEN", raising=False)
    made = World()
    for body in (VERSE, ADMIN, {"name": "plain", "description": "d"}):
        command_registry.add(made, None, parse_form(CommandForm, body))
    return made


def test_who_sees_a_command(world: World) -> None:
    admin = command_registry.offered(world)["admin"]
    seen = {name: command_registry.shown_to(world, admin, user) for name, user in world.users.items()}
    assert seen == {"student": False, "teacher": True, "assistant": False, "owner": True}
    line = line_parser.parse(world, world.users["student"], VERSES_ID, "/admin status", granted=True)
    assert line.command is admin


def test_server_commands_come_before_global_ones_and_contexts_count(world: World) -> None:
    command_registry.add(world, GUILD_ID, parse_form(CommandForm, {"name": "plain", "description": "here"}))
    command_registry.add(
        world, None, parse_form(CommandForm, {"name": "whisper", "description": "d", "contexts": [1]})
    )
    offered = command_registry.offered(world)
    assert offered["plain"]["description"] == "here" and "whisper" not in offered


def test_bulk_overwrite_keeps_ids_and_removes_the_rest(world: World) -> None:
    former = command_registry.offered(world)["verse"]
    kept = command_registry.replace_all(world, None, [VERSE])
    assert [command["id"] for command in kept] == [former["id"]]
    assert kept[0]["version"] != former["version"] and set(command_registry.offered(world)) == {"verse"}


def option(kind: int, **more: Any) -> dict[str, Any]:
    return {"options": [{"type": kind, "name": "o", "description": "d", **more}]}


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
        ({"contexts": [0, 0]}, "contexts", "SET_TYPE_CONTAINS_DUPLICATE"),
        ({"contexts": [3]}, "contexts.0", "BASE_TYPE_CHOICES"),
        ({"integration_types": [1, 1]}, "integration_types", "SET_TYPE_CONTAINS_DUPLICATE"),
        ({"name": " "}, "name", "BASE_TYPE_REQUIRED"),
        ({"description": " "}, "description", "BASE_TYPE_REQUIRED"),
        ({"type": 5}, "type", "NUMBER_TYPE_MAX"),
        ({"default_member_permissions": str(2**54)}, "default_member_permissions", "NUMBER_TYPE_MAX"),
        (option(7, channel_types=[0, 0]), "options.0.channel_types", "SET_TYPE_CONTAINS_DUPLICATE"),
        (option(7, channel_types=[99]), "options.0.channel_types.0", "BASE_TYPE_CHOICES"),
        (option(4, min_value=1.5), "options.0.min_value", "NUMBER_TYPE_COERCE"),
        (option(4, max_value=2**53), "options.0.max_value", "NUMBER_TYPE_MAX"),
        (option(4, min_value=-(2**53)), "options.0.min_value", "NUMBER_TYPE_MIN"),
        (option(10, max_value=1e300), "options.0.max_value", "NUMBER_TYPE_MAX"),
        (option(10, max_value=float("inf")), "options.0.max_value", "NUMBER_TYPE_COERCE"),
        (option(4, choices=[{"name": "n", "value": 2**53}]), "options.0.choices.0.value", "NUMBER_TYPE_MAX"),
        (option(4, choices=[{"name": "n", "value": "1"}]), "options.0.choices.0.value", "NUMBER_TYPE_COERCE"),
        (option(3, choices=[{"name": "n", "value": 1}]), "options.0.choices.0.value", "STRING_TYPE_CONVERT"),
        (option(4, min_value=2, max_value=1), "options.0", "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID"),
        (option(3, min_length=2, max_length=1), "options.0", "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID"),
        (option(3, max_length=6001), "options.0.max_length", "NUMBER_TYPE_MAX"),
        (option(12), "options.0.type", "NUMBER_TYPE_MAX"),
        (
            option(3, choices=[{"name": "n", "value": "a"}, {"name": "n", "value": "b"}]),
            "options.0",
            "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
        ),
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
def test_registrations_that_are_refused(world: World, body: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        command_registry.replace_all(world, None, [{"name": "verse", "description": "d"} | body])
    assert (refusal.value.status, refusal.value.code) == (400, 50035)
    node = refusal.value.body["errors"]["0"]
    for step in path.split(".") if path else ():
        node = node[step]
    assert [error["code"] for error in node["_errors"]] == [code]
    assert "verse" in command_registry.offered(world)  # nothing was changed


def test_two_commands_of_one_name_and_too_many(world: World) -> None:
    with pytest.raises(Refusal) as twice:
        command_registry.replace_all(world, None, [VERSE, VERSE])
    assert "APPLICATION_COMMANDS_DUPLICATE_NAME" in str(twice.value.body)
    with pytest.raises(Refusal) as many:
        command_registry.replace_all(world, None, [{"name": f"c{n}", "description": "d"} for n in range(101)])
    assert many.value.code == 30032


def test_context_menus_and_slash_commands_have_names_and_limits_of_their_own(world: World) -> None:
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


def test_localizations_are_kept(world: World) -> None:
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


def test_translations_count_by_the_longest() -> None:
    choices = [
        {"name": f"c{n}", "name_localizations": {"de": "x" * 100}, "value": "v" * 100} for n in range(20)
    ]
    options = [OPTIONS[4] | {"name": f"o{n}", "choices": choices, "required": False} for n in range(3)]
    with pytest.raises(Refusal) as refusal:
        parse_form(CommandForm, {"name": "long", "description": "d", "options": options})
    assert refusal.value.body["errors"]["_errors"][0]["code"] == "APPLICATION_COMMAND_TOO_LARGE"
    assert parse_form(CommandForm, {"name": "short", "description": "d", "options": options[:1]})


def test_fields_of_other_types_are_dropped_and_nulls_taken() -> None:
    body = option(3, min_value=1, channel_types=[0], max_length=5, choices=None, required=None)
    body |= {"name": "n", "description": "d", "type": None, "contexts": None, "nsfw": None}
    options = parse_form(CommandForm, body).options
    assert options and options[0].to_json() == {"type": 3, "name": "o", "description": "d", "max_length": 5}


def test_a_command_keeps_its_id_under_another_name(world: World) -> None:
    former = command_registry.offered(world)["plain"]
    body = {"id": former["id"], "name": "renamed", "description": "d"}
    (kept,) = command_registry.replace_all(world, None, [body])
    assert (kept["id"], kept["name"]) == (former["id"], "renamed")


def test_a_command_cannot_take_the_name_of_another(world: World) -> None:
    plain = command_registry.offered(world)["plain"]
    with pytest.raises(Refusal) as refusal:
        command_registry.change(world, None, plain["id"], {"name": "verse"})
    assert refusal.value.body["errors"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"


def test_entry_points_are_not_supported() -> None:
    with pytest.raises(Refusal, match="does not support entry point commands"):
        parse_form(CommandForm, {"name": "n", "type": 4, "handler": 2})
