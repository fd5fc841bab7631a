"""The control API: waiting, and errors in one sentence."""

import asyncio
from typing import get_args

from sandbox.api.faults import GatewayFault, RestFault
from tests.sandbox.stage import open_stage


async def test_long_poll_ends_with_the_next_message() -> None:
    async with open_stage(connect=False) as stage:
        event = (await stage.control("GET", "/state")).json()["event"]
        waiting = asyncio.create_task(stage.control("GET", f"/messages?after_event={event}&wait_s=20"))
        await stage.control("POST", "/messages", {"user": "student", "text": "hi"})
        answer = (await waiting).json()
        assert answer["event"] > event and answer["messages"][0]["content"] == "hi"


async def test_numbers_in_queries() -> None:
    async with open_stage(connect=False) as stage:
        for text in ("x", "inf", "nan", "1e400"):
            refused = await stage.control("GET", f"/messages?after_event={text}")
            assert refused.status_code == 400 and "is not a number" in refused.json()["error"]


async def test_faults_and_clock_refuse_nonsense_in_one_sentence() -> None:
    async with open_stage(connect=False) as stage:
        for path, body in (
            ("/faults", {"kind": "flood"}),
            ("/faults", {"kind": "429", "route": "("}),
            ("/faults", {"kind": "429", "route": "a{99999999999}"}),
            ("/faults", {"kind": "429", "route": "(" * 5000}),
            ("/role_permissions", {"role": "Teacher", "permissions": [["VIEW_CHANNEL"]]}),
            ("/clock", {"ahead_s": -1e9}),
            ("/crowds", {"count": 0, "text": "/x"}),
            ("/memberships", {"event": "promoted"}),
            ("/commands", {"user": "nobody", "text": "/x"}),
            ("/commands", {"user": "student", "text": "/x"}),
        ):
            answer = await stage.control("POST", path, body)
            assert answer.status_code == 400 and answer.json()["error"].count("\n") == 0
        unknown = (await stage.control("POST", "/faults", {"kind": "flood"})).json()["error"]
        assert unknown.startswith("kind: ")
        assert all(repr(kind) in unknown for kind in (*get_args(RestFault), *get_args(GatewayFault)))


async def test_messages_from_an_id_on() -> None:
    async with open_stage(connect=False) as stage:
        first, second = [
            (await stage.control("POST", "/messages", {"user": "student", "text": text})).json()["id"]
            for text in ("one", "two")
        ]
        for since, ids in ((first, [first, second]), (second, [second]), (str(int(second) + 1), [])):
            answer = (await stage.control("GET", f"/messages?since={since}")).json()
            assert [message["id"] for message in answer["messages"]] == ids
