"""Puts an answer into Discord: an edit of an interaction's first answer, through the webhook of its token.

Discord's documentation: Edit Original Interaction Response, Create Followup Message, Uploading Files, Rate
Limits. The address holds the token, so no exception of `requests`, whose texts hold the address, leaves this
module.
"""

import json
import logging
from typing import Any
from urllib.parse import quote

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay, wait_exponential

from worker.messages.discord_json import Attachment, Body
from worker.protocol.job_request import ReplyTo

TIMEOUT_S = (3.05, 10.0)
"""For the connection, and for each silence while the answer is awaited."""

PATIENCE_S = 40.0
"""How long to keep trying before giving up."""

EPHEMERAL = 1 << 6
"""The flag of a message that one person sees alone (Discord: Message Flags)."""

REFUSALS = (401, 403, 404)
"""Token dead, no permission, message deleted. Never tried again: too many of these get an address banned."""

USER_AGENT = "DiscordBot (shakelm, 1)"

log = logging.getLogger(__name__)


class DeliveryRefusedError(Exception):
    """Discord does not take the answer, and never will: trying again is forbidden."""


class DeliveryFailedError(Exception):
    """The answer did not get through in time; a later attempt may."""


class _TryAgainError(Exception):
    """`pause_s` is what a rate limit asks for, None where nothing was asked."""

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


def edit_original(
    api_base: str,
    reply_to: ReplyTo,
    body: Body,
    attachment: Attachment | None = None,
    patience_s: float = PATIENCE_S,
    timeout_s: tuple[float, float] = TIMEOUT_S,
) -> None:
    """Make `body` the content of the interaction's first answer; doing so twice changes nothing.

    Rate limits are waited for; server errors, and connections that break, are tried again with growing
    pauses; the last attempt begins within `patience_s` seconds and the token's life. `timeout_s` is as
    `TIMEOUT_S`, for each attempt.

    Raises:
        DeliveryRefusedError: the token is dead, the bot may not write there, or the message is gone.
        DeliveryFailedError: no success within the time, or Discord finds the message malformed.
    """
    address = f"{_webhook(api_base, reply_to)}/messages/@original"
    _send("PATCH", address, reply_to, _content(body, attachment), patience_s, timeout_s)


def say_instead(api_base: str, reply_to: ReplyTo, body: Body) -> None:
    """Say why an answer does not come: in its place, or privately beside a message that has to stay.

    Raises:
        DeliveryRefusedError, DeliveryFailedError: as `edit_original`.
    """
    if not reply_to.in_place:
        edit_original(api_base, reply_to, body)
        return
    private = {"json": body | {"flags": EPHEMERAL}}
    _send("POST", _webhook(api_base, reply_to), reply_to, private, PATIENCE_S, TIMEOUT_S)


def _webhook(api_base: str, reply_to: ReplyTo) -> str:
    return f"{api_base}/webhooks/{reply_to.application_id}/{quote(reply_to.token, safe='')}"


def _send(
    method: str,
    address: str,
    reply_to: ReplyTo,
    content: dict[str, Any],
    patience_s: float,
    timeout_s: tuple[float, float],
) -> None:
    left_s = reply_to.seconds_left()
    if left_s <= 0:
        raise DeliveryRefusedError("the token has expired")
    attempts = Retrying(
        retry=retry_if_exception_type(_TryAgainError),
        wait=_pause,
        stop=stop_before_delay(min(patience_s, left_s)),
        reraise=True,
    )
    try:
        attempts(_try, method, address, content, timeout_s)
    except _TryAgainError as error:
        raise DeliveryFailedError(f"gave up: {error}") from None


_growing = wait_exponential(multiplier=0.5, max=8)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TryAgainError) and error.pause_s is not None:
        return error.pause_s
    return _growing(state)


def _try(method: str, address: str, content: dict[str, Any], timeout_s: tuple[float, float]) -> None:
    try:
        response = requests.request(
            method,
            address,
            **content,
            headers={"User-Agent": USER_AGENT},
            timeout=timeout_s,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise _TryAgainError(f"no answer ({type(error).__name__})") from None
    status = response.status_code
    if status == 429:
        pause_s = _retry_after(response)
        log.info("Discord asks to wait %.1f s", pause_s)
        raise _TryAgainError("rate limited", pause_s)
    if status >= 500:
        raise _TryAgainError(f"Discord answered {status}")
    if status in REFUSALS:
        raise DeliveryRefusedError(f"Discord answered {status}")
    if status != 200:
        raise DeliveryFailedError(f"Discord answered {status}: {response.text[:500]}")


def _content(body: Body, attachment: Attachment | None) -> dict[str, Any]:
    """What `requests` sends: JSON, or multipart where a file goes along."""
    if attachment is None:
        return {"json": body}
    described: dict[str, Any] = {"id": 0, "filename": attachment.name}
    if attachment.description:
        described["description"] = attachment.description
    return {
        "files": {
            "payload_json": (None, json.dumps(body | {"attachments": [described]}), "application/json"),
            "files[0]": (attachment.name, attachment.content, attachment.media_type),
        }
    }


def _retry_after(response: requests.Response) -> float:
    """Seconds that a rate limit asks to wait: in the body, or in the header where a proxy answered."""
    try:
        return float(response.json()["retry_after"])
    except (ValueError, KeyError, TypeError):
        header = response.headers.get("Retry-After", "")
        return float(header) if header.isdecimal() else 1.0
