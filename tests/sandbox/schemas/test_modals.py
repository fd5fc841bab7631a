"""Modals that Discord refuses."""

from typing import Any

import pytest

from tests.sandbox.stage import open_stage

INPUT = {"type": 4, "custom_id": "seed", "style": 1, "label": "Seed"}


ROW = {"type": 1, "components": [INPUT]}


SELECT = {"type": 3, "custom_id": "kind", "options": [{"label": "Word", "value": "w"}]}


LABEL = {"type": 18, "label": "Kind", "component": SELECT}


MODAL = {"custom_id": "change", "title": "Change", "components": [ROW]}


def rows(number: int) -> list[dict[str, Any]]:
    return [{"type": 1, "components": [INPUT | {"custom_id": f"i{at}"}]} for at in range(number)]


def row(**changes: object) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": [INPUT | changes]}]}


FIRST = "data.components.0.components.0"


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"title": "x" * 46}, "data.title", "BASE_TYPE_BAD_LENGTH"),
        ({"title": None}, "data.title", "STRING_TYPE_CONVERT"),
        ({"custom_id": "x" * 101}, "data.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ({"components": rows(6)}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": []}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [INPUT]}, "data.components.0.type", "UNION_TYPE_CHOICES"),
        (
            {"components": [ROW, ROW]},
            "data.components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"components": [{"type": 1, "components": [INPUT, INPUT | {"custom_id": "b"}]}]},
            "data.components.0.components.1",
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        ),
        (row(label=None), f"{FIRST}.label", "BASE_TYPE_REQUIRED"),
        (row(label="x" * 46), f"{FIRST}.label", "BASE_TYPE_BAD_LENGTH"),
        (row(style=3), f"{FIRST}.style", "BASE_TYPE_CHOICES"),
        (row(custom_id="x" * 101), f"{FIRST}.custom_id", "BASE_TYPE_BAD_LENGTH"),
        (row(placeholder="x" * 101), f"{FIRST}.placeholder", "BASE_TYPE_MAX_LENGTH"),
        (row(value="x" * 4001), f"{FIRST}.value", "BASE_TYPE_MAX_LENGTH"),
        (row(value="abc", max_length=2), f"{FIRST}.value", "BASE_TYPE_MAX_LENGTH"),
        (row(value="a", min_length=2), f"{FIRST}.value", "BASE_TYPE_MIN_LENGTH"),
        (row(min_length=3, max_length=2), f"{FIRST}.min_length", "NUMBER_TYPE_MAX"),
        (row(max_length=4001), f"{FIRST}.max_length", "NUMBER_TYPE_MAX"),
        ({"components": [LABEL | {"label": "x" * 46}]}, "data.components.0.label", "BASE_TYPE_BAD_LENGTH"),
        (
            {"components": [LABEL | {"component": {"type": 2}}]},
            "data.components.0.component.type",
            "UNION_TYPE_CHOICES",
        ),
        (
            {"components": [LABEL | {"component": SELECT | {"options": []}}]},
            "data.components.0.component.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
    ],
)
async def test_modals_that_are_refused(changes: dict[str, Any], path: str, code: str) -> None:
    async with open_stage() as stage:
        interaction = stage.type("/silent")
        refused = await stage.refused(stage.call_back(interaction, 9, MODAL | changes))
        assert stage.problem_at(refused, path) == code
        await stage.call_back(interaction, 9, MODAL)
        assert interaction.modal and interaction.modal["title"] == "Change"
