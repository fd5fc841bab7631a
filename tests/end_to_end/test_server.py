"""What a teacher sets for the server and takes from it, how everything is, and the log channel."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.support.control_client import Discord
from tests.support.discord_messages import description, is_private
from tests.support.full_stack import Stack
from worker.protocol import retention
from worker.records import guild_settings, incidents, verse_records

COMMANDS = [
    "/admin remove model: shakespeare-word@3",
    "/admin queue see",
    "/admin queue clear",
    "/admin pause",
    "/admin resume",
    "/admin limits per_minute: 1",
    "/admin retention days: 1",
    "/admin export",
    "/admin log channel: #verses",
]


@pytest.fixture
def guild(stack: Stack, discord: Discord) -> Iterator[str]:
    """The server's id; its settings are the usual ones before and after the test."""
    guild = discord.state["guild_id"]
    before = guild_settings.read(stack.redis, guild).model_dump()
    yield guild
    guild_settings.change(stack.redis, guild, **before)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_student_may_set_and_see_nothing(stack: Stack, discord: Discord, guild: str, command: str) -> None:
    assert "Manage Server" in discord.refusal(command, "student")

    answer = discord.ask(command, "student", granted=True)

    assert is_private(answer)
    assert "Manage Server" in description(answer)
    assert guild_settings.read(stack.redis, guild).log_channel is None


# Limits


@pytest.mark.usefixtures("guild")
def test_limits_are_changed_shown_and_held(discord: Discord) -> None:
    changed = discord.ask("/admin limits per_minute: 60 longest_verse: 2", "teacher")

    assert is_private(changed)
    assert "per minute: 60" in description(changed)
    assert description(discord.ask("/admin limits", "teacher")) == description(changed)
    refused = discord.ask("/verse lines: 3")
    assert is_private(refused)
    assert "at most 2 lines" in description(refused)


@pytest.mark.usefixtures("guild")
def test_whoever_asks_too_often_is_told_privately_when_to_come_back(discord: Discord) -> None:
    discord.ask("/admin limits per_minute: 1 teacher_factor: 1", "teacher")
    discord.ask("/verse lines: 1", "owner")

    refused = discord.ask("/verse lines: 1", "owner")

    assert is_private(refused)
    assert "1 request per minute" in description(refused)
    assert ":R>" in description(refused)


@pytest.mark.parametrize("options", ["per_minute: 0", "open_per_person: 1001", "longest_verse: 41"])
def test_discord_refuses_limits_out_of_range(discord: Discord, options: str) -> None:
    assert "from 1 to" in discord.refusal(f"/admin limits {options}", "teacher")


# Retention and export


def test_retention_holds_for_what_is_stored_already(stack: Stack, discord: Discord, guild: str) -> None:
    discord.ask("/verse lines: 1 number: 11", "owner")
    (record,) = [one for one in verse_records.of_server(stack.redis, guild) if one.random_seed == 11]

    answer = discord.ask("/admin retention days: 2", "teacher")

    assert is_private(answer)
    assert "for 2 days" in description(answer)
    stack.bot.until(
        lambda: stack.redis.ttl(f"shakelm:verse:{record.id}") <= 2 * retention.DAY_S,
        "a shorter life of the verse",
    )
    assert "for 2 days" in description(discord.ask("/admin retention", "teacher"))


def test_the_export_is_a_private_table_without_names(discord: Discord, shipped: str) -> None:
    discord.ask("/verse seed: all may read lines: 1 number: 21", "assistant")
    discord.ask("/verse seed: mine alone lines: 1 number: 22 private: true", "assistant")

    answer = discord.ask("/admin export", "teacher")

    assert is_private(answer)
    (file,) = answer["attachments"]
    assert file["filename"] == "shakelm.csv"
    assert "Table" in file["description"]
    table = requests.get(file["url"], timeout=30).content.decode("utf-8-sig")
    rows = {row["number"]: row for row in csv.DictReader(io.StringIO(table))}
    assert rows["21"]["text"].startswith("all may read")
    assert rows["21"]["model"] == shipped
    assert rows["22"]["text"] == rows["22"]["seed"] == ""
    assert rows["21"]["person"] == rows["22"]["person"]
    assert discord.state["users"]["assistant"] not in table


