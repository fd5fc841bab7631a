"""The bot uses the API of its settings, and the gateway that this API names."""

import discord
import pytest
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.gateway import endpoint
from shakelm.errors import ShakelmError
from tests.support.bot_room import Room


async def test_every_connection_goes_to_the_given_api_and_its_gateway(room: Room) -> None:
    address = room.sandbox.address.removeprefix("http://")
    assert room.bot.ws.gateway.authority == address
    assert DiscordWebSocket.DEFAULT_GATEWAY.authority == address
    assert f"http://{address}/api/v10" == Route.BASE
    assert room.sandbox.world.bot_connected


def test_a_slash_at_the_end_of_the_address_is_ignored() -> None:
    endpoint.use_api("http://127.0.0.1:1/api/v10/")

    assert Route("GET", "/users/@me").url == "http://127.0.0.1:1/api/v10/users/@me"


async def test_an_api_without_a_gateway_is_refused_in_one_sentence() -> None:
    async def me(_request: web.Request) -> web.Response:
        return web.json_response({"id": "1", "username": "bot", "discriminator": "0", "avatar": None})

    app = web.Application()
    app.router.add_get("/users/@me", me)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.use_api(f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.http.static_login("token")
        with pytest.raises(ShakelmError, match="names no gateway"):
            await endpoint.use_gateway_of_api(client)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("wss://gateway.discord.gg", True),
        ("wss://gateway-us-east1-b.discord.gg/?v=10", True),
        ("wss://gateway.discord.gg.example.com", False),
        ("wss://evildiscord.gg", False),
        ("wss://gateway.discord.gg@example.com", False),
        ("wss://gateway.discord.gg:444", False),
        ("ws://gateway.discord.gg", False),
        ("wss://[", False),
        ("", False),
    ],
)
def test_only_hosts_of_the_named_domain_are_the_gateway(
    address: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL("wss://gateway.discord.gg/"))

    assert endpoint.is_gateway_of_api(address) is expected


def test_an_ip_address_has_no_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL("ws://127.0.0.1:80"))

    assert endpoint.is_gateway_of_api("ws://127.0.0.1:80/gateway")
    assert not endpoint.is_gateway_of_api("ws://8.0.0.1:80")
