"""`/help` and `/forget`."""

import time

from sandbox.world.ids import GUILD_ID
from tests.support.bot_room import Room
from tests.support.discord_messages import embed, is_private
from tests.support.request_makers import shared_line
from worker.lessons import shared_lines
from worker.protocol.verse_payloads import VerseRecord
from worker.records import guild_settings, verse_records


async def test_help_is_private_and_names_the_retention_of_the_guild(room: Room) -> None:
    for line, part in (
        ("/help", "</temperatures:"),
        ("/help topic: verse", "*Hotter*"),
        ("/help topic: lessons", "`/curves"),
        ("/help topic: teachers", "</admin export:"),
        ("/help topic: teachers", "</admin queue see:"),
        ("/help topic: privacy", "for 90 days on this server"),
    ):
        message = await room.ask(line)
        assert is_private(message)
        assert part in embed(message)["description"]
    guild_settings.change(room.bot.connection, GUILD_ID, retention_days=1)
    assert "for 1 day on this server" in embed(await room.ask("/help topic: privacy"))["description"]


async def test_only_the_data_of_the_person_who_confirms_is_removed(room: Room) -> None:
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
    answer = await room.message(question["id"], "including 2 verses")
    assert answer["components"] == []
    gone = [key.decode() for key in connection.scan_iter("shakelm:*")]
    assert not [key for key in gone if any(one.id in key for one in kept["student"])]
    assert f"shakelm:person:{people['student'].id}:lines" not in gone
    for one in kept["assistant"]:
        assert any(one.id in key for key in gone)