# Status


def test_status_tells_devices_versions_and_the_latest_errors(stack: Stack, discord: Discord) -> None:
    incidents.note(stack.redis, "0123abcd", "verse: OSError no *space*")

    answer = discord.ask("/admin status", "teacher")

    assert is_private(answer)
    text = description(answer)
    assert text.count("cores), shakelm ") == 2  # a worker of each kind
    assert "Model versions: " in text
    assert "0123abcd, <t:" in text
    assert "verse: OSError no *space*" in text


# The log channel

Announced = Callable[[], list[str]]


@pytest.fixture
def announced(stack: Stack, discord: Discord, guild: str) -> Announced:
    """Chooses #verses for announcements, which come after the answers; gives those in it."""

    def announcements() -> list[str]:
        return [m["content"] for m in discord.messages("student") if m["content"].startswith("🔧")]

    verses = discord.state["channels"]["verses"]
    before = len(announcements())
    answer = discord.ask("/admin log channel: #verses", "teacher")
    assert is_private(answer)
    assert f"<#{verses}>" in description(answer)
    assert guild_settings.read(stack.redis, guild).log_channel == verses
    stack.bot.until(lambda: len(announcements()) > before, "an announcement")
    return announcements


def test_what_administrators_do_is_announced_with_who_and_what(
    stack: Stack, discord: Discord, announced: Announced
) -> None:
    teacher = f"<@{discord.state['users']['teacher']}>"
    assert announced()[-1] == f"🔧 {teacher}: chose this channel for announcements"

    discord.ask("/admin limits open_per_person: 7", "teacher")
    stack.bot.until(lambda: "7 open requests per person" in announced()[-1], "an announcement")
    discord.ask("/admin export", "owner")
    stack.bot.until(lambda: "exported the table" in announced()[-1], "an announcement")
    assert f"<@{discord.state['users']['owner']}>" in announced()[-1]
    assert not any(m["mentions"] for m in discord.messages("student") if m["content"].startswith("🔧"))


def test_announcements_can_be_ended(stack: Stack, discord: Discord, announced: Announced) -> None:
    ends = "stopped the announcements in this channel"
    answer = discord.ask("/admin log off: true", "teacher")

    assert "not announced" in description(answer)
    stack.bot.until(lambda: announced()[-1].endswith(ends), "an announcement")
    count = len(announced())
    discord.ask("/admin limits open_per_person: 8", "teacher")
    discord.ask("/admin log channel: #verses", "teacher")
    stack.bot.until(lambda: announced()[-1].endswith("chose this channel for announcements"), "another")
    assert len(announced()) == count + 1


def test_a_channel_in_which_the_bot_may_not_write_is_refused(
    discord: Discord, guild: str, stack: Stack
) -> None:
    answer = discord.ask("/admin log channel: #announcements", "teacher")

    assert is_private(answer)
    assert "I cannot write in #announcements" in description(answer)
    assert guild_settings.read(stack.redis, guild).log_channel is None


@pytest.mark.parametrize(("channel", "stays"), [("1", False), ("announcements", True)])
def test_a_log_channel_that_is_lost_hinders_nothing_and_the_person_gets_a_hint(
    stack: Stack, discord: Discord, guild: str, channel: str, stays: bool
) -> None:
    lost = discord.state["channels"].get(channel, channel)
    guild_settings.change(stack.redis, guild, log_channel=lost)

    answer = discord.ask("/admin limits open_per_person: 9", "teacher")

    assert "Open requests per person: 9" in description(answer)

    def hints() -> list[dict[str, Any]]:
        private = [m for m in discord.messages("teacher") if m["id"] > answer["id"] and m["embeds"]]
        return [m for m in private if "not announced" in description(m)]

    stack.bot.until(lambda: bool(hints()), "a hint")
    (hint,) = hints()
    assert is_private(hint)
    assert (guild_settings.read(stack.redis, guild).log_channel == lost) is stays
