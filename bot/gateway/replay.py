"""What Discord sent to a bot that runs no more: its session of the gateway is resumed, and replays it.

Discord keeps the events of a session for some minutes after its connection has broken (Discord: Gateway,
Resume). So the next bot gets what the one before it did not read, or did not finish.
"""

import asyncio
import logging
from typing import Any

import aiohttp
from yarl import URL

from bot.gateway import endpoint
from bot.gateway.instances import GatewaySession

log = logging.getLogger(__name__)

DISPATCH, HEARTBEAT, RESUME, INVALID_SESSION, HELLO = 0, 1, 6, 9, 10
"""Discord: Gateway Opcodes."""

RESUMABLE = 4000
"""The close code with which discord.py itself leaves a session that it resumes. 1000 would end it."""

REPLAY_S = 15.0
"""A replay takes no longer than this."""


async def missed_interactions(session: GatewaySession, token: str) -> list[dict[str, Any]]:
    """The interactions of a left session, as Discord sends them.

    The session stays: if this bot ends before they are done, another one asks again. Its address comes from
    Redis, and the token goes to Discord alone. A session that cannot be resumed is logged: what it missed is
    lost, because Discord sends it to nobody.
    """
    if not endpoint.is_gateway_of_api(session.gateway):
        log.warning("Discord replays nothing: the session of an earlier bot is at another gateway")
        return []
    address = URL(session.gateway).with_query(v="10", encoding="json")
    missed: list[dict[str, Any]] = []
    try:
        async with (
            asyncio.timeout(REPLAY_S),
            aiohttp.ClientSession() as http,
            http.ws_connect(address, max_msg_size=0) as socket,
        ):
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                event = message.json()
                match event["op"], event.get("t"):
                    case op, _ if op == HELLO:
                        await socket.send_json({"op": RESUME, "d": _resume(session, token)})
                    case op, _ if op == HEARTBEAT:
                        await socket.send_json({"op": HEARTBEAT, "d": session.sequence})
                    case op, _ if op == INVALID_SESSION:
                        log.warning("Discord replays nothing: the session of an earlier bot is over")
                        break
                    case op, "INTERACTION_CREATE" if op == DISPATCH:
                        missed.append(event["d"])
                    case op, "RESUMED" if op == DISPATCH:
                        break
            await socket.close(code=RESUMABLE)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("Discord replays no more: %s", type(error).__name__)
    return missed


def _resume(session: GatewaySession, token: str) -> dict[str, Any]:
    return {"token": token, "session_id": session.session_id, "seq": session.sequence}
