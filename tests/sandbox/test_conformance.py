"""Recorded requests, answers and events against a small OpenAPI description, and against Discord's."""

import io
import json
from pathlib import Path
from typing import Any

import discord
import pytest

from sandbox.client import clicks, typed_input
from sandbox.client.option_values import LocalFile
from sandbox.conformance import check
from sandbox.event_schemas import EVENTS
from sandbox.schemas.intents import PRIVILEGED
from sandbox.world.ids import ANNOUNCEMENTS_ID, GUILD_ID, VERSES_ID
from sandbox.world.state import World
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.bot_with_layouts import Layout
from tests.sandbox.discord_description import discord_description
from tests.sandbox.programs import finished
from tests.sandbox.stage import Stage, connected, open_stage

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


ANSWERS = {
    "200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"id": SNOWFLAKE}}}}},
    "204": {},
    "4XX": {"$ref": "#/components/responses/Refused"},
}


SPEC = {
    "openapi": "3.1.0",
    "paths": {
        "/users/@me": {"get": {"responses": ANSWERS}},
        "/users/{user_id}": {
            "parameters": [{"name": "user_id", "in": "path", "required": True, "schema": SNOWFLAKE}],
            "get": {"responses": ANSWERS},
        },
        "/channels/{channel_id}/messages": {
            "parameters": [{"name": "channel_id", "in": "path", "required": True, "schema": SNOWFLAKE}],
            "get": {
                "responses": ANSWERS,
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "wait", "in": "query", "schema": {"type": "boolean"}},
                ],
            },
            "post": {
                "responses": ANSWERS,
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
                },
            },
        },
        "/callback": {
            "post": {
                "responses": ANSWERS,
                "requestBody": {"content": {"application/json": {"schema": UNION}}},
            }
        },
    },
    "components": {
        "responses": {
            "Refused": {"content": {"application/json": {"schema": {"type": "object", "required": ["code"]}}}}
        },
        "schemas": {
            "SnowflakeType": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "format": "snowflake"},
            "Body": BODY,
        },
    },
}


def request(
    method: str,
    path: str,
    body: Any = None,
    kind: str | None = "application/json",
    query: dict[str, str] | None = None,
    files: tuple[str, ...] = (),
    **answered: Any,
) -> dict[str, Any]:
    kind = None if body is None and not files else kind
    return {
        "method": method,
        "path": path,
        "query": query or {},
        "content_type": kind,
        "body": body,
        "files": list(files),
        "status": 200,
        "answer": {},
        "fault": None,
        **answered,
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
    request("GET", "/users/@me", answer={"id": "12"}),
    request("GET", "/users/@me", status=204, answer=None),
    request("GET", "/users/@me", status=404, answer={"code": 10008}),
    request("GET", "/users/@me", status=503, answer=None, fault="503"),
    {"event": "MESSAGE_DELETE", "data": {"id": "1", "channel_id": "2"}},
]


def test_good_requests() -> None:
    report = check(SPEC, GOOD)
    assert report.violations == []
    assert report.routes["POST /channels/{channel_id}/messages"] == 2
    assert report.routes["GET /users/@me"] == 5
    assert report.routes["event MESSAGE_DELETE"] == 1


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
        (request("GET", "/users/@me", answer={"id": 12}), "answer.id"),
        (request("GET", "/users/@me", answer=None), "answer: None is not of type 'object'"),
        (request("GET", "/users/@me", status=204, answer={}), "204 has a body"),
        (request("GET", "/users/@me", status=404, answer={}), "'code' is a required property"),
        (request("GET", "/users/@me", status=501, answer={"message": "Not here."}), "Not here."),
        ({"event": "MESSAGE_DELETE", "data": {"id": "1"}}, "'channel_id' is a required property"),
        ({"event": "MESSAGE_DELETE", "data": {"id": 1, "channel_id": "2"}}, "data.id"),
        ({"event": "ODD", "data": {}}, "no schema"),
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
    assert passed.returncode == 0 and "11 requests and events, 0 violations" in passed.stdout
    failed = finished("-m", "sandbox.conformance", "--spec", spec, "--requests", bad)
    assert failed.returncode == 1 and "violation: GET /nowhere" in failed.stdout
    missing = finished("-m", "sandbox.conformance", "--spec", tmp_path / "none", "--requests", good)
    assert missing.returncode == 1 and missing.stderr.startswith("Cannot read")


