"""Discord's error answers: status, code and message.

Sources: Discord documentation, "Opcodes and Status Codes" (JSON error codes) and "Reference"
(error messages).
"""

from enum import IntEnum
from http import HTTPStatus
from typing import Any


class Code(IntEnum):
    """The JSON error codes that the sandbox uses."""

    GENERAL = 0
    UNKNOWN_CHANNEL = 10003
    UNKNOWN_GUILD = 10004
    UNKNOWN_MEMBER = 10007
    UNKNOWN_MESSAGE = 10008
    UNKNOWN_USER = 10013
    UNKNOWN_WEBHOOK = 10015
    UNKNOWN_INTERACTION = 10062
    UNKNOWN_COMMAND = 10063
    UNKNOWN_APPLICATION = 10002
    TOO_MANY_OLD_EDITS = 30046
    TOO_MANY_COMMANDS = 30032
    ENTITY_TOO_LARGE = 40005
    ALREADY_ACKNOWLEDGED = 40060
    MISSING_ACCESS = 50001
    NOT_THE_AUTHOR = 50005
    NOT_A_TEXT_CHANNEL = 50008
    WRONG_CHANNEL_TYPE = 50024
    THREAD_IS_ARCHIVED = 50083
    CANNOT_MESSAGE_USER = 50007
    INVALID_RECIPIENTS = 50033
    EMPTY_MESSAGE = 50006
    MISSING_PERMISSIONS = 50013
    INVALID_WEBHOOK_TOKEN = 50027
    INVALID_FORM_BODY = 50035
    INVALID_API_VERSION = 50041
    INVALID_JSON = 50109
    REPLY_WITHOUT_HISTORY = 160002
    HAS_A_THREAD = 160004
    THREAD_IS_LOCKED = 160005


_STATUS_AND_TEXT: dict[Code, tuple[int, str]] = {
    Code.UNKNOWN_APPLICATION: (404, "Unknown Application"),
    Code.UNKNOWN_CHANNEL: (404, "Unknown Channel"),
    Code.UNKNOWN_GUILD: (404, "Unknown Guild"),
    Code.UNKNOWN_MEMBER: (404, "Unknown Member"),
    Code.UNKNOWN_MESSAGE: (404, "Unknown Message"),
    Code.UNKNOWN_USER: (404, "Unknown User"),
    Code.UNKNOWN_WEBHOOK: (404, "Unknown Webhook"),
    Code.UNKNOWN_INTERACTION: (404, "Unknown interaction"),
    Code.UNKNOWN_COMMAND: (404, "Unknown application command"),
    Code.TOO_MANY_OLD_EDITS: (
        429,
        "Maximum number of edits to messages older than 1 hour reached. Try again later",
    ),
    Code.ENTITY_TOO_LARGE: (413, "Request entity too large"),
    Code.ALREADY_ACKNOWLEDGED: (400, "Interaction has already been acknowledged."),
    Code.MISSING_ACCESS: (403, "Missing Access"),
    Code.NOT_THE_AUTHOR: (403, "Cannot edit a message authored by another user"),
    Code.NOT_A_TEXT_CHANNEL: (400, "Cannot send messages in a non-text channel"),
    Code.WRONG_CHANNEL_TYPE: (400, "Cannot execute action on this channel type"),
    Code.THREAD_IS_ARCHIVED: (400, "Thread is archived"),
    Code.CANNOT_MESSAGE_USER: (403, "Cannot send messages to this user"),
    Code.INVALID_RECIPIENTS: (400, "Invalid Recipient(s)"),
    Code.EMPTY_MESSAGE: (400, "Cannot send an empty message"),
    Code.MISSING_PERMISSIONS: (403, "Missing Permissions"),
    Code.INVALID_WEBHOOK_TOKEN: (401, "Invalid Webhook Token"),
    Code.INVALID_FORM_BODY: (400, "Invalid Form Body"),
    Code.INVALID_API_VERSION: (400, "Invalid API version"),
    Code.INVALID_JSON: (400, "The request body contains invalid JSON."),
    Code.REPLY_WITHOUT_HISTORY: (400, "Cannot reply without permission to read message history"),
    Code.HAS_A_THREAD: (400, "A thread has already been created for this message"),
    Code.THREAD_IS_LOCKED: (400, "Thread is locked"),
}


def error_message(status: int, code: int) -> str:
    """Discord's message for a JSON error code, or for a status where the sandbox does not know the code."""
    known = _STATUS_AND_TEXT.get(Code(code)) if code in set(Code) else None
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    return known[1] if known else f"{status}: {phrase}"


class Refusal(Exception):  # noqa: N818 - an answer of the API, not a failure of the sandbox
    """An error answer of the REST API.

    `errors` is Discord's tree of errors for an invalid form. `extra` holds further keys of the body,
    such as those of a rate limit.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": message, "code": code, **(extra or {})}
        if errors:
            self.body["errors"] = errors

    @classmethod
    def of(
        cls, code: Code, *, errors: dict[str, Any] | None = None, extra: dict[str, Any] | None = None
    ) -> "Refusal":
        """The refusal for a JSON error code."""
        status, message = _STATUS_AND_TEXT[code]
        return cls(status, code, message, errors=errors, extra=extra)

    @classmethod
    def unauthorized(cls) -> "Refusal":
        """The refusal of a wrong token."""
        return cls(401, Code.GENERAL, "401: Unauthorized")

    @classmethod
    def unsupported(cls, what: str) -> "Refusal":
        """The sandbox's own refusal of what it cannot play, whether Discord has it or not: status 501."""
        return cls(501, Code.GENERAL, f"The sandbox does not support {what}.")
