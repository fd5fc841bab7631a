"""Commands that the bot answers by itself, without a worker."""

import time
from datetime import UTC, datetime
from typing import Any

from sandbox.world.ids import GUILD_ID
from tests.support.bot_room import Room
from tests.support.discord_messages import buttons, embed, is_private
from tests.support.request_makers import shared_line
from worker.lessons import shared_lines
from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary
from worker.protocol.verse_payloads import VerseRecord
from worker.records import guild_settings, model_index, verse_records

HELD_OUT = HeldOut(nats_per_token=1.5, perplexity=4.48, accuracy=0.5, unknown=0, nats_per_char=1.5)


def summary(version: int, live: bool = False) -> ModelSummary:
    return ModelSummary(
        name="model",
        version=version,
        live=live,
        packaged=False,
        architecture="lstm",
        vocabulary="char",
        parameters=1,
        held_out=HELD_OUT,
        trained_at=datetime(2025, 1, 1, 0, version, tzinfo=UTC),
    )


def disabled(message: dict[str, Any]) -> list[str]:
    return [button["label"] for button in buttons(message) if button.get("disabled")]


async def until(room: Room, message: str, part: str) -> dict[str, Any]:
    """The message once its embed says that."""
    world = room.sandbox.world

    def shown() -> bool:
        return part in str(world.messages[message].embeds)

    await room.until(shown, f"“{part}” in the message")
    return {"embeds": world.messages[message].embeds, "components": world.messages[message].components}


async def test_anybody_turns_the_pages_of_many_models(room: Room) -> None:
    versions = [summary(version, live=version == 3) for version in range(1, 26)]
    model_index.save(room.bot.connection, ModelIndex(versions=versions))
    first = await room.ask("/models")
    assert embed(first)["title"] == "Models, page 1 of 3"
    assert embed(first)["description"].startswith("★ live: **model\\@3**")
    assert disabled(first) == ["Newer"]

    await room.press("Older", "assistant")
    second = await until(room, first["id"], "page 2 of 3")
    assert disabled(second) == []
    await room.press("Older")
    third = await until(room, first["id"], "page 3 of 3")
    assert disabled(third) == ["Older"]
    assert "**model\\@1**" in embed(third)["description"]

    model_index.save(room.bot.connection, ModelIndex(versions=versions[:11]))
    await room.press("Newer")
    assert "**model\\@1**" in embed(await until(room, first["id"], "page 2 of 2"))["description"]


async def test_without_an_index_of_models_there_is_one_private_sentence(room: Room) -> None:
    refused = await room.ask("/models")
    assert is_private(refused)
    assert "No worker has published" in embed(refused)["description"]


async def test_architectures_are_told_without_a_worker(room: Room) -> None:
    words = await room.ask("/architectures")
    characters = await room.ask("/architectures vocabulary: char")
    for message, size in ((words, "6,047 words"), (characters, "66 characters")):
        assert not is_private(message)
        for part in (size, "**simple-rnn**", "**lstm**", "**stacked-lstm**", "(batch, time, 150)"):
            assert part in embed(message)["description"]


async def test_help_is_private_and_privacy_knows_the_servers_retention(room: Room) -> None:
    for line, part in (
        ("/help", "`/temperatures`"),
        ("/help topic: verse", "*Hotter*"),
        ("/help topic: lessons", "`/curves"),
        ("/help topic: teachers", "`/admin export`"),
        ("/help topic: privacy", "for 90 days on this server"),
    ):
        message = await room.ask(line)
        assert is_private(message)
        assert part in embed(message)["description"]
    guild_settings.change(room.bot.connection, GUILD_ID, retention_days=1)
    assert "for 1 day on this server" in embed(await room.ask("/help topic: privacy"))["description"]


async def test_whoever_confirms_is_forgotten_and_nobody_else(room: Room) -> None:
    connection, people = room.bot.connection, room.sandbox.world.users
    kept = {}
    for name in ("student", "assistant"):
        author = {"author": people[name].id, "guild": "2", "channel": "3"}
        verses = [VerseRecord(**author, temperature=1, random_seed=1, asked_at=time.time()) for _ in range(2)]
        for verse in verses:
            verse_records.save(connection, verse, days=90)
        line = shared_line(**author)
        shared_lines.begin(connection, line)
        kept[name] = [*verses, line]

    question = await room.ask("/forget")
    assert is_private(question)
    assert all(verse_records.find(connection, verse.id) for verse in kept["student"][:2])

    await room.press("Forget me")
    answer = await until(room, question["id"], "with 2 verses")
    assert answer["components"] == []
    gone = [key.decode() for key in connection.scan_iter("shakelm:*")]
    assert not [key for key in gone if any(one.id in key for one in kept["student"])]
    assert f"shakelm:person:{people['student'].id}:lines" not in gone
    for one in kept["assistant"]:
        assert any(one.id in key for key in gone)
