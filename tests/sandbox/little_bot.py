"""A small discord.py bot with every kind of answer; also a program: `python little_bot.py`."""

import asyncio
import io
import os
import sys
from typing import Any

import discord
import requests
import yarl
from discord import app_commands


def point_at(api_base: str) -> None:
    """Point an unmodified discord.py at another API."""
    discord.http.Route.BASE = api_base
    gateway = requests.get(f"{api_base}/gateway", timeout=60).json()["url"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


class LittleBot(discord.Client):
    """Registers its commands globally, and `/here` only in the guild."""

    def __init__(self, api_base: str, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents.default(), guild_ready_timeout=0.05)
        self.api_base = api_base
        self.tree = app_commands.CommandTree(self)
        self.errors: list[Any] = []
        self.resumed = asyncio.Event()
        self.seen: list[discord.Message] = []
        self.edited: list[discord.RawMessageUpdateEvent] = []
        self.interactions: list[discord.Interaction] = []
        self.readies = 0
        add_commands(self.tree)
        self.tree.error(self._on_tree_error)

    async def _on_tree_error(self, _interaction: discord.Interaction, error: Exception) -> None:
        self.errors.append(getattr(error, "original", error))

    async def setup_hook(self) -> None:
        guild = discord.Object(1100000000000000100)
        await self.tree.sync()
        await self.tree.sync(guild=guild)

    async def on_ready(self) -> None:
        self.readies += 1

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.interactions.append(interaction)


def edit_as_another(
    api_base: str, interaction: discord.Interaction, body: dict[str, Any]
) -> requests.Response:
    """Edit the first answer as a process that has only the token does."""
    url = f"{api_base}/webhooks/{interaction.application_id}/{interaction.token}/messages/@original"
    return requests.patch(url, json=body, timeout=60)


def add_commands(tree: app_commands.CommandTree) -> None:
    @tree.command(description="Answers at once")
    @app_commands.describe(
        name="Whom to greet", times="How often", heat="How warmly", loud="Whether to shout"
    )
    async def hello(
        interaction: discord.Interaction,
        name: app_commands.Range[str, 1, 20],
        times: app_commands.Range[int, 1, 5] = 1,
        heat: app_commands.Range[float, 0.0, 2.0] = 0.5,
        loud: bool = False,
    ) -> None:
        text = ", ".join(["hello"] * times) + f" {name} at {heat}"
        await interaction.response.send_message(text.upper() if loud else text)

    @tree.command(description="Answers, and another edits")
    async def queued(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("⏳ place 1 in the queue")
        assert isinstance(interaction.client, LittleBot)
        api_base = interaction.client.api_base
        body = {"content": "the verse", "allowed_mentions": {"parse": []}}
        await asyncio.to_thread(edit_as_another, api_base, interaction, body)

    @tree.command(description="Thinks first")
    async def later(interaction: discord.Interaction, private: bool = False) -> None:
        await interaction.response.defer(thinking=True, ephemeral=private)

    @tree.command(description="Only for one")
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)

    @tree.command(description="An embed")
    async def card(interaction: discord.Interaction) -> None:
        embed = discord.Embed(title="A *title*", description="To be,\nor \\*not\\*", color=0x123456)
        embed.add_field(name="Loss", value="1.5").set_footer(text="model@1 · 0.4 s").set_author(name="Will")
        await interaction.response.send_message(embed=embed)

    @tree.command(description="A file")
    async def file(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(
            "see", file=discord.File(io.BytesIO(b"once more"), "verse.txt", description="a verse")
        )

    @tree.command(description="Says nothing")
    async def silent(_: discord.Interaction) -> None:
        return

    @tree.command(description="Answers twice")
    async def twice(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("once")
        await interaction.client.http.request(
            discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
            json={"type": 4, "data": {"content": "again"}},
        )

    @tree.command(description="Pick one")
    @app_commands.choices(kind=[app_commands.Choice(name=n, value=n.lower()) for n in ("Word", "Char")])
    async def pick(interaction: discord.Interaction, kind: app_commands.Choice[str]) -> None:
        await interaction.response.send_message(f"picked {kind.value}")

    @tree.command(description="Completes")
    async def suggest(
        interaction: discord.Interaction, model: str, who: discord.Member | None = None
    ) -> None:
        await interaction.response.send_message(f"{model} for {who and who.name}")

    @suggest.autocomplete("model")
    async def _complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        known = ("default@1", "default@2", "other@1")
        return [app_commands.Choice(name=n, value=n) for n in known if n.startswith(current)]

    admin = app_commands.Group(
        name="admin", description="For teachers", default_permissions=discord.Permissions(manage_guild=True)
    )

    @admin.command(description="How things are")
    async def status(interaction: discord.Interaction) -> None:
        manages = interaction.permissions.manage_guild
        await interaction.response.send_message(f"manages: {manages}", ephemeral=True)

    tree.add_command(admin)

    @tree.command(description="Only in this server", guild=discord.Object(1100000000000000100))
    async def here(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here")


async def main() -> None:
    api_base = os.environ["DISCORD_API_BASE"]
    point_at(api_base)
    async with LittleBot(api_base) as bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
