"""Components of messages that Discord accepts and refuses."""

from typing import Any

import pytest

from tests.sandbox.stage import open_stage

BUTTON = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}


OPTION = {"label": "Word", "value": "w"}


SELECT = {"type": 3, "custom_id": "kind", "options": [OPTION]}


LINK = {"type": 2, "style": 5, "label": "Docs", "url": "https://example.org"}


def row(*components: object) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def buttons(number: int) -> dict[str, Any]:
    return row(*(BUTTON | {"custom_id": f"b{at}"} for at in range(number)))


ROW = "components.0.components"


@pytest.mark.parametrize(
    ("components", "path", "code"),
    [
        ([buttons(6)], ROW, "BASE_TYPE_BAD_LENGTH"),
        ([row()], ROW, "BASE_TYPE_BAD_LENGTH"),
        ([row(LINK)] * 6, "components", "BASE_TYPE_MAX_LENGTH"),
        ([BUTTON], "components.0.type", "UNION_TYPE_CHOICES"),
        ([row({"type": 4, "custom_id": "who"})], f"{ROW}.0.type", "UNION_TYPE_CHOICES"),
        ([{"type": 10, "content": "x"}], "components.0.type", "UNION_TYPE_CHOICES"),
        (
            [row(BUTTON | {"id": 7}), row(LINK | {"id": 7})],
            "components.1.components.0.id",
            "COMPONENT_ID_DUPLICATED",
        ),
        ([row("again")], f"{ROW}.0", "MODEL_TYPE_CONVERT"),
        ([row(BUTTON | {"custom_id": "x" * 101})], f"{ROW}.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([row(BUTTON | {"custom_id": ""})], f"{ROW}.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([row(BUTTON | {"label": "x" * 81})], f"{ROW}.0.label", "BASE_TYPE_MAX_LENGTH"),
        ([row(BUTTON | {"label": None})], f"{ROW}.0.label", "BASE_TYPE_REQUIRED"),
        ([row(BUTTON | {"style": 7})], f"{ROW}.0.style", "BASE_TYPE_CHOICES"),
        ([row(BUTTON | {"custom_id": None})], f"{ROW}.0.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
        ([row(LINK | {"url": None})], f"{ROW}.0.url", "BASE_TYPE_REQUIRED"),
        ([row(LINK | {"url": "nowhere"})], f"{ROW}.0.url", "URL_TYPE_INVALID_URL"),
        ([row({"type": 2, "style": 6})], f"{ROW}.0.sku_id", "BASE_TYPE_REQUIRED"),
        (
            [row({"type": 2, "style": 6, "sku_id": "1", "label": "Buy"})],
            f"{ROW}.0.label",
            "BUTTON_COMPONENT_PREMIUM_FIELD_FORBIDDEN",
        ),
        (
            [row(BUTTON | {"custom_id": None, "url": LINK["url"]})],
            f"{ROW}.0.url",
            "BUTTON_COMPONENT_URL_FORBIDDEN",
        ),
        ([row(BUTTON | {"sku_id": "1"})], f"{ROW}.0.sku_id", "BUTTON_COMPONENT_SKU_FORBIDDEN"),
        ([row(BUTTON | {"id": -1})], f"{ROW}.0.id", "NUMBER_TYPE_MIN"),
        ([row(BUTTON | {"id": 2**31})], f"{ROW}.0.id", "NUMBER_TYPE_MAX"),
        ([row(BUTTON | {"emoji": {"name": "x"}})], f"{ROW}.0.emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
        (
            [row(BUTTON | {"emoji": {"id": "1", "name": "x"}})],
            f"{ROW}.0.emoji.id",
            "BUTTON_COMPONENT_INVALID_EMOJI",
        ),
        ([row(BUTTON, BUTTON)], f"{ROW}.1.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
        (
            [row(BUTTON), row(SELECT | {"custom_id": "again"})],
            "components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        ([row(BUTTON, SELECT)], f"{ROW}.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        ([row(SELECT | {"options": []})], f"{ROW}.0.options", "BASE_TYPE_BAD_LENGTH"),
        (
            [row(SELECT | {"options": [OPTION | {"value": f"{at}"} for at in range(26)]})],
            f"{ROW}.0.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION, OPTION]})],
            f"{ROW}.0.options.1.value",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"label": "x" * 101}]})],
            f"{ROW}.0.options.0.label",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"value": "x" * 101}]})],
            f"{ROW}.0.options.0.value",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"description": "x" * 101}]})],
            f"{ROW}.0.options.0.description",
            "BASE_TYPE_MAX_LENGTH",
        ),
        ([row(SELECT | {"placeholder": "x" * 151})], f"{ROW}.0.placeholder", "BASE_TYPE_MAX_LENGTH"),
        ([row(SELECT | {"max_values": 2})], f"{ROW}.0.options", "BASE_TYPE_MIN_LENGTH"),
        ([row(SELECT | {"min_values": 2})], f"{ROW}.0.min_values", "NUMBER_TYPE_MAX"),
        ([row(SELECT | {"max_values": 26})], f"{ROW}.0.max_values", "NUMBER_TYPE_MAX"),
    ],
)
async def test_components_that_are_refused(components: list[Any], path: str, code: str) -> None:
    async with open_stage() as stage:
        assert stage.problem_at(await stage.refused(stage.post(components)), path) == code


async def test_url_and_custom_id_exclude_each_other() -> None:
    async with open_stage() as stage:
        refused = await stage.refused(stage.post([row(LINK | {"custom_id": "x"})]))
        tree: Any = refused._errors
        tree = tree["components"]["0"]["components"]["0"]
        assert {problem["_errors"][0]["code"] for problem in tree.values()} == {
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
        }


async def test_limits_are_inclusive_and_components_get_numbers() -> None:
    async with open_stage() as stage:
        rows = [
            row(*(BUTTON | {"label": "x" * 80, "custom_id": f"{r}{b}".rjust(100)} for b in range(5)))
            for r in range(4)
        ]
        options = [{"label": "l" * 100, "value": f"{at}".rjust(100), "description": "d"} for at in range(25)]
        select = SELECT | {"options": options, "max_values": 25, "placeholder": "p" * 150}
        assert await stage.post([row(BUTTON, LINK, {"type": 2, "style": 6, "sku_id": "1"})])
        sent = await stage.post([*rows, row(select)])
        numbers = [
            item["id"] for sent_row in sent["components"] for item in [sent_row, *sent_row["components"]]
        ]
        assert sorted(numbers) == list(range(1, 27))
        assert (await stage.channel.fetch_message(int(sent["id"]))).components[4]
