"""Commands that the bot answers by itself, without a worker."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from sandbox.world.ids import GUILD_ID
from worker.protocol.lesson_payloads import SharedLine
from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary
from worker.protocol.verse_payloads import VerseRecord
from worker.records import guild_settings, model_index, shared_lines, verse_records

EPHEMERAL = 1 << 6
DEADLINE_S = 60.0

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


def embed(message: dict[str, Any]) -> dict[str, Any]:
    (embed,) = message["embeds"]
    return dict(embed)


def disabled(message: dict[str, Any]) -> list[str]:
    return [
        button["label"]
        for row in message["components"]
        for button in row["components"]
        if button.get("disabled")
    ]


async def until(room: Any, message: str, part: str) -> dict[str, Any]:
    """The message once its embed says that."""
    world = room.sandbox.world

    def shown() -> bool:
        return part in str(world.messages[message].embeds)

    assert await world.changes.wait_until(shown, DEADLINE_S), world.messages[message].embeds
    return {"embeds": world.messages[message].embeds, "components": world.messages[message].components}


def test_anybody_turns_the_pages_of_many_models(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
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

    asyncio.run(test())


def test_without_an_index_of_models_there_is_one_private_sentence(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            refused = await room.ask("/models")
            assert refused["flags"] & EPHEMERAL
            assert "No worker has published" in embed(refused)["description"]

    asyncio.run(test())


def test_architectures_are_told_without_a_worker(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            words = await room.ask("/architectures")
            characters = await room.ask("/architectures vocabulary: char")
            for message, size in ((words, "6,047 words"), (characters, "66 characters")):
                assert not message["flags"] & EPHEMERAL
                for part in (size, "**simple-rnn**", "**lstm**", "**stacked-lstm**", "(batch, time, 150)"):
                    assert part in embed(message)["description"]

    asyncio.run(test())


def test_help_is_private_and_privacy_knows_the_servers_retention(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            for line, part in (
                ("/help", "`/temperatures`"),
                ("/help topic: verse", "*Hotter*"),
                ("/help topic: lessons", "`/curves"),
                ("/help topic: teachers", "`/admin export`"),
                ("/help topic: privacy", "for 90 days on this server"),
            ):
                message = await room.ask(line)
                assert message["flags"] & EPHEMERAL
                assert part in embed(message)["description"]
            guild_settings.change(room.bot.connection, GUILD_ID, retention_days=1)
            assert "for 1 day on this server" in embed(await room.ask("/help topic: privacy"))["description"]

    asyncio.run(test())


def test_whoever_confirms_is_forgotten_and_nobody_else(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            connection, people = room.bot.connection, room.sandbox.world.users
            kept = {}
            for name in ("student", "assistant"):
                author = {"author": people[name].id, "guild": "2", "channel": "3"}
                verses = [
                    VerseRecord(**author, temperature=1, random_seed=1, asked_at=time.time())
                    for _ in range(2)
                ]
                for verse in verses:
                    verse_records.save(connection, verse)
                line = SharedLine(
                    **author, prompt="a", offered=("b",), model="m@1", changed_by="0" * 16, locale="en-US"
                )
                shared_lines.begin(connection, line)
                kept[name] = [*verses, line]

            question = await room.ask("/forget")
            assert question["flags"] & EPHEMERAL
            assert all(verse_records.find(connection, verse.id) for verse in kept["student"][:2])

            await room.press("Forget me")
            answer = await until(room, question["id"], "with 2 verses")
            assert answer["components"] == []
            gone = [key.decode() for key in connection.scan_iter("shakelm:*")]
            assert not [key for key in gone if any(one.id in key for one in kept["student"])]
            assert f"shakelm:person:{people['student'].id}:lines" not in gone
            for one in kept["assistant"]:
                assert any(one.id in key for key in gone)

    asyncio.run(test())
