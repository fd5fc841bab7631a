"""Autocompletion, context menus, files as options and languages, with discord.py's own command tree."""

import base64

import discord
import pytest
from discord import app_commands

from sandbox.client import clicks, typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.world.ids import GUILD_ID, STAFF_ID, VERSES_ID


def with_commands(bot):
    tree = bot.tree

    @tree.context_menu(name="Continue as Verse")
    async def continue_as_verse(interaction: discord.Interaction, message: discord.Message):
        await interaction.response.send_message(f"{message.content} by {message.author.name}, and so on")

    @tree.context_menu(name="Who is this")
    async def who(interaction: discord.Interaction, member: discord.Member):
        roles = [role.name for role in member.roles[1:]]
        await interaction.response.send_message(f"{member.name}: {', '.join(roles)}", ephemeral=True)

    @tree.context_menu(name="Remove")
    @app_commands.default_permissions(manage_guild=True)
    async def remove(interaction: discord.Interaction, _message: discord.Message):
        await interaction.response.send_message("removed")

    @tree.command(description="Reads a file")
    async def words(
        interaction: discord.Interaction, text: discord.Attachment, more: discord.Attachment | None = None
    ):
        content = (await text.read()).decode()
        both = content + ((await more.read(use_cached=True)).decode() if more else "")
        await interaction.response.send_message(f"{text.filename} {text.content_type} {text.size} {both}")

    @tree.command(description="Two to complete")
    async def two(interaction: discord.Interaction, first: str, lines: int):
        await interaction.response.send_message(f"{first} {lines}")

    @two.autocomplete("first")
    async def complete_first(interaction: discord.Interaction, current: str):
        values = [f"{current}{end}" for end in range(25)]
        assert interaction.namespace.lines in (None, 3)
        return [app_commands.Choice(name=value, value=value) for value in values]

    @two.autocomplete("lines")
    async def complete_lines(_: discord.Interaction, current: str):
        return [app_commands.Choice(name="as many", value=int(current or 0) + 1)]


@pytest.mark.asyncio
async def test_completions_follow_the_focus() -> None:
    async with open_stage(prepare=with_commands) as stage:

        async def completed(text, **more):
            answer = await stage.control("POST", "/autocomplete", {"text": text, **more})
            assert answer.status_code == 200, answer.text
            return answer.json()["choices"]

        assert len(await completed("/two first: ab")) == 25
        assert await completed("/two first: a lines: 4") == [{"name": "as many", "value": 5}]
        assert (await completed("/two first: a lines: 3", focused="first"))[1]["value"] == "a1"
        assert (await completed("/two", focused="lines"))[0]["value"] == 1
        nothing = await stage.control("POST", "/autocomplete", {"text": "/two", "focused": "other"})
        assert nothing.json() == {"error": "The bot completes nothing in the option other."}


STRINGS, INTEGERS = "/two first: ab", "/two first: a lines: 4"


@pytest.mark.parametrize(
    ("text", "choices", "path", "code"),
    [
        (STRINGS, [{"name": f"{n}", "value": "v"} for n in range(26)], "", "BASE_TYPE_MAX_LENGTH"),
        (STRINGS, [{"name": "x" * 101, "value": "v"}], ".0.name", "BASE_TYPE_MAX_LENGTH"),
        (STRINGS, [{"name": "", "value": "v"}], ".0.name", "BASE_TYPE_MIN_LENGTH"),
        (STRINGS, [{"name": "x", "value": "v" * 101}], ".0.value", "BASE_TYPE_MAX_LENGTH"),
        (STRINGS, [{"name": "x", "value": 5}], ".0.value", "STRING_TYPE_CONVERT"),
        (INTEGERS, [{"name": "x", "value": "5"}], ".0.value", "NUMBER_TYPE_COERCE"),
        (INTEGERS, [{"name": "x", "value": 5.5}], ".0.value", "NUMBER_TYPE_COERCE"),
        (INTEGERS, [{"name": "x", "value": 2**53}], ".0.value", "NUMBER_TYPE_MAX"),
    ],
)
@pytest.mark.asyncio
async def test_completions_that_are_refused(text, choices, path, code) -> None:
    async with open_stage(prepare=with_commands) as stage:
        # discord.py's own answer does not come: nothing is registered for what it is asked.
        stage.bot.tree.clear_commands(guild=None)
        interaction = typed_input.ask_for_completions(
            stage.world, stage.world.users["student"], VERSES_ID, text
        )
        refused = await stage.refused(stage.call_back(interaction, 8, {"choices": choices}))
        assert stage.problem_at(refused, f"data.choices{path}") == code
        for kind in (4, 5, 9):
            refused = await stage.refused(stage.call_back(interaction, kind, {"content": "x"}))
            assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        await stage.call_back(interaction, 8, {"choices": []})
        seen = await stage.seen_by_bot(interaction)
        refused = await stage.refused(seen.followup.send("more"))
        assert (refused.status, refused.code) == (404, 10015)