async def converse(stage: Stage) -> None:
    """Let the little bot and the members do what they can."""
    world, student = stage.world, stage.user("student")
    for line in ("/hello name: x", "/card", "/file", "/secret", "/pick kind: Word"):
        await stage.answered(line)
    await stage.answered("/queued")
    await stage.until(lambda: [message for message in world.messages.values() if message.edits])
    stage.type("/twice")
    await stage.until(lambda: stage.bot.errors)
    completing = typed_input.ask_for_completions(world, student, VERSES_ID, "/suggest model: d")
    await stage.until(lambda: completing.choices)
    await stage.answered("/suggest model: x who: @teacher")
    _, chosen = await stage.answered("/buttons")
    opened = stage.press("Change it", chosen)
    await stage.until(lambda: opened.modal)
    await stage.done(clicks.submit(world, student, opened, {}))
    later = stage.press("Later", chosen)
    await stage.until(lambda: later.followups)
    await stage.done(clicks.select(world, student, ["Char"], message_id=chosen.id))
    await show_new_components(stage)
    await talk_in_threads(stage)
    said = typed_input.write(world, student, VERSES_ID, "good morrow")
    await stage.done(clicks.use_menu(world, student, "Go on with it", said, VERSES_ID))
    await stage.done(clicks.use_menu(world, student, "Who", stage.user("teacher"), VERSES_ID))
    channel = stage.channel
    reply = await channel.send("x", reference=await channel.fetch_message(int(said.id)), nonce=5)
    async for _ in channel.history(limit=20):
        pass
    await reply.edit(content="y", embed=discord.Embed(title="t", timestamp=reply.created_at))
    await reply.delete()
    await stage.refused(channel.send("x" * 2001))
    await stage.refused((await stage.bot.fetch_user(int(student.id))).send("x"))
    await stage.refused(channel.fetch_message(42))
    guild = await stage.bot.fetch_guild(int(GUILD_ID))
    await guild.fetch_channels()
    await guild.fetch_member(int(student.id))
    await guild.fetch_roles()
    await stage.bot.fetch_user(int(student.id))
    await stage.bot.application_info()
    await stage.bot.fetch_soundboard_default_sounds()
    for path in ("/users/@me", "/users/@me/guilds", "/gateway", "/gateway/bot", f"/channels/{VERSES_ID}"):
        await stage.rest("GET", path)
    commands = await stage.bot.tree.fetch_commands()
    await commands[0].edit(description="another")
    await commands[0].delete()
    await stage.control("POST", "/members", {"name": "juliet"})
    await stage.control("POST", "/faults", {"kind": "drop_gateway"})
    await stage.until(stage.bot.resumed.is_set)
    await stage.bot.guilds[0].query_members("stu")
    for path, body in (
        ("/message_deletions", {"message_id": said.id}),
        ("/overwrites", {"role": "shakelm", "deny": ["ATTACH_FILES"]}),
        ("/role_permissions", {"role": "Teacher", "permissions": []}),
        ("/roles", {"roles": ["Teacher"]}),
        ("/timeouts", {"seconds": 60}),
        ("/channel_deletions", {"channel_id": ANNOUNCEMENTS_ID}),
    ):
        assert (await stage.control("POST", path, body)).status_code == 204
    for event in ("outage", "removed"):
        await stage.control("POST", "/memberships", {"event": event})


