"""Recorded requests against a small OpenAPI description."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.conformance import check
from tests.sandbox.programs import finished

SNOWFLAKE = {"$ref": "#/components/schemas/SnowflakeType"}


BODY = {
    "type": "object",
    "properties": {
        "content": {"type": ["string", "null"], "maxLength": 5},
        "attachments": {"type": "array", "items": {"type": "object", "properties": {"id": SNOWFLAKE}}},
        "components": {"items": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}},
    },
}


UNION = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"type": {"enum": [4]}, "data": {"$ref": "#/components/schemas/Body"}},
        },
        {"type": "object", "properties": {"type": {"enum": [8]}}},
    ],
    "x-discord-union": "oneOf",
}


SPEC = {
    "openapi": "3.1.0",
    "paths": {
        "/users/@me": {"get": {}},
        "/users/{user_id}": {
            "parameters": [{"name": "user_id", "in": "path", "required": True, "schema": SNOWFLAKE}],
            "get": {},
        },
        "/channels/{channel_id}/messages": {
            "parameters": [{"name": "channel_id", "in": "path", "required": True, "schema": SNOWFLAKE}],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "wait", "in": "query", "schema": {"type": "boolean"}},
                ]
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Body"}},
                        "multipart/form-data": {
                            "schema": {
                                "allOf": [
                                    {"$ref": "#/components/schemas/Body"},
                                    {"type": "object", "properties": {"files[0]": {"type": "string"}}},
                                ]
                            }
                        },
                    },
                }
            },
        },
        "/callback": {"post": {"requestBody": {"content": {"application/json": {"schema": UNION}}}}},
    },
    "components": {
        "schemas": {
            "SnowflakeType": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "format": "snowflake"},
            "Body": BODY,
        }
    },
}


def request(
    method: str,
    path: str,
    body: Any = None,
    kind: str | None = "application/json",
    query: dict[str, str] | None = None,
    files: tuple[str, ...] = (),
) -> dict[str, Any]:
    kind = None if body is None and not files else kind
    return {
        "method": method,
        "path": path,
        "query": query or {},
        "content_type": kind,
        "body": body,
        "files": list(files),
    }


GOOD = [
    request("GET", "/users/@me"),
    request("GET", "/users/12"),
    request("GET", "/channels/12/messages", query={"limit": "100", "wait": "0"}),
    request("POST", "/channels/12/messages", {"content": None}),
    request(
        "POST", "/channels/12/messages", {"attachments": [{"id": 0}]}, "multipart/form-data", files=("0",)
    ),
    request("POST", "/callback", {"type": 8}),
]


def test_good_requests() -> None:
    report = check(SPEC, GOOD)
    assert report.violations == []
    assert report.routes["POST /channels/{channel_id}/messages"] == 2
    assert report.routes["GET /users/@me"] == 1


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (request("GET", "/nowhere"), "no such route"),
        (request("DELETE", "/users/@me"), "no such route"),
        (request("GET", "/users/012"), "path parameter user_id"),
        (request("GET", "/channels/12/messages", query={"limit": "101"}), "query parameter limit"),
        (request("GET", "/channels/12/messages", query={"wait": "maybe"}), "query parameter wait"),
        (request("GET", "/channels/12/messages", query={"other": "1"}), "other is not described"),
        (request("POST", "/channels/12/messages"), "the body is missing"),
        (request("POST", "/channels/12/messages", {"content": "x" * 6}), "body.content"),
        (request("POST", "/channels/12/messages", {"content": 5}), "body.content"),
        (request("POST", "/channels/12/messages", {"content": ""}, "text/plain"), "content type text/plain"),
        (request("POST", "/channels/12/messages", {"components": [{"a": 1, "b": 2}]}), "body.components[0]"),
        (request("POST", "/channels/12/messages", {"attachments": [{"id": "x"}]}), "body.attachments[0].id"),
        (request("POST", "/callback", {"type": 9}), "body"),
        (request("POST", "/callback", {"type": 4, "data": {"content": "x" * 6}}), "body"),
        (request("GET", "/users/@me", {"x": 1}), "the description has none"),
    ],
)
def test_bad_requests(bad: dict[str, Any], words: str) -> None:
    report = check(SPEC, [*GOOD, bad])
    assert len(report.violations) == 1 and words in report.violations[0]
    assert "\n" not in report.violations[0]


def test_program(tmp_path: Path) -> None:
    spec, good, bad = (tmp_path / name for name in ("spec.json", "good.jsonl", "bad.jsonl"))
    spec.write_text(json.dumps(SPEC))
    good.write_text("".join(json.dumps(item) + "\n" for item in GOOD))
    bad.write_text(good.read_text() + json.dumps(request("GET", "/nowhere")) + "\n")
    passed = finished("-m", "sandbox.conformance", "--spec", spec, "--requests", good)
    assert passed.returncode == 0 and "6 requests, 0 violations" in passed.stdout
    failed = finished("-m", "sandbox.conformance", "--spec", spec, "--requests", bad)
    assert failed.returncode == 1 and "violation: GET /nowhere" in failed.stdout
    missing = finished("-m", "sandbox.conformance", "--spec", tmp_path / "none", "--requests", good)
    assert missing.returncode == 1 and missing.stderr.startswith("Cannot read")
