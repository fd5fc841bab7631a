"""Selects that Discord lists, and modals with every kind of field, played with discord.py."""

import base64
from typing import Any

import pytest

from sandbox.client import clicks
from sandbox.sandbox_error import SandboxError
from sandbox.terminal.rendering import render, render_modal
from sandbox.world.ids import ANNOUNCEMENTS_ID, STAFF_ID, TEACHER_ROLE_ID
from sandbox.world.message_objects import Message
from sandbox.world.permissions import Permission
from tests.sandbox.bot_with_layouts import Entities, with_everything
from tests.sandbox.stage import Stage, open_stage


async def shown(stage: Stage) -> Message:
    sent = await stage.channel.send("choose", view=Entities())
    return stage.world.messages[str(sent.id)]


@pytest.mark.parametrize(
    ("select", "values", "answer"),
    [
        ("Who", ["@teacher", "student"], "teacher, student"),
        ("Role", ["Teacher"], "Teacher"),
        ("Anybody", ["student", TEACHER_ROLE_ID], "Member, Role"),
        ("Where", ["#announcements"], "announcements "),
    ],
)
async def test_selects_that_discord_lists(select: str, values: list[str], answer: str) -> None:
    async with open_stage() as stage:
        message = await shown(stage)
        picked = clicks.select(stage.world, stage.user("student"), values, select, message.id)
        assert (await stage.done(picked)).content.startswith(answer)
        assert "[Who: any user]" in render(stage.world, message)


async def test_channels_carry_the_permissions_of_who_picks() -> None:
    async with open_stage() as stage:
        message = await shown(stage)

        async def bits(user: str, channel_id: str) -> int:
            picked = clicks.select(stage.world, stage.user(user), [channel_id], "Where", message.id)
            return int((await stage.done(picked)).content.split()[-1])

        assert await bits("student", ANNOUNCEMENTS_ID) & Permission.VIEW_CHANNEL
        assert await bits("student", STAFF_ID) == 0
        assert await bits("teacher", STAFF_ID) & Permission.VIEW_CHANNEL


async def test_what_such_a_select_does_not_offer() -> None:
    async with open_stage() as stage:
        message = await shown(stage)
        for select, values, words in (
            ("Who", ["nobody"], "offers no user 'nobody'"),
            ("Role", ["student"], "offers no role 'student'"),
            ("Anybody", ["verses"], "offers no user or role 'verses'"),
            ("Who", ["student", "student"], "takes 1 to 2 different values"),
        ):
            with pytest.raises(SandboxError, match=words):
                clicks.select(stage.world, stage.user("student"), values, select, message.id)


def encoded(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_members_and_files_in_a_modal() -> None:
    async with open_stage(prepare=with_everything) as stage:
        opened = stage.type("/everything")
        modal = await stage.until(lambda: opened.modal)
        assert "│ Read this" in render_modal(modal)
        body: dict[str, Any] = {"interaction_id": opened.id, "values": {"Who": "teacher"}}
        files = {"Files": [encoded("a.txt", b"to be"), encoded("b.txt", b"or not")]}
        too_many = {"Files": files["Files"] + files["Files"]}
        refused = await stage.control("POST", "/modals", body | {"files": too_many})
        assert "takes 1 to 2 files; these are 4" in refused.json()["error"]
        typed = await stage.control("POST", "/modals", body | {"values": {"Who": "teacher", "Files": "x"}})
        assert "takes files; attach them" in typed.json()["error"]
        answer = await stage.control("POST", "/modals", body | {"files": files})
        assert (await stage.done(stage.started(answer))).content == "teacher: to be or not"
        again = stage.type("/everything")
        await stage.until(lambda: again.modal)
        answer = await stage.control("POST", "/modals", body | {"interaction_id": again.id})
        assert (await stage.done(stage.started(answer))).content == "teacher:"


BOXES: list[dict[str, Any]] = [
    {"label": label, "value": label.lower(), "default": at == 0} for at, label in enumerate(("One", "Two"))
]


@pytest.mark.parametrize(
    ("component", "typed", "answer"),
    [
        ({"type": 21, "options": BOXES}, None, {"value": "one"}),
        ({"type": 21, "options": BOXES}, "Two", {"value": "two"}),
        ({"type": 22, "options": BOXES}, "One, Two", {"values": ["one", "two"]}),
        ({"type": 22, "options": BOXES[1:], "required": False}, None, {"values": []}),
        ({"type": 23}, None, {"value": False}),
        ({"type": 23, "default": True}, None, {"value": True}),
        ({"type": 23}, "true", {"value": True}),
    ],
)
async def test_boxes_of_a_modal(component: dict[str, Any], typed: str | None, answer: dict[str, Any]) -> None:
    label = {"type": 18, "label": "Boxes", "component": component | {"custom_id": "boxes"}}
    modal = {"custom_id": "m", "title": "Modal", "components": [label]}
    async with open_stage() as stage:
        opened = stage.type("/silent")
        await stage.call_back(opened, 9, modal)
        values = {} if typed is None else {"Boxes": typed}
        submitted = clicks.submit(stage.world, stage.user("student"), opened, values)
        seen: Any = (await stage.seen_by_bot(submitted)).data
        filled = seen["components"][0]["component"]
        assert {key: filled[key] for key in answer} == answer
