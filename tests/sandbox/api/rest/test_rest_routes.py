"""Refusals and permissions of the REST API, limits of messages, rate limits and faults."""

import asyncio

import discord
import pytest

from sandbox.client import typed_input
from sandbox.world.ids import ANNOUNCEMENTS_ID, GUILD_ID, STAFF_ID, VERSES_ID

MESSAGES = f"/channels/{VERSES_ID}/messages"


def refused(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.asyncio
async def test_tokens_routes_and_methods() -> None:
    async with open_stage(connect=False) as stage:
        assert refused(await stage.rest("GET", "/users/@me", token="wrong")) == (401, 0)
        assert (await stage.rest("GET", "/nowhere")).json() == {"message": "404: Not Found", "code": 0}
        assert refused(await stage.rest("DELETE", "/users/@me")) == (405, 0)
        assert refused(await stage.rest("POST", MESSAGES, data="{")) == (400, 50109)
        me = await stage.rest("GET", "/users/@me")
        assert me.json()["bot"] and me.headers["Content-Type"] == "application/json"


@pytest.mark.asyncio
async def test_discord_py_reads_the_world() -> None:
    async with open_stage() as stage:
        guild = await stage.bot.fetch_guild(int(GUILD_ID))
        assert guild.name == "Sandbox" and guild.owner_id == int(stage.world.users["owner"].id)
        assert [channel.name for channel in await guild.fetch_channels()] == [
            "verses",
            "announcements",
            "staff",
        ]
        assert (await guild.fetch_member(int(stage.world.users["teacher"].id))).roles[-1].name == "Teacher"
        commands = {command.name for command in await stage.bot.tree.fetch_commands()}
        assert {"hello", "admin"} <= commands and "here" not in commands
        assert [c.name for c in await stage.bot.tree.fetch_commands(guild=guild)] == ["here"]


@pytest.mark.asyncio
async def test_channel_permissions() -> None:
    async with open_stage() as stage:
        may, may_not, hidden = (
            stage.bot.get_channel(int(identity)) for identity in (VERSES_ID, ANNOUNCEMENTS_ID, STAFF_ID)
        )
        sent = await may.send("progress", embed=discord.Embed(description="1"), silent=True)
        assert (await may.fetch_message(sent.id)).embeds[0].description == "1"
        await sent.edit(content="done", attachments=[])
        assert [message.content async for message in may.history()] == ["done"]
        await sent.delete()
        for channel, code in ((may_not, 50013), (hidden, 50001)):
            with pytest.raises(discord.Forbidden) as error:
                await channel.send("x")
            assert error.value.code == code
        with pytest.raises(discord.NotFound) as gone:
            await may.fetch_message(sent.id)
        assert gone.value.code == 10008
        assert refused(await stage.rest("GET", "/channels/42")) == (404, 10003)
        theirs = typed_input.write(stage.world, stage.world.users["student"], VERSES_ID, "mine")
        for method in ("PATCH", "DELETE"):
            answer = await stage.rest(method, f"{MESSAGES}/{theirs.id}", json={"content": "x"})
            assert refused(answer) == ((403, 50005) if method == "PATCH" else (403, 50013))


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
        ({"embeds": [{"title": "t", "url": "nowhere"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL"),
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
@pytest.mark.asyncio
async def test_message_forms(body, path, code) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest("POST", MESSAGES, json=body)
        assert refused(answer) == (400, 50035)
        node = answer.json()["errors"]
        for step in path.split("."):
            node = node[step]
        assert [error["code"] for error in node["_errors"]] == [code]


@pytest.mark.asyncio
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


@pytest.mark.asyncio
async def test_mentions() -> None:
    async with open_stage(connect=False) as stage:
        student, teacher = (stage.world.users[name].id for name in ("student", "teacher"))
        text = f"<@{student}> <@{teacher}> @everyone"

        async def pinged(allowed):
            body = {"content": text} | ({"allowed_mentions": allowed} if allowed is not None else {})
            sent = (await stage.rest("POST", MESSAGES, json=body)).json()
            assert sent["mention_everyone"] is False  # the bot may not
            return [user["id"] for user in sent["mentions"]]

        assert await pinged(None) == [student, teacher]
        assert await pinged({"parse": []}) == []
        assert await pinged({"users": [teacher]}) == [teacher]


@pytest.mark.asyncio
async def test_old_messages_are_edited_rarely() -> None:
    async with open_stage(connect=False) as stage:
        sent = (await stage.rest("POST", MESSAGES, json={"content": "x"})).json()
        await stage.control("POST", "/clock", {"ahead_s": 3700})
        path = f"{MESSAGES}/{sent['id']}"
        answers = [await stage.rest("PATCH", path, json={"content": str(n)}) for n in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["code"] == 30046 and answers[-1].json()["retry_after"] > 0


@pytest.mark.asyncio
async def test_rate_limit_headers_and_refusal() -> None:
    async with open_stage(connect=False) as stage:
        answers = [await stage.rest("POST", MESSAGES, json={"content": "x"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == list("432100")
        last = answers[-1]
        assert last.json()["retry_after"] <= 5 and last.json()["global"] is False
        assert last.headers["X-RateLimit-Scope"] == "user" and float(last.headers["Retry-After"]) <= 5
        assert len({answer.headers["X-RateLimit-Bucket"] for answer in answers}) == 1


@pytest.mark.asyncio
async def test_discord_py_rides_out_429_and_5xx() -> None:
    async with open_stage() as stage:
        channel = stage.bot.get_channel(int(VERSES_ID))
        route = f"POST {MESSAGES}$"
        await stage.control("POST", "/faults", {"kind": "502", "route": route})
        await stage.control("POST", "/faults", {"kind": "429", "route": route, "times": 2, "seconds": 0.05})
        assert (await channel.send("through")).content == "through"
        await stage.control("POST", "/faults", {"kind": "503", "route": route})
        with pytest.raises(discord.DiscordServerError):
            await channel.send("not through")
        assert [message.content for message in stage.world.messages.values()] == ["through"]


@pytest.mark.asyncio
async def test_slow_answers_hold_only_themselves_up() -> None:
    async with open_stage(connect=False) as stage:
        await stage.control("POST", "/faults", {"kind": "slow", "route": "GET /users/@me$", "seconds": 0.5})
        slow = asyncio.create_task(stage.rest("GET", "/users/@me"))
        await stage.until(lambda: not stage.world.clock.ahead)
        assert (await stage.rest("GET", "/gateway")).status_code == 200
        assert (await slow).status_code == 200


@pytest.mark.asyncio
async def test_faults_and_clock_refuse_nonsense_in_one_sentence() -> None:
    async with open_stage(connect=False) as stage:
        for path, body in (
            ("/faults", {"kind": "flood"}),
            ("/faults", {"kind": "429", "route": "("}),
            ("/clock", {"ahead_s": -1}),
            ("/commands", {"user": "nobody", "text": "/x"}),
            ("/commands", {"user": "student", "text": "/x"}),
        ):
            answer = await stage.control("POST", path, body)
            assert answer.status_code == 400 and answer.json()["error"].count("\n") == 0
