"""How full the queues are that the bot and its workers share, and which model is live.

The queues are read from the keys that RQ itself writes, and the model from the index that the workers publish
for the bot.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import valkey.asyncio
from valkey.exceptions import ValkeyError

from sandbox.page.machinery import Look, nothing
from sandbox.schemas.fields import Json

_QUEUE = "rq:queue:"
_MODELS = "shakelm:models"


@asynccontextmanager
async def watched_machinery(url: str) -> AsyncIterator[Look]:
    """A look at the server at that address; it works while the context lasts."""
    client = valkey.asyncio.Valkey.from_url(url, decode_responses=True, socket_timeout=2)

    async def queue(name: str) -> Json:
        return {
            "name": name,
            "waiting": await client.llen(_QUEUE + name),
            "working": await client.zcard(f"rq:wip:{name}"),
            "workers": await client.scard(f"rq:workers:{name}"),
        }

    async def look() -> Json:
        try:
            names = sorted(key.removeprefix(_QUEUE) for key in await client.smembers("rq:queues"))
            queues = [await queue(name) for name in names]
            return {"queues": queues, "live_model": _live(await client.get(_MODELS))}
        except ValkeyError:
            return await nothing()

    try:
        yield look
    finally:
        await client.aclose()


def _live(index: str | None) -> str | None:
    """The live version in an index of models; None if it has none or cannot be read."""
    try:
        versions = json.loads(index or "{}").get("versions", ())
        return next((f"{one['name']}@{one['version']}" for one in versions if one["live"]), None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
