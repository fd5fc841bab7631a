"""Selects that Discord lists, and modals with every kind of field, played with discord.py."""

import base64
from typing import Any

import pytest

from sandbox.client import clicks
from sandbox.client.option_values import option_value
from sandbox.client.resolved_objects import Place
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import CHANNEL
from sandbox.terminal.rendering import render, render_modal
from sandbox.world import guild_changes
from sandbox.world.guild_objects import PRIVATE_THREAD, TEXT_CHANNEL, User
from sandbox.world.ids import ANNOUNCEMENTS_ID, STAFF_ID, TEACHER_ROLE_ID, VERSES_ID
from sandbox.world.message_objects import Message
from sandbox.world.permissions import Permission
from sandbox.world.starting_guild import STUDENT, TEACHER
from sandbox.world.state import World
from sandbox.world.threads import thread_starts
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
        assert not await bits("student", ANNOUNCEMENTS_ID) & Permission.MANAGE_GUILD
        assert await bits("teacher", STAFF_ID) & Permission.MANAGE_GUILD


async def test_channels_that_who_picks_does_not_see_are_not_offered() -> None:
    async with open_stage() as stage:
        message = await shown(stage)
        for hidden in ("staff", "#staff", STAFF_ID):
            with pytest.raises(SandboxError, match="offers no channel"):
                clicks.select(stage.world, stage.user("student"), [hidden], "Where", message.id)


def picked(world: World, user: User, channel: str) -> object:
    """The value of an option that takes channels; None if it offers no such one."""
    try:
        return option_value(Place(world, user, VERSES_ID), {"type": CHANNEL, "name": "where"}, channel, {})[
            "value"
        ]
    except SandboxError:
        return None


async def test_options_offer_no_hidden_channel_and_no_private_thread_of_others() -> None:
    world = World("token")
    thread = thread_starts.start_without_message(
        world, TEACHER, world.channels[VERSES_ID], "grades", PRIVATE_THREAD
    )
    for channel in ("staff", STAFF_ID, "grades", thread.id):
        assert picked(world, STUDENT, channel) is None and picked(world, TEACHER, channel)
    guild_changes.add_to_thread(world, thread, STUDENT)
    assert picked(world, STUDENT, "grades") == thread.id
    namesake = guild_changes.add_channel(world, "staff", TEXT_CHANNEL, "")
    assert picked(world, STUDENT, "staff") == namesake.id


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
