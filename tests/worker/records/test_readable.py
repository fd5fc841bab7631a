"""One broken record leaves the others."""

import logging

import pytest
import redis

from tests.support.request_makers import verse_request
from worker.privacy import export
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.verse_payloads import VerseRecord
from worker.queue import admission
from worker.records import guild_settings, incidents, readable, verse_records

Connection = redis.Redis

BROKEN = [b"", b"{", b"null", b"[]", b'{"id": 1}', b"\xff\xfe", b'{"a":' * 2000]


@pytest.mark.parametrize("stored", BROKEN)
def test_a_broken_record_is_left_out_and_logged(stored: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert readable.record(VerseRecord, stored) is None
    assert "is left out" in caplog.text


@pytest.mark.parametrize("stored", BROKEN)
def test_one_broken_verse_leaves_the_export_of_all_others(connection: Connection, stored: bytes) -> None:
    kept, broken = verse_request(), verse_request()
    for request in (kept, broken):
        admission.admit(connection, request)
    connection.set(f"shakelm:verse:{broken.id}", stored)

    assert [record.id for record in verse_records.of_server(connection, "2")] == [kept.id]
    assert export.table(connection, "2")
    assert verse_records.forget(connection, "1") == 1


def test_one_broken_incident_leaves_the_others(connection: Connection) -> None:
    incidents.note(connection, "first", "one")
    connection.lpush("shakelm:incidents", b"{")
    incidents.note(connection, "second", "two")
    assert [one.reference for one in incidents.latest(connection)] == ["second", "first"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("of_a_later_release", "1"), ("longest_verse", "many"), ("per_minute", "-1"), (b"\xff", b"\xff")],
)
def test_a_setting_that_cannot_be_read_has_its_default(
    connection: Connection, name: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    guild_settings.change(connection, "2", open_per_person=7)
    connection.hset("shakelm:server:2:settings", name, value)
    with caplog.at_level(logging.WARNING):
        assert guild_settings.read(connection, "2") == GuildSettings(open_per_person=7)
    assert "left out" in caplog.text
    assert admission.admit(connection, verse_request()).place == 1
