"""Routes of threads: what a bot may change, and who is a member."""

from typing import Any

import requests

from sandbox.world import guild_changes
from sandbox.world.guild_objects import PUBLIC_THREAD, TEXT_CHANNEL, Channel
from sandbox.world.ids import BOT_ROLE_ID, GUILD_ID, VERSES_ID
from sandbox.world.permissions import Overwrite, Permission
from sandbox.world.threads import thread_starts
from tests.sandbox.stage import Stage, open_stage


async def refused(stage: Stage, method: str, path: str, body: Any = None) -> int:
    answer = await stage.rest(method, path, json=body)
    assert answer.status_code >= 400, answer.text
    return int(answer.json()["code"])


def theirs(stage: Stage) -> str:
    """The path of a thread that the student started."""
    world = stage.world
    thread = thread_starts.start_without_message(
        world, stage.user("student"), world.channels[VERSES_ID], "theirs", PUBLIC_THREAD
    )
    return f"/channels/{thread.id}"


def names(answer: requests.Response) -> list[str]:
    return [thread["name"] for thread in answer.json()["threads"]]


async def test_a_bot_changes_its_own_threads_and_reopens_those_of_others() -> None:
    async with open_stage(connect=False) as stage:
        started = await stage.rest("POST", f"/channels/{VERSES_ID}/threads", json={"name": "own"})
        assert (started.status_code, started.json()["type"]) == (201, 12)
        own, other = f"/channels/{started.json()['id']}", theirs(stage)
        changed = await stage.rest("PATCH", own, json={"name": "mine", "auto_archive_duration": 60})
        assert (changed.json()["name"], changed.json()["member"]["user_id"]) == (
            "mine",
            changed.json()["owner_id"],
        )
        assert await refused(stage, "PATCH", own, {"locked": True}) == 50013
        assert await refused(stage, "PATCH", other, {"name": "x"}) == 50013
        guild_changes.change_thread(stage.world, stage.world.threads()[1], archived=True)
        assert await refused(stage, "PUT", f"{other}/thread-members/@me") == 50083
        assert (await stage.rest("PATCH", other, json={"archived": False})).status_code == 200
        assert await refused(stage, "DELETE", other) == 50013
        channel = stage.world.channels[VERSES_ID]
        assert isinstance(channel, Channel)
        manages = Overwrite(BOT_ROLE_ID, 0, allow=Permission.MANAGE_THREADS)
        guild_changes.set_overwrite(stage.world, channel, manages)
        assert (await stage.rest("PATCH", other, json={"locked": True})).status_code == 200
        assert (await stage.rest("DELETE", other)).json()["name"] == "theirs"
        assert await refused(stage, "GET", other) == 10003


async def test_what_is_no_thread_and_what_a_thread_cannot_be() -> None:
    async with open_stage(connect=False) as stage:
        verses, thread = f"/channels/{VERSES_ID}", theirs(stage)
        assert await refused(stage, "PATCH", verses, {"name": "x"}) == 0  # not played
        assert await refused(stage, "GET", f"{verses}/thread-members") == 50024
        assert await refused(stage, "POST", f"{thread}/threads", {"name": "x", "type": 11}) == 50024
        assert await refused(stage, "POST", f"{verses}/threads", {"name": "x", "type": 10}) == 50024
        assert await refused(stage, "POST", f"{verses}/messages/1/threads", {"name": "x"}) == 10008
        for name in ("x" * 101, "", " ", None):
            assert await refused(stage, "POST", f"{verses}/threads", {"name": name}) == 50035
            if name is not None:
                assert await refused(stage, "PATCH", thread, {"name": name}) == 50035
        assert await refused(stage, "GET", f"{verses}/threads/archived/private") == 50013
        for query in ("limit=1", "limit=" + "9" * 5000, "limit=%D9%A3", "before=yesterday", "before="):
            assert await refused(stage, "GET", f"{verses}/threads/archived/public?{query}") == 50035


async def test_members_and_lists() -> None:
    async with open_stage(connect=False) as stage:
        world, thread = stage.world, theirs(stage)
        teacher, members = stage.user("teacher").id, f"{thread}/thread-members"
        for path in ("@me", teacher):
            assert (await stage.rest("PUT", f"{members}/{path}")).status_code == 204
        listed = (await stage.rest("GET", f"{members}?with_member=true")).json()
        assert [one["member"]["user"]["username"] for one in listed] == ["student", "shakelm", "teacher"]
        assert await refused(stage, "DELETE", f"{members}/{teacher}") == 50013
        assert await refused(stage, "GET", f"{members}/{stage.user('owner').id}") == 10007
        assert await refused(stage, "PUT", f"{members}/1") == 10007
        active, archived = (
            f"/guilds/{GUILD_ID}/threads/active",
            f"/channels/{VERSES_ID}/threads/archived/public",
        )
        assert names(await stage.rest("GET", active)) == ["theirs"]
        guild_changes.change_thread(world, world.threads()[0], archived=True)
        assert names(await stage.rest("GET", active)) == []
        assert names(await stage.rest("GET", archived)) == ["theirs"]
        for time in ("2026-01-01T00:00:00Z", "0001-01-01", "0001-01-01T00:00:00%2B14:00"):
            before = await stage.rest("GET", f"{archived}?before={time}")
            assert names(before) == [] and before.json()["has_more"] is False
        assert names(await stage.rest("GET", f"{archived}?before=9999-12-31T23:59:59-14:00")) == ["theirs"]


async def test_the_private_threads_that_a_bot_joined_are_listed_by_their_ids() -> None:
    async with open_stage(connect=False) as stage:
        threads = f"/channels/{VERSES_ID}/threads"
        first, second = [(await stage.rest("POST", threads, json={"name": n})).json() for n in ("one", "two")]
        for thread in (second, first):
            await stage.rest("PATCH", f"/channels/{thread['id']}", json={"archived": True})
        joined = f"/channels/{VERSES_ID}/users/@me/threads/archived/private"
        assert names(await stage.rest("GET", joined)) == ["two", "one"]
        assert names(await stage.rest("GET", f"{joined}?before={second['id']}")) == ["one"]
        assert await refused(stage, "GET", f"{joined}?before=2026-01-01T00:00:00Z") == 50035


async def test_a_forward_has_nothing_else_and_needs_sight_of_what_it_forwards() -> None:
    async with open_stage(connect=False) as stage:
        messages = f"/channels/{VERSES_ID}/messages"
        said = (await stage.rest("POST", messages, json={"content": "once"})).json()
        reference = {"type": 1, "message_id": said["id"], "channel_id": VERSES_ID}
        forward = (await stage.rest("POST", messages, json={"message_reference": reference})).json()
        again = reference | {"message_id": forward["id"]}
        assert (await stage.rest("POST", messages, json={"message_reference": again})).json()[
            "message_snapshots"
        ] == forward["message_snapshots"]
        elsewhere = guild_changes.add_channel(stage.world, "elsewhere", TEXT_CHANNEL, "").id
        for body, code in (
            ({"message_reference": reference, "content": "x"}, 50035),
            ({"message_reference": {"type": 1, "message_id": said["id"]}}, 50035),
            ({"message_reference": reference | {"message_id": "1"}}, 10008),
            ({"message_reference": reference | {"channel_id": "1"}}, 50001),
        ):
            assert await refused(stage, "POST", f"/channels/{elsewhere}/messages", body) == code
