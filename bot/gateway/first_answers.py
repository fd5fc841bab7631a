"""First answers to interactions, in time: Discord takes them for three seconds only.

discord.py repeats a first answer after one, three, and more seconds, which is too late, and takes a second
attempt that Discord has no use for as an error. This adapter repeats at once, and knows from Discord's error
code 40060 that an earlier attempt has arrived although its response was lost.
"""

import asyncio
import json
import logging
from typing import Any

import aiohttp
import discord
from discord.http import Route
from discord.webhook.async_ import AsyncWebhookAdapter

from worker.protocol import discord_time

log = logging.getLogger(__name__)

WINDOW_S = 3.0
"""Discord takes a first answer for this long (Discord: Receiving and Responding)."""

MARGIN_S = 0.2
"""An answer is on its way for this long."""

LEAST_S = 0.5
"""The least time of an attempt. There is always one."""

PAUSE_S = 0.15
"""The pause before the first repetition. It doubles with each."""

ALREADY_ANSWERED = 40060
"""Discord: JSON Error Codes."""

_DOUBTFUL = (401, 403, 404)
"""What Discord answers to a wrong address. For a new interaction it may pass, so it is tried again, but not
often: too many such requests ban an IP address (Discord: Rate Limits, Invalid Request Limit)."""

MOST_DOUBTS = 2


class UnansweredError(discord.DiscordException):
    """The first answer did not reach Discord in time. `reason` is for the log. It holds no token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FirstAnswers(AsyncWebhookAdapter):
    """The adapter of discord.py for one interaction, whose first answer must be sent by `deadline`.

    `deadline` is a time of the event loop's clock. An answer that is not `needed` is one attempt, whose
    failure only the log shows.
    """

    def __init__(self, deadline: float, *, needed: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._deadline = deadline
        self._needed = needed

    async def create_interaction_response(  # type: ignore[override]
        self,
        interaction_id: int,
        token: str,
        *,
        session: aiohttp.ClientSession,
        proxy: str | None = None,
        proxy_auth: aiohttp.BasicAuth | None = None,
        params: Any,
    ) -> dict[str, Any]:
        """Send the first answer. Returns what discord.py reads of Discord's response.

        Raises:
            UnansweredError: no attempt succeeded in time, and Discord has taken none.
            discord.HTTPException: Discord refuses the answer as malformed.
        """
        if params.files:
            raise ValueError("A first answer with a file is not sent again: defer it, and edit the answer.")
        route = Route(
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            webhook_id=interaction_id,
            webhook_token=token,
        )
        sent = {"interaction": {"id": str(interaction_id)}}
        pause_s, doubts, unread, last = PAUSE_S, 0, False, False
        while True:
            asked_pause_s = 0.0
            timeout = aiohttp.ClientTimeout(total=max(self._seconds_left(), LEAST_S))
            try:
                async with session.post(
                    route.url, json=params.payload, proxy=proxy, proxy_auth=proxy_auth, timeout=timeout
                ) as response:
                    status, body = response.status, await _body(response)
                    discord_time.note(response.headers.get("Date"))
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                reason, unread = type(error).__name__, True
            else:
                if status < 300 or body.get("code") == ALREADY_ANSWERED:
                    return sent
                reason = f"Discord answered {status}"
                if not self._needed:
                    pass
                elif status in _DOUBTFUL and doubts < MOST_DOUBTS:
                    doubts += 1
                elif status == 429:
                    asked_pause_s = _retry_after(response, body)
                elif status in _DOUBTFUL:
                    raise UnansweredError(reason)
                elif status < 500:
                    raise discord.HTTPException(response, body)
            if not self._needed:
                log.info("Suggestions came too late: %s", reason)
                return sent
            pause_s = max(pause_s, asked_pause_s)
            if self._seconds_left() < pause_s:
                if last or not unread:
                    raise UnansweredError(reason)
                # Discord may have taken an answer whose response this bot did not read, as while it stood
                # still. The next attempt tells.
                last = True
                continue
            log.info("A first answer is sent again: %s", reason)
            await asyncio.sleep(pause_s)
            pause_s *= 2

    def _seconds_left(self) -> float:
        return self._deadline - asyncio.get_running_loop().time()


async def _body(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON object of a response. Empty if it has none: proxies answer with pages."""
    try:
        body = json.loads(await response.text(errors="replace"))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: aiohttp.ClientResponse, body: dict[str, Any]) -> float:
    """The pause in seconds that a rate limit asks for, 0 if it asks for none."""
    try:
        return float(body.get("retry_after", response.headers.get("Retry-After", 0)))
    except (TypeError, ValueError):
        return 0.0
