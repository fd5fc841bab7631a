"""Commands of a bot with buttons, a select, a modal and context menus; and the chat with it."""

from typing import Any

import discord

from sandbox.client.replies import ANSWER_WITHIN_S
from sandbox.terminal import chat
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import Stage, text_in


async def replies(stage: Stage, text: str, *, within_s: float = ANSWER_WITHIN_S) -> list[str]:
    """What the chat shows for a line that the student types."""
    shown: list[str] = []
    await chat.say(stage.world, stage.user("student"), text, shown.append, within_s=within_s)
    return shown


class Change(discord.ui.Modal, title="Change"):
    seed: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Seed", default="to be", min_length=2)
    how_many: discord.ui.Label[Any] = discord.ui.Label(
        text="How many", component=discord.ui.TextInput(default="4")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.seed.value} x {text_in(self.how_many)}")


class Buttons(discord.ui.View):
    @discord.ui.button(label="Change it", custom_id="change")
    async def change(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Change())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer()
        await interaction.followup.send("at last")

    @discord.ui.select(
        placeholder="Kind", options=[discord.SelectOption(label=name) for name in ("Word", "Char")]
    )
    async def kind(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"it is {select.values[0]}", view=None)


def with_buttons(bot: LittleBot) -> None:
    @bot.tree.command(description="Buttons")
    async def buttons(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("choose", view=Buttons())

    @bot.tree.context_menu(name="Go on with it")
    async def go_on(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.content} …")

    @bot.tree.context_menu(name="Who")
    async def who(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"{member.name} speaks {interaction.locale}")

    @bot.tree.command(description="Reads")
    async def reads(interaction: discord.Interaction, text: discord.Attachment) -> None:
        await interaction.response.send_message((await text.read()).decode())
