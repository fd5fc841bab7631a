"""A page without a browser: the messages of its WebSocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.support.waiting import DEADLINE_S


class SocketClient:
    """What a page gets: the latest guild and commands, and messages by id."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.guild: dict[str, Any] = {}
        self.commands: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.unanswered: list[dict[str, Any]] = []
        self.traffic: list[dict[str, Any]] = []
        self._number = 0

    async def receive(self) -> dict[str, Any]:
        """The next message from the server."""
        body: dict[str, Any] = await self.socket.receive_json(timeout=DEADLINE_S)
        news = body.get("news", {})
        if news.get("fresh"):
            self.messages.clear()
        self.guild = news.get("guild", self.guild)
        self.commands = news.get("commands", self.commands)
        self.messages |= {message["id"]: message for message in news.get("messages", ())}
        for key in news.get("gone", ()):
            del self.messages[key]
        self.unanswered += news.get("unanswered", ())
        self.traffic += body.get("traffic", {}).get("entries", ())
        return body

    async def speak_as(self, name: str) -> dict[str, Any]:
        """Become a member; the first news."""
        await self.socket.send_json({"as": name})
        while True:
            body = await self.receive()
            if body.get("news", {}).get("fresh"):
                news: dict[str, Any] = body["news"]
                return news

    async def send(self, **body: Any) -> int:
        """Send an action; its number."""
        self._number += 1
        await self.socket.send_json({"number": self._number, **body})
        return self._number

    async def act(self, **action: Any) -> dict[str, Any]:
        """Send an action and wait for its result or its error."""
        number = await self.send(**action)
        while True:
            body = await self.receive()
            if body.get("number") == number and "started" not in body:
                return body

    async def until(self, text: str) -> dict[str, Any]:
        """The message with that text, once it is there."""
        while True:
            for message in self.messages.values():
                if text in message["content"]:
                    return message
            await self.receive()


@asynccontextmanager
async def connected_page(address: str, member: str | None = "student") -> AsyncIterator[SocketClient]:
    """A page of a member while the context lasts."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/socket", origin=address) as socket,
    ):
        page = SocketClient(socket)
        if member:
            await page.speak_as(member)
        yield page
