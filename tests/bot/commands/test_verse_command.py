"""The defaults of `/verse`, and "Continue as verse"."""

import asyncio
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.commands import verse_command
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.message_objects import Message
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.styles import STYLES
from tests.support.bot_room import Room
from tests.support.discord_messages import description, is_private
from tests.support.waiting import eventually_async
from worker.delivery import webhook_client
from worker.messages import verse_messages
from worker.protocol.job_request import ReplyTo
from worker.protocol.status_payloads import OpenJob
from worker.protocol.verse_payloads import VerseRecord, VerseRequest, VerseResult
from worker.queue import snapshot
from worker.records import guild_settings, verse_records

MENU = "Continue as verse"


async def asked(room: Room, number: int = 1) -> tuple[VerseRecord, ReplyTo]:
    """Wait for `number` open jobs. Returns the record of the newest one, and the address of its answer."""

    def open_jobs() -> list[OpenJob] | None:
        jobs = snapshot.open_jobs(room.bot.connection)
        return jobs if len(jobs) == number else None

    jobs = await eventually_async(open_jobs, f"{number} open jobs")
    request = max((job.request for job in jobs), key=lambda request: request.id)
    record = verse_records.find(room.bot.connection, request.id)
    assert record is not None
    return record, request.reply_to


async def written(room: Room, line: str) -> Message:
    """Ask for a verse with this line, and write it as a worker does. Returns its message."""
    message: Message = room.sandbox.world.messages[(await room.ask(line))["id"]]
    record, answer = await asked(room)
    settings = record.model_dump(exclude={"asked_at", "result"})
    request = VerseRequest(**settings, reply_to=answer)
    result = VerseResult(
        text="a verse", model="m@1", temperature=0.8, random_seed=request.random_seed, seconds=1, unknown=[]
    )
    body = verse_messages.verse(request, result).body
    await asyncio.to_thread(webhook_client.edit_original, room.bot.settings.api_base, request.reply_to, body)
    return message


@pytest.mark.parametrize(("longest", "lines"), [(2, 2), (40, 8)])
async def test_a_verse_is_no_longer_than_its_guild_allows(room: Room, longest: int, lines: int) -> None:
    guild_settings.change(room.bot.connection, GUILD_ID, longest_verse=longest)
    message = await written(room, "/verse")
    assert (await asked(room))[0].lines == lines
    await room.choose(MENU, message)
    assert (await asked(room, 2))[0].lines == lines


@pytest.mark.parametrize(
    ("options", "style", "sampling"),
    [
        ("", "balanced", STYLES["balanced"]),
        ("temperature: 0.8", None, SamplingSettings(0.8)),
        ("style: lively temperature: 0.3", "lively", replace(STYLES["lively"], temperature=0.3)),
    ],
)
async def test_a_verse_is_balanced_unless_a_style_or_a_temperature_is_given(
    room: Room, options: str, style: str | None, sampling: SamplingSettings
) -> None:
    message = await written(room, f"/verse {options}")
    record, _ = await asked(room)
    assert (record.style, record.sampling) == (style, sampling)
    await room.choose(MENU, message)
    record, _ = await asked(room, 2)
    assert (record.style, record.sampling) == ("balanced", STYLES["balanced"])


@pytest.mark.parametrize("private", [False, True])
async def test_a_private_verse_is_continued_in_private(room: Room, private: bool) -> None:
    message = await written(room, f"/verse private: {private}")
    answer = await room.choose(MENU, message)
    assert is_private(answer) == private
    record, _ = await asked(room, 2)
    assert (record.private, record.prompt) == (private, "a verse")


async def test_a_verse_without_its_embed_cannot_be_continued(room: Room) -> None:
    message = await written(room, "/verse")
    message.embeds = []
    refused = await room.choose(MENU, message)
    assert "no text to continue" in description(refused)


@pytest.mark.parametrize(
    ("own", "forwarded", "read"),
    [
        ("", "To be, **or** not to be", "To be, or not to be"),
        ("my *comment*", "To be", "my comment"),
        ("", "-# small <t:1700000000:R> [a](https://example.org) <:crown:1234>", "small  a"),
        ("", "", ""),
    ],
)
async def test_a_forwarded_message_is_read(room: Room, own: str, forwarded: str, read: str) -> None:
    """The message is as Discord documents it (Message Object, Message Snapshot Object)."""
    common = {"type": 0, "embeds": [], "attachments": [], "mentions": [], "mention_roles": [], "flags": 0}
    common |= {"timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "components": []}
    author = {"id": "7", "username": "somebody", "discriminator": "0", "avatar": None, "global_name": None}
    payload: Any = common | {
        **{"id": "1", "channel_id": VERSES_ID, "author": author, "content": own, "tts": False},
        **{"mention_everyone": False, "pinned": False, "sticker_items": []},
        "message_reference": {"type": 1, "message_id": "2", "channel_id": VERSES_ID},
        "message_snapshots": [{"message": common | {"content": forwarded}}],
    }
    channel = await room.bot.fetch_channel(int(VERSES_ID))
    assert isinstance(channel, discord.TextChannel)
    message = discord.Message(state=room.bot._connection, channel=channel, data=payload)

    assert verse_command.written_in(message).strip() == read
