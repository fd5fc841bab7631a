"""How full the queues are that the bot and its workers share, by the keys that RQ itself writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import valkey.asyncio
from valkey.exceptions import ValkeyError

from sandbox.page.machinery import Look
from sandbox.schemas.fields import Json

_QUEUE = "rq:queue:"


@asynccontextmanager
async def watched_queues(url: str) -> AsyncIterator[Look]:
    """A look at the queues of the server at that address; it works while the context lasts."""
    client = valkey.asyncio.Valkey.from_url(url, decode_responses=True, socket_timeout=2)

    async def look() -> list[Json]:
        try:
            names = sorted(key.removeprefix(_QUEUE) for key in await client.smembers("rq:queues"))
            return [
                {
                    "name": name,
                    "waiting": await client.llen(_QUEUE + name),
                    "working": await client.zcard(f"rq:wip:{name}"),
                    "workers": await client.scard(f"rq:workers:{name}"),
                }
                for name in names
            ]
        except ValkeyError:
            return []

    try:
        yield look
    finally:
        await client.aclose()