@pytest.mark.asyncio
async def test_context_menu_of_a_message() -> None:
    async with open_stage(prepare=with_commands) as stage:
        said = typed_input.write(stage.world, stage.world.users["teacher"], VERSES_ID, "To be")
        body = {"name": "Continue as Verse", "message_id": said.id}
        answer = await stage.control("POST", "/menus", body)
        interaction = await stage.done(stage.world.interactions[answer.json()["interaction_id"]])
        assert interaction.original.content == "To be by teacher, and so on"
        assert interaction.original.kind == 23
        assert interaction.original.to_json("")["interaction_metadata"]["target_message_id"] == said.id
        removed = await stage.control("POST", "/menus", body | {"name": "Remove"})
        assert "Discord does not show Remove to Student: it is for members with Manage Server" in removed.text
        allowed = await stage.control("POST", "/menus", body | {"name": "Remove", "user": "teacher"})
        assert allowed.status_code == 200
        for wrong, words in (
            ({"name": "Nothing"}, "context menu of messages has no 'Nothing'; there are: Continue as Verse"),
            ({"message_id": "42"}, "sees no message '42'"),
            ({"message_id": None}, "give message_id or member"),
            ({"member": "teacher"}, "give message_id or member"),
        ):
            refused = await stage.control("POST", "/menus", body | wrong)
            assert refused.status_code == 400 and words in refused.json()["error"]


@pytest.mark.asyncio
async def test_context_menu_of_a_member() -> None:
    async with open_stage(prepare=with_commands) as stage:
        answer = await stage.control("POST", "/menus", {"name": "Who is this", "member": "teacher"})
        interaction = await stage.done(stage.world.interactions[answer.json()["interaction_id"]])
        assert interaction.original.content == "teacher: Teacher" and interaction.original.ephemeral
        metadata = interaction.original.to_json("")["interaction_metadata"]
        assert metadata["target_user"]["username"] == "teacher"
        with pytest.raises(SandboxError, match="may not use commands in #staff"):
            clicks.use_menu(
                stage.world,
                stage.world.users["student"],
                "Who is this",
                stage.world.users["owner"],
                STAFF_ID,
            )


def encoded(name, content):
    return {"name": name, "content": base64.b64encode(content).decode()}


@pytest.mark.asyncio
async def test_files_as_options(tmp_path) -> None:
    async with open_stage(prepare=with_commands) as stage:
        files = {"text": encoded("../to be.txt", b"To be "), "more": encoded("b", b"or not")}
        answer = await stage.control("POST", "/commands", {"text": "/words", "files": files})
        interaction = await stage.done(stage.world.interactions[answer.json()["interaction_id"]])
        assert interaction.original.content == "to_be.txt text/plain; charset=utf-8 6 To be or not"
        for text, given, words in (
            ("/words", {}, "text is required"),
            ("/words text: /etc/hostname", {}, "takes a file; attach one instead"),
            (
                "/words",
                {"text": files["text"], "other": files["text"]},
                "no option 'other' that takes a file",
            ),
            ("/words", {"text": encoded("big", bytes(10 * 2**20 + 1))}, "big is larger than 10 MiB"),
            ("/words", {"text": {"name": "x", "content": "x"}}, "files.text.content"),
        ):
            refused = await stage.control("POST", "/commands", {"text": text, "files": given})
            assert refused.status_code == 400 and words in refused.json()["error"]
        path = tmp_path / "my lines.txt"
        path.write_text("typed")
        student = stage.world.users["student"]
        typed = typed_input.use_command(stage.world, student, VERSES_ID, f"/words text: {path}", paths=True)
        assert (await stage.done(typed)).original.content.endswith("5 typed")
        with pytest.raises(SandboxError, match="'/nowhere': No such file or directory"):
            typed_input.use_command(stage.world, student, VERSES_ID, "/words text: /nowhere", paths=True)


@pytest.mark.asyncio
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


@pytest.mark.asyncio
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
