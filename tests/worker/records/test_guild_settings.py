"""What the teachers of a server have set."""

import pytest
import redis
from pydantic import ValidationError

from worker.protocol.guild_payloads import GuildSettings
from worker.records import guild_settings

Connection = redis.Redis


def test_a_server_begins_with_the_defaults(connection: Connection) -> None:
    assert guild_settings.read(connection, "2") == GuildSettings()


def test_changes_stay_and_are_of_that_server_alone(connection: Connection) -> None:
    changed = guild_settings.change(connection, "2", per_minute=3, log_channel="77")
    assert changed == GuildSettings(per_minute=3, log_channel="77")
    guild_settings.change(connection, "2", longest_verse=8)
    assert guild_settings.read(connection, "2") == GuildSettings(
        per_minute=3, log_channel="77", longest_verse=8
    )
    assert guild_settings.read(connection, "3") == GuildSettings()


def test_none_brings_the_default_back(connection: Connection) -> None:
    guild_settings.change(connection, "2", per_minute=3, log_channel="77")
    assert guild_settings.change(connection, "2", log_channel=None) == GuildSettings(per_minute=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"per_minute": 0},
        {"longest_verse": 41},
        {"retention_days": 366},
        {"log_channel": "#x"},
        {"strange": 1},
    ],
)
def test_what_has_no_meaning_changes_nothing(connection: Connection, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        guild_settings.change(connection, "2", open_per_person=7, **changes)
    assert guild_settings.read(connection, "2") == GuildSettings()


def test_a_key_of_another_type_has_no_settings(connection: Connection) -> None:
    connection.set("shakelm:server:2:settings", "x")
    assert guild_settings.read(connection, "2") == GuildSettings()
