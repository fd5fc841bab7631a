"""Threads and posts as members and the bot start them, and what discord.py hears of them."""

import discord
import pytest

from sandbox.client import clicks, typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.refusals import Refusal
from sandbox.world import channel_messages, guild_changes
from sandbox.world.guild_objects import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, VOICE_CHANNEL, Channel, Thread
from sandbox.world.ids import APPLICATION_ID, BOT_ROLE_ID, GUILD_ID, VERSES_ID
from sandbox.world.message_objects import THREAD_CREATED, THREAD_STARTER_MESSAGE
from sandbox.world.permissions import Overwrite, Permission
from sandbox.world.state import World
from sandbox.world.threads import thread_starts
from tests.sandbox.stage import Stage, open_stage


def thread_of(world: World, name: str = "ours", kind: int = PUBLIC_THREAD) -> Thread:
    """A thread that the student starts in #verses."""
    student = world.users["student"]
    return thread_starts.start_without_message(world, student, verses(world), name, kind)


def verses(world: World) -> Channel:
    channel = world.channels[VERSES_ID]
    assert isinstance(channel, Channel)
    return channel


async def seen(stage: Stage, thread: Thread) -> discord.Thread:
    """The thread as discord.py has it."""
    found = await stage.until(lambda: stage.bot.get_channel(int(thread.id)))
    assert isinstance(found, discord.Thread)
    return found


async def test_a_thread_starts_from_a_message_once() -> None:
    async with open_stage() as stage:
        world, student = stage.world, stage.user("student")
        root = typed_input.write(world, student, VERSES_ID, "a root")
        thread = thread_starts.start_from_message(world, student, root, "ours")
        known = await seen(stage, thread)
        assert (thread.id, known.parent, known.owner_id) == (root.id, stage.channel, int(student.id))
        assert root.to_json("")["thread"]["id"] == root.id
        (starter,) = [one for one in world.messages.values() if one.channel_id == thread.id]
        assert (starter.kind, starter.content) == (THREAD_STARTER_MESSAGE, "")
        assert starter.to_json("")["referenced_message"]["content"] == "a root"
        with pytest.raises(Refusal, match="already been created"):
            thread_starts.start_from_message(world, student, root, "again")
        with pytest.raises(Refusal, match="this channel type"):
            thread_starts.start_from_message(world, student, starter, "below")
        guild_changes.delete_channel(world, thread)
        await stage.until(lambda: stage.bot.get_channel(int(thread.id)) is None)
        assert "thread" not in root.to_json("") and root.flags == 0


async def test_messages_in_a_thread_are_counted_and_reopen_it() -> None:
    async with open_stage() as stage:
        world, teacher = stage.world, stage.user("teacher")
        thread = thread_of(world)
        (note,) = world.messages.values()
        assert (note.kind, note.content, note.channel_id) == (THREAD_CREATED, "ours", VERSES_ID)
        first, second = (typed_input.write(world, teacher, thread.id, text) for text in "ab")
        assert (first.position, second.position, thread.last_message_id) == (0, 1, second.id)
        channel_messages.delete(world, first)
        assert (thread.messages, thread.total_messages) == (1, 2)
        assert list(thread.members) == [stage.user("student").id, teacher.id]
        known = await seen(stage, thread)
        guild_changes.change_thread(world, thread, archived=True)
        await stage.until(lambda: known.archived)
        answered = await stage.done(typed_input.use_command(world, teacher, thread.id, "/hello name: Romeo"))
        assert answered.channel_id == thread.id and not thread.archived
        known = await seen(stage, thread)
        assert not known.archived
        (interaction,) = stage.bot.interactions
        assert isinstance(interaction.channel, discord.Thread) and interaction.channel.parent_id == int(
            VERSES_ID
        )
        assert APPLICATION_ID not in thread.members  # who only answers does not join


async def test_a_locked_thread_is_for_those_who_manage_threads() -> None:
    async with open_stage() as stage:
        world, student = stage.world, stage.user("student")
        thread = thread_of(world)
        button = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=int(thread.id))
        body = {"content": "x", "components": [{"type": 1, "components": [button]}]}
        sent = await stage.bot.http.request(route, json=body)
        late = typed_input.use_command(world, student, thread.id, "/later")
        interaction = await stage.seen_by_bot(late)
        await stage.until(lambda: late.original)
        guild_changes.change_thread(world, thread, locked=True)
        for act in (
            lambda: typed_input.write(world, student, thread.id, "x"),
            lambda: typed_input.use_command(world, student, thread.id, "/hello name: x"),
            lambda: clicks.press(world, student, "Again", sent["id"]),
        ):
            with pytest.raises(SandboxError, match="The thread ours is locked"):
                act()
        known = await seen(stage, thread)
        for request in (known.send("x"), interaction.edit_original_response(content="x")):
            assert (await stage.refused(request)).code == 160005
        guild_changes.change_thread(world, thread, archived=True)
        assert (await stage.refused(interaction.followup.send("x"))).code == 50083
        typed_input.write(world, stage.user("owner"), thread.id, "x")
        assert thread.locked and not thread.archived


