"""Connects discord.py to the API that the settings name: Discord, or any compatible server."""

import ipaddress
from contextlib import suppress

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


def is_gateway_of_api(address: str) -> bool:
    """Whether the token may be sent to this address: it is of the gateway that the API has named.

    Discord resumes sessions at other hosts than it names, of the same domain: for gateway.discord.gg, at
    gateway-us-east1-b.discord.gg.
    """
    named = DiscordWebSocket.DEFAULT_GATEWAY
    try:
        asked = URL(address)
    except ValueError:
        return False
    if (asked.scheme, asked.port) != (named.scheme, named.port):
        return False
    domain = _domain(named.host or "")
    return asked.host == named.host or bool(domain and (asked.host or "").endswith(f".{domain}"))


def _domain(host: str) -> str:
    """The domain of a host name, such as discord.gg. Empty for an IP address."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return ""
    _, _, domain = host.partition(".")
    return domain if "." in domain else ""
