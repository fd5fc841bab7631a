"""Commands and their completions, with discord.py's command tree."""

from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.client import typed_input
from sandbox.world.ids import VERSES_ID
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import open_stage


def with_completions(bot: LittleBot) -> None:
    tree = bot.tree

    @tree.command(description="Two to complete")
    async def two(interaction: discord.Interaction, first: str, lines: int) -> None:
        await interaction.response.send_message(f"{first} {lines}")

    @two.autocomplete("first")
    async def complete_first(
        interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        values = [f"{current}{end}" for end in range(25)]
        assert interaction.namespace.lines in (None, 3)
        return [app_commands.Choice(name=value, value=value) for value in values]

    @two.autocomplete("lines")
    async def complete_lines(_: discord.Interaction, current: str) -> list[app_commands.Choice[int]]:
        return [app_commands.Choice(name="as many", value=int(current or 0) + 1)]


async def test_completions_follow_the_focus() -> None:
    async with open_stage(prepare=with_completions) as stage:

        async def completed(text: str, **more: str) -> Any:
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
        (STRINGS, [{"name": "", "value": "v"}], ".0.name", "BASE_TYPE_REQUIRED"),
        (STRINGS, [{"name": "x", "value": "v" * 101}], ".0.value", "BASE_TYPE_MAX_LENGTH"),
        (STRINGS, [{"name": "x", "value": 5}], ".0.value", "STRING_TYPE_CONVERT"),
        (INTEGERS, [{"name": "x", "value": "5"}], ".0.value", "NUMBER_TYPE_COERCE"),
        (INTEGERS, [{"name": "x", "value": 5.5}], ".0.value", "NUMBER_TYPE_COERCE"),
        (INTEGERS, [{"name": "x", "value": 2**53}], ".0.value", "NUMBER_TYPE_MAX"),
    ],
)
async def test_completions_that_are_refused(
    text: str, choices: list[dict[str, Any]], path: str, code: str
) -> None:
    async with open_stage(prepare=with_completions) as stage:
        # discord.py's own answer does not come: nothing is registered for what it is asked.
        stage.bot.tree.clear_commands(guild=None)
        interaction = typed_input.ask_for_completions(stage.world, stage.user("student"), VERSES_ID, text)
        refused = await stage.refused(stage.call_back(interaction, 8, {"choices": choices}))
        assert stage.problem_at(refused, f"data.choices{path}") == code
        for kind in (4, 5, 9):
            refused = await stage.refused(stage.call_back(interaction, kind, {"content": "x"}))
            assert stage.problem_at(refused, "type") == "BASE_TYPE_CHOICES"
        await stage.call_back(interaction, 8, {"choices": []})
        seen = await stage.seen_by_bot(interaction)
        refused = await stage.refused(seen.followup.send("more"))
        assert (refused.status, refused.code) == (404, 10015)


async def test_autocompletion() -> None:
    async with open_stage() as stage:
        body = {"user": "student", "text": "/suggest model: default"}
        answer = await stage.control("POST", "/autocomplete", body)
        assert [choice["value"] for choice in answer.json()["choices"]] == ["default@1", "default@2"]
        _, message = await stage.answered("/suggest model: any who: @teacher")
        assert message.content == "any for teacher"


async def test_permissions_reach_the_bot() -> None:
    async with open_stage() as stage:
        _, allowed = await stage.answered("/admin status", "teacher")
        assert allowed.content == "manages: True" and allowed.ephemeral
        _, forced = await stage.answered("/admin status", "student", granted=True)
        assert forced.content == "manages: False"
