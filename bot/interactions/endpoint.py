"""Points discord.py at the API that the settings name, so that one bot speaks to any compatible server."""

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from shakelm.errors import ShakelmError


def use_api(base: str) -> None:
    """Send every REST request of this process to `base` (such as https://discord.com/api/v10)."""
    Route.BASE = base.rstrip("/")


async def use_gateway_of_api(client: discord.Client) -> None:
    """Connect to the gateway that the API names, at the first connection and after an invalid session.

    discord.py never asks and has Discord's own address built in; Discord documents the question under
    Gateway, Get Gateway Bot. The client must be logged in.

    Raises:
        ShakelmError: the API does not name one.
    """
    try:
        _, address, _ = await client.http.get_bot_gateway()
    except discord.GatewayNotFound as error:
        raise ShakelmError(
            f"The API at {Route.BASE} names no gateway to connect to: look at "
            "https://discordstatus.com, or set DISCORD_API_BASE to the right address."
        ) from error
    DiscordWebSocket.DEFAULT_GATEWAY = URL(address)