async def show_new_components(stage: Stage) -> None:
    """Let the bot send components of the second version, and a member use them and a modal with fields."""
    world, student = stage.world, stage.user("student")
    files = [discord.File(io.BytesIO(b"x"), name) for name in ("a.png", "a.txt")]
    sent = await stage.channel.send(view=Layout(), files=files)
    picked = clicks.select(world, student, ["teacher"], "Who", str(sent.id))
    field = {"type": 19, "custom_id": "files", "required": False}
    label = {"type": 18, "label": "Files", "component": field}
    text = {"type": 10, "content": "Read this"}
    await stage.call_back(picked, 9, {"custom_id": "m", "title": "Modal", "components": [text, label]})
    submitted = clicks.submit(world, student, picked, {"Files": [LocalFile("b.txt", b"y")]})
    await stage.call_back(submitted, 7, {"components": [text]})


async def talk_in_threads(stage: Stage) -> None:
    """Let the bot and the members start threads and posts, write, forward, and change them."""
    world, student = stage.world, stage.user("student")
    made: dict[str, str] = {}
    for kind in ("announcement", "voice", "forum"):
        answer = await stage.control("POST", "/channels", {"name": kind, "kind": kind, "tags": ["Verse"]})
        made[kind] = answer.json()["channel_id"]
    forum = await stage.until(lambda: stage.bot.get_channel(int(made["forum"])))
    assert isinstance(forum, discord.ForumChannel)
    post = await forum.create_thread(
        name="A post",
        content="first",
        applied_tags=list(forum.available_tags),
        file=discord.File(io.BytesIO(b"x"), "a.txt"),
    )
    await stage.done(typed_input.use_command(world, student, str(post.thread.id), "/hello name: x"))
    root = await stage.channel.send("a root")
    thread = await root.create_thread(name="Below it", auto_archive_duration=60, slowmode_delay=5)
    private = await stage.channel.create_thread(name="Private", invitable=False)
    await private.add_user(discord.Object(int(student.id)))
    await private.remove_user(discord.Object(int(student.id)))
    await thread.join()
    await thread.fetch_members()
    await thread.fetch_member(stage.bot.application_id or 0)
    await thread.leave()
    await (await thread.send("x")).forward(stage.channel)
    await thread.edit(name="Renamed", archived=True)
    assert [found.id async for found in stage.channel.archived_threads()] == [thread.id]
    assert [found async for found in stage.channel.archived_threads(private=True, joined=True)] == []
    await stage.refused(thread.edit(name="Again"))
    await thread.edit(archived=False)
    assert {found.id for found in await thread.guild.active_threads()} >= {thread.id, private.id}
    await stage.control("POST", "/thread_changes", {"thread_id": str(thread.id), "locked": True})
    await stage.refused(thread.send("x"))
    await stage.refused(thread.delete())
    await stage.bot.fetch_channel(thread.id)
    role = {"channel_id": VERSES_ID, "role": "shakelm"}
    for change in ({"allow": ["MANAGE_THREADS"]}, {"deny": ["VIEW_CHANNEL"]}, {"allow": ["MANAGE_THREADS"]}):
        assert (await stage.control("POST", "/overwrites", role | change)).status_code == 204
    await thread.delete()
    await stage.control("POST", "/overwrites", role)


async def test_answers_and_events_are_those_of_discord(tmp_path: Path) -> None:
    description, record = discord_description(), tmp_path / "record.jsonl"
    world = World(approved_intents=PRIVILEGED)
    async with (
        open_stage(world, connect=False, record=record) as stage,
        connected(stage.box, with_buttons, intents=discord.Intents.all()) as bot,
    ):
        await converse(Stage(stage.box, bot))
    report = check(description, [json.loads(line) for line in record.read_text().splitlines()])
    assert "\n".join(report.violations) == ""
    assert {name for name in report.routes if name.startswith("event ")} == {
        f"event {name}" for name in EVENTS
    }
