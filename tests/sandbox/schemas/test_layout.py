"""Components of the second version: what Discord takes, shows and refuses."""

import json
from typing import Any

import pytest

from sandbox.schemas.fields import Json
from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"
V2 = 1 << 15
TEXT = {"type": 10, "content": "To be"}
BUTTON = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
ROW = {"type": 1, "components": [BUTTON]}
PICTURE = {"url": "https://example.org/a.png"}
THUMBNAIL = {"type": 11, "media": PICTURE}
FILE = {"type": 13, "file": {"url": "attachment://a.txt"}}


def section(**changes: Any) -> Json:
    return {"type": 9, "components": [TEXT], "accessory": THUMBNAIL, **changes}


def container(*components: Json) -> Json:
    return {"type": 17, "components": list(components)}


@pytest.mark.parametrize(
    ("components", "path", "code"),
    [
        ([{"type": 10, "content": ""}], "components.0.content", "BASE_TYPE_BAD_LENGTH"),
        ([{"type": 10, "content": "x" * 2001}] * 2, "components", "COMPONENT_MAX_TOTAL_TEXT_SIZE_EXCEEDED"),
        ([TEXT] * 41, "components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        ([container(*[TEXT] * 39), TEXT], "components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        ([BUTTON], "components.0.type", "UNION_TYPE_CHOICES"),
        ([container(container(TEXT))], "components.0.components.0.type", "UNION_TYPE_CHOICES"),
        ([container()], "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ([section(components=[TEXT] * 4)], "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ([section(accessory=TEXT)], "components.0.accessory.type", "UNION_TYPE_CHOICES"),
        ([{"type": 9, "components": [TEXT]}], "components.0.accessory", "BASE_TYPE_REQUIRED"),
        ([{"type": 12, "items": []}], "components.0.items", "BASE_TYPE_BAD_LENGTH"),
        ([{"type": 13, "file": PICTURE}], "components.0.file.url", "STRING_TYPE_REGEX"),
        ([{"type": 14, "spacing": 3}], "components.0.spacing", "BASE_TYPE_CHOICES"),
        ([FILE], "components", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"),
        (
            [section(accessory=BUTTON), ROW],
            "components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
    ],
)
async def test_layouts_that_are_refused(components: list[Json], path: str, code: str) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest("POST", MESSAGES, json={"flags": V2, "components": components})
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)
        node = answer.json()["errors"]
        for step in path.split("."):
            node = node[step]
        assert [problem["code"] for problem in node["_errors"]] == [code]


async def test_texts_and_embeds_exclude_the_second_version() -> None:
    async with open_stage(connect=False) as stage:
        body = {"flags": V2, "components": [TEXT], "content": "x", "embeds": [{"title": "t"}]}
        errors = (await stage.rest("POST", MESSAGES, json=body)).json()["errors"]
        assert set(errors) == {"content", "embeds"}
        sent = (await stage.rest("POST", MESSAGES, json={"content": "x"})).json()
        path = f"{MESSAGES}/{sent['id']}"
        kept = (await stage.rest("PATCH", path, json={"flags": V2, "components": [TEXT]})).json()
        assert "flags" in kept["errors"]
        change = {"flags": V2, "components": [TEXT], "content": None}
        changed = (await stage.rest("PATCH", path, json=change)).json()
        assert (changed["content"], changed["flags"] & V2) == ("", V2)
        later = (await stage.rest("PATCH", path, json={"components": [TEXT, section()]})).json()
        assert [component["type"] for component in later["components"]] == [10, 9] and later["flags"] & V2
        assert (await stage.rest("PATCH", path, json={"content": "back"})).status_code == 400


async def test_a_layout_comes_back_with_its_files_and_numbers() -> None:
    components = [
        container(section(), {"type": 12, "items": [{"media": {"url": "attachment://a.txt"}}]}),
        FILE,
        {"type": 14},
        ROW,
    ]
    payload = json.dumps({"flags": V2, "components": components})
    files = {"payload_json": (None, payload, "application/json"), "files[0]": ("a.txt", b"once more")}
    async with open_stage(connect=False) as stage:
        sent = (await stage.rest("POST", MESSAGES, files=files)).json()
        box, file, separator, row = sent["components"]
        assert (file["name"], file["size"]) == ("a.txt", 9)
        assert file["file"]["url"].startswith(stage.box.address) and file["file"]["attachment_id"]
        assert box["accent_color"] is None and box["spoiler"] is False
        assert box["components"][0]["accessory"]["description"] is None
        assert (separator["divider"], separator["spacing"]) == (True, 1)
        assert row["components"][0]["custom_id"] == "again"
        (message,) = stage.world.messages.values()
        assert stage.press("Again").source is message
