"""The limits of messages, and Discord's errors for what exceeds them."""

from typing import Any

import pytest
import requests

from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"


def refused(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


FIELD = {"name": "n", "value": "v"}


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
        ({"content": 5}, "content", "STRING_TYPE_CONVERT"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"fields": [FIELD] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"),
        (
            {"embeds": [{"fields": [FIELD | {"name": "x" * 257}]}]},
            "embeds.0.fields.0.name",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"embeds": [{"fields": [FIELD | {"value": "x" * 1025}]}]},
            "embeds.0.fields.0.value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"embeds": [{"fields": [FIELD | {"value": " "}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"fields": [{"name": "n"}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "t"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
        ({"embeds": [{"title": "t", "color": 2**24}]}, "embeds.0.color", "NUMBER_TYPE_MAX"),
        *(
            ({"embeds": [{"title": "t", "url": url}]}, "embeds.0.url", "URL_TYPE_INVALID_URL")
            for url in ("nowhere", "http://", "https://[::1", "https://a b", "javascript://a", "https:a")
        ),
        ({"embeds": {}}, "embeds", "LIST_TYPE_CONVERT"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["all"]}},
            "allowed_mentions.parse.0",
            "BASE_TYPE_CHOICES",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        ({"content": "x", "attachments": [{"id": "x"}]}, "attachments.0.id", "NUMBER_TYPE_COERCE"),
    ],
)
async def test_message_forms(body: dict[str, Any], path: str, code: str) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest("POST", MESSAGES, json=body)
        assert refused(answer) == (400, 50035)
        node = answer.json()["errors"]
        for step in path.split("."):
            node = node[step]
        assert [error["code"] for error in node["_errors"]] == [code]


async def test_limits_are_inclusive_and_count_without_outer_whitespace() -> None:
    async with open_stage(connect=False) as stage:
        fields = [{"name": "n" * 256, "value": "v" * 1024}]
        embeds = [
            {"title": "t" * 256, "description": " " + "d" * 4096 + "\n"},
            {"fields": fields, "footer": {"text": "f" * (6000 - 256 - 4096 - 256 - 1024)}},
        ]
        answer = await stage.rest("POST", MESSAGES, json={"content": " " + "x" * 2000, "embeds": embeds})
        assert answer.status_code == 200 and len(answer.json()["embeds"][0]["description"]) == 4096
        assert refused(await stage.rest("POST", MESSAGES, json={})) == (400, 50006)
        assert refused(await stage.rest("POST", MESSAGES, json={"embeds": [{"color": 1}]})) == (400, 50006)
