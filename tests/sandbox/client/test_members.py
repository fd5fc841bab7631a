"""Members who join, and the languages of members and guild."""

import discord
import pytest

from sandbox.sandbox_error import SandboxError
from sandbox.world.ids import GUILD_ID
from tests.sandbox.stage import open_stage


async def test_languages() -> None:
    async with open_stage() as stage:
        _, before = await stage.answered("/hello name: x")
        assert before.content
        refused = await stage.control("POST", "/locales", {"user": "student", "locale": "tlh"})
        assert refused.status_code == 400 and "has no language 'tlh'; it has: ar, bg" in refused.text
        for body in ({"user": "student", "locale": "es-ES"}, {"locale": "fr"}):
            answer = await stage.control("POST", "/locales", body)
        assert answer.json()["locales"]["student"] == "es-ES" and answer.json()["guild_locale"] == "fr"
        interaction, _ = await stage.answered("/hello name: x")
        seen = await stage.seen_by_bot(interaction)
        assert (seen.locale, seen.guild_locale) == (discord.Locale.spain_spanish, discord.Locale.french)
        other, _ = await stage.answered("/hello name: x", "teacher")
        assert (await stage.seen_by_bot(other)).locale is discord.Locale.american_english
        guild = await stage.bot.fetch_guild(int(GUILD_ID))
        assert guild.preferred_locale is discord.Locale.french


async def test_who_joins_is_a_member_like_any_other() -> None:
    async with open_stage() as stage:
        joined = await stage.control("POST", "/members", {"name": "juliet"})
        interaction, message = await stage.answered("/hello name: x", "juliet")
        assert message.content
        user = (await stage.seen_by_bot(interaction)).user
        assert (str(user.id), user.name) == (joined.json()["user_id"], "juliet")
        assert user.display_name == "Juliet"
        with pytest.raises(SandboxError, match="does not show /admin"):
            stage.type("/admin status", "juliet")
        for name, words in (("juliet", "already a user 'juliet'"), ("J!", "name: String should match")):
            refused = await stage.control("POST", "/members", {"name": name})
            assert refused.status_code == 400 and words in refused.text