async def test_a_private_thread_is_seen_by_its_members() -> None:
    async with open_stage() as stage:
        world = stage.world
        thread = thread_of(world, kind=PRIVATE_THREAD)
        typed_input.write(world, stage.user("student"), thread.id, "psst")
        assert not world.may(stage.user("teacher"), Permission.VIEW_CHANNEL, thread)
        assert world.may(stage.user("owner"), Permission.VIEW_CHANNEL, thread)
        assert (await stage.rest("GET", f"/channels/{thread.id}")).json()["code"] == 50001
        assert (await stage.control("POST", "/thread_members", {"thread_id": thread.id})).status_code == 204
        known = await seen(stage, thread)
        assert known.is_private() and known.me and not stage.bot.seen
        leaving = {"thread_id": thread.id, "leaves": True}
        await stage.control("POST", "/thread_members", leaving)
        assert (await stage.refused(known.send("x"))).code == 50001


async def test_posts_have_a_first_message_and_tags() -> None:
    async with open_stage() as stage:
        world, student = stage.world, stage.user("student")
        forum = guild_changes.add_channel(world, "verses-of-ours", FORUM, "Post here", ["Sonnet", "Ode"])
        thread, first = thread_starts.post(
            world, student, forum, "mine", MessageForm(content="To be"), [], tags=[forum.tags[1].id]
        )
        assert first.id == thread.id and thread.messages == 0
        known = await seen(stage, thread)
        assert [tag.name for tag in known.applied_tags] == ["Ode"]
        told: list[str] = []
        world.listeners.append(lambda event: told.append(event.name))
        for tags, content, words in ((["1"], "x", "Invalid Form Body"), ([], "", "empty message")):
            with pytest.raises(Refusal, match=words):
                thread_starts.post(world, student, forum, "x", MessageForm(content=content), [], tags=tags)
        assert world.threads(forum) == [thread] and not told
        with pytest.raises(SandboxError, match="is a forum: choose one of its posts"):
            typed_input.write(world, student, forum.id, "x")
        refused = await stage.rest("POST", f"/channels/{forum.id}/messages", json={"content": "x"})
        assert refused.json()["code"] == 50008


async def test_permissions_in_threads_and_voice_channels() -> None:
    async with open_stage(connect=False) as stage:
        world, student = stage.world, stage.user("student")
        channel, thread = verses(world), thread_of(world)
        no_posts = Overwrite(GUILD_ID, 0, deny=Permission.SEND_MESSAGES | Permission.CREATE_PUBLIC_THREADS)
        guild_changes.set_overwrite(world, verses(world), no_posts)
        assert world.may(student, thread.to_write, thread) and not world.may(
            student, channel.to_write, channel
        )
        with pytest.raises(Refusal, match="Missing Permissions"):
            thread_of(world, "another")
        voice = guild_changes.add_channel(world, "voice", VOICE_CHANNEL, "")
        with pytest.raises(Refusal, match="this channel type"):
            thread_starts.start_without_message(world, student, voice, "x", PUBLIC_THREAD)
        typed_input.write(world, student, voice.id, "x")
        guild_changes.set_overwrite(world, voice, Overwrite(BOT_ROLE_ID, 0, deny=Permission.CONNECT))
        refused = await stage.rest("POST", f"/channels/{voice.id}/messages", json={"content": "x"})
        assert refused.json()["code"] == 50013


async def test_the_bot_hears_of_threads_when_it_comes_to_see_their_channel() -> None:
    async with open_stage() as stage:
        world = stage.world
        guild_changes.set_overwrite(
            world, verses(world), Overwrite(BOT_ROLE_ID, 0, deny=Permission.VIEW_CHANNEL)
        )
        thread = thread_of(world)
        guild_changes.set_overwrite(world, verses(world), Overwrite(BOT_ROLE_ID, 0))
        assert (await seen(stage, thread)).name == "ours"
