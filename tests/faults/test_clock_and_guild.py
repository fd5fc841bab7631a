"""A wrong clock, and a server that removes the bot and invites it again."""

import time

import pytest

from tests.faults.extent import variants
from tests.faults.outcomes import crowd, settled
from tests.support.full_stack import Stack
from tests.support.request_makers import verse_request
from tests.support.waiting import eventually
from worker.privacy import departed_guilds
from worker.queue import admission
from worker.records import guild_settings, incidents, verse_records


@pytest.mark.parametrize("minutes_ahead", variants([16, -20], [16]))
def test_a_wrong_clock_costs_no_answer_and_is_told(own_stack: Stack, minutes_ahead: int) -> None:
    discord = own_stack.discord
    discord.post("clock", {"ahead_s": -60 * minutes_ahead})  # this machine's clock is ahead of Discord's
    bot = own_stack.start_bot()
    worker = own_stack.start_worker("verse")

    end = settled(discord, crowd(discord, 10))

    assert (end.answered, end.doubled) == (10, 0)
    direction = "ahead of" if minutes_ahead > 0 else "behind"
    told = f"{abs(minutes_ahead)} minutes {direction} Discord's"
    eventually(lambda: told in worker.output and told in bot.output, "a line in each log")
    assert any(told in one.sentence for one in incidents.latest(own_stack.redis))


def test_a_server_that_invites_the_bot_again_has_commands_at_once(own_stack: Stack) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot(DISCORD_GUILD=discord.state["guild_id"])
    own_stack.start_worker("verse")
    assert settled(discord, crowd(discord, 1)).answered == 1

    discord.post("memberships", {"event": "removed"})
    assert discord.get("state")["commands"] == []
    discord.post("memberships", {"event": "invited"})

    eventually(lambda: "verse" in discord.get("state")["commands"], "commands")
    assert settled(discord, crowd(discord, 3)).answered == 3
    assert "Traceback" not in bot.output


def test_an_outage_of_a_server_is_no_departure(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    own_stack.start_worker("verse")
    discord.post("memberships", {"event": "outage"})
    assert settled(discord, crowd(discord, 3)).answered == 3
    assert own_stack.redis.zcard("shakelm:servers:left") == 0


def test_a_server_that_left_long_ago_is_forgotten(own_stack: Stack) -> None:
    connection, (gone, here) = own_stack.redis, ("2", "8")
    kept = {guild: verse_request(guild=guild) for guild in (gone, here)}
    for guild, request in kept.items():
        guild_settings.change(connection, guild, per_minute=3)
        admission.admit(connection, request)

    departed_guilds.compare(connection, [here, own_stack.discord.state["guild_id"]])
    assert departed_guilds.forget(connection) == []  # it may come back
    connection.zadd("shakelm:servers:left", {gone: time.time() - 31 * 24 * 3600})
    assert departed_guilds.forget(connection) == [gone]

    assert verse_records.find(connection, kept[gone].id) is None
    assert verse_records.find(connection, kept[here].id)
    assert guild_settings.read(connection, gone).per_minute != 3
    assert guild_settings.read(connection, here).per_minute == 3
    assert not list(connection.scan_iter(f"shakelm:server:{gone}:*"))
