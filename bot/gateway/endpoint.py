"""Connects discord.py to the API that the settings name: Discord, or any compatible server."""

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from shakelm.errors import ShakelmError


def use_api(base: str) -> None:
    """Send all REST requests of this process to `base`, such as https://discord.com/api/v10."""
    Route.BASE = base.rstrip("/")


async def use_gateway_of_api(client: discord.Client) -> None:
    """Have discord.py connect to the gateway that the API names (Discord: Gateway, Get Gateway Bot).

    discord.py has Discord's own gateway built in and never asks the API. The client must be logged in.

    Raises:
        ShakelmError: the API names no gateway.
    """
    try:
        _, address, _ = await client.http.get_bot_gateway()
    except discord.GatewayNotFound as error:
        raise ShakelmError(
            f"The API at {Route.BASE} names no gateway to connect to: look at "
            "https://discordstatus.com, or set DISCORD_API_BASE to the right address."
        ) from error
    DiscordWebSocket.DEFAULT_GATEWAY = URL(address)
