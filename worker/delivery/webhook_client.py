"""What becomes of the first answer of an interaction, through the webhook of its token.

Discord's documentation: Edit and Delete Original Interaction Response, Create Followup Message, Uploading
Files, Rate Limits. The URL holds the token, and the exceptions of `requests` quote the URL: none of them
leaves this module.
"""

import json
import logging
from functools import partial
from typing import Any
from urllib.parse import quote

import requests

from worker.delivery.http_session import session
from worker.delivery.retry_policy import FINAL_ANSWER, REFRESH, RetryPolicy, TryAgainError
from worker.messages.discord_json import Attachment, Body
from worker.protocol import discord_time
from worker.protocol.job_request import ReplyTo

EPHEMERAL = 1 << 6
"""The flag of a message that only one person sees (Discord: Message Flags)."""

REFUSALS = (401, 403, 404)
"""Expired token, missing permission, deleted message. A retry is forbidden: too many ban an IP address."""

THREAD_IS_ARCHIVED, THREAD_IS_LOCKED = 50083, 160005
"""Codes of status 400 in a closed thread (Discord: JSON Error Codes). Only a new message reopens it."""

log = logging.getLogger(__name__)


class DeliveryRefusedError(Exception):
    """Discord refuses the message, and a retry is forbidden."""


class DeliveryFailedError(Exception):
    """The message was not delivered in time. A later attempt may succeed."""


class MalformedMessageError(DeliveryFailedError):
    """Discord finds the message malformed."""


def edit_original(
    api_base: str,
    reply_to: ReplyTo,
    body: Body,
    attachment: Attachment | None = None,
    policy: RetryPolicy = FINAL_ANSWER,
) -> None:
    """Replace the content of the interaction's first answer by `body`. A repetition changes nothing.

    Rate limits are waited for. Server errors and broken connections are retried, as `policy` says and while
    the token is valid.

    Raises:
        DeliveryRefusedError: the token has expired, the bot may not write there, the message is deleted, or
            its thread is closed.
        DeliveryFailedError: no attempt succeeded in time.
        MalformedMessageError: Discord finds the message malformed.
    """
    url = f"{_webhook(api_base, reply_to)}/messages/@original"
    _send("PATCH", url, reply_to, _content(body, attachment), policy)


def say_instead(api_base: str, reply_to: ReplyTo, body: Body) -> None:
    """Say why there is no answer: in the place of the answer, or in private if that message has to stay.

    Raises:
        DeliveryRefusedError, DeliveryFailedError: as in `edit_original`.
    """
    if not reply_to.in_place:
        edit_original(api_base, reply_to, body)
        return
    _follow_up_in_private(api_base, reply_to, body, FINAL_ANSWER)


def refuse_in_private(api_base: str, reply_to: ReplyTo, body: Body) -> None:
    """Say to the person alone why there is no answer. A first answer that everybody sees is deleted.

    A repetition goes on where the last attempt stopped. All of it ends before a lease of the outbox.

    Raises:
        DeliveryRefusedError, DeliveryFailedError: as in `edit_original`.
    """
    try:
        private = original(api_base, reply_to).get("flags", 0) & EPHEMERAL
        if not private:
            _send("DELETE", f"{_webhook(api_base, reply_to)}/messages/@original", reply_to, {}, REFRESH)
    except DeliveryRefusedError:  # deleted before
        private = False
    if private:
        edit_original(api_base, reply_to, body, policy=REFRESH)
    else:
        _follow_up_in_private(api_base, reply_to, body, REFRESH)


def _follow_up_in_private(api_base: str, reply_to: ReplyTo, body: Body, policy: RetryPolicy) -> None:
    content = {"json": body | {"flags": EPHEMERAL}}
    _send("POST", _webhook(api_base, reply_to), reply_to, content, policy)


def measure_clock(api_base: str) -> None:
    """Ask Discord for the time, in one attempt (Discord: Get Gateway, which needs no token)."""
    try:
        response = session.get(f"{api_base}/gateway", timeout=(REFRESH.connect_s, REFRESH.silence_s))
        discord_time.note(response.headers.get("Date"))
    except requests.RequestException as error:
        log.info("Discord's time is not known yet: %s", type(error).__name__)


def original(api_base: str, reply_to: ReplyTo) -> dict[str, Any]:
    """The interaction's first answer, as it is now, in one attempt.

    Raises:
        DeliveryRefusedError: there is none, or the token has expired.
        DeliveryFailedError: Discord does not say.
    """
    url = f"{_webhook(api_base, reply_to)}/messages/@original"
    try:
        response = session.get(url, timeout=(REFRESH.connect_s, REFRESH.silence_s), allow_redirects=False)
        if response.status_code in REFUSALS:
            raise DeliveryRefusedError(f"Discord answered {response.status_code}")
        if response.status_code != 200:
            raise DeliveryFailedError(f"Discord answered {response.status_code}")
        return dict(response.json())
    except (requests.RequestException, ValueError, TypeError) as error:
        raise DeliveryFailedError(f"no answer ({type(error).__name__})") from None


def _webhook(api_base: str, reply_to: ReplyTo) -> str:
    return f"{api_base}/webhooks/{reply_to.application_id}/{quote(reply_to.token, safe='')}"


def _send(method: str, url: str, reply_to: ReplyTo, content: dict[str, Any], policy: RetryPolicy) -> None:
    seconds_left = reply_to.seconds_left()
    if seconds_left <= 0:
        raise DeliveryRefusedError("the token has expired")
    try:
        policy.call(partial(_attempt, method, url, content, policy), seconds_left)
    except TryAgainError as error:
        raise DeliveryFailedError(f"gave up: {error}") from None


def _attempt(method: str, url: str, content: dict[str, Any], policy: RetryPolicy) -> None:
    try:
        response = session.request(
            method, url, **content, timeout=(policy.connect_s, policy.silence_s), allow_redirects=False
        )
    except requests.RequestException as error:
        raise TryAgainError(f"no answer ({type(error).__name__})") from None
    discord_time.note(response.headers.get("Date"))
    status = response.status_code
    if status == 429:
        pause_s = _retry_after(response)
        log.info("Discord asks for a pause of %.1f s", pause_s)
        raise TryAgainError("rate limited", pause_s)
    if status >= 500:
        raise TryAgainError(f"Discord answered {status}")
    if status in REFUSALS or (status == 400 and _in_closed_thread(response)):
        raise DeliveryRefusedError(f"Discord answered {status}")
    if status not in (200, 204):
        raise MalformedMessageError(f"Discord answered {status}: {response.text[:500]}")


def _content(body: Body, attachment: Attachment | None) -> dict[str, Any]:
    """The arguments of `requests`: JSON, or a multipart form if there is a file."""
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


def _in_closed_thread(response: requests.Response) -> bool:
    try:
        return response.json()["code"] in (THREAD_IS_ARCHIVED, THREAD_IS_LOCKED)
    except (ValueError, KeyError, TypeError):
        return False


def _retry_after(response: requests.Response) -> float:
    """The pause in seconds that a rate limit asks for: in the body, or in the header if a proxy answered."""
    try:
        return float(response.json()["retry_after"])
    except (ValueError, KeyError, TypeError):
        header = response.headers.get("Retry-After", "")
        return float(header) if header.isdecimal() else 1.0
