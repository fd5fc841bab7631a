"""What every job that answers an interaction carries: who asked, where, and where the answer goes."""

import secrets
import time
from typing import Annotated, Any, ClassVar

from pydantic import Field

from worker.protocol import discord_time
from worker.protocol.payload import Payload, RecordId, Snowflake


class ReplyTo(Payload):
    """Where an answer goes: the first answer of one interaction.

    The token lets its holder speak for the bot until `expires_at` (Unix seconds). It never shows in a
    representation or a log. With `in_place`, the answer changes a message that everybody already sees. Any
    other notice must not replace that message.
    """

    application_id: Snowflake
    token: Annotated[str, Field(min_length=1, max_length=512, repr=False)]
    locale: str = "en-US"
    expires_at: float
    in_place: bool = False

    def seconds_left(self) -> float:
        """Seconds until Discord refuses the token. Negative afterwards."""
        return self.expires_at - discord_time.now()


def id_of(interaction: int) -> str:
    """The id of the job that an interaction asks for: the interaction's own, as 16 hex digits.

    So a repeated interaction is the same request. Ids sort in the order of the interactions, because a
    snowflake begins with its time (Discord: Snowflakes).
    """
    return f"{interaction:016x}"


def new_id() -> str:
    """16 hex digits that sort in the order of their making.

    11 digits hold the time in milliseconds, as in a UUID of version 7 (RFC 9562), and 5 are random. RQ orders
    a person's jobs of one second by their ids.
    """
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(3)[1:]}"


class Asked(Payload):
    """Who asked for something, and where.

    `id` names the job, its record, and what belongs to it in messages. Everybody sees the answer unless it is
    `private`.
    """

    id: RecordId = Field(default_factory=new_id)
    author: Snowflake
    guild: Snowflake
    channel: Snowflake
    private: bool = False


class Request(Payload):
    """A job that answers an interaction.

    A subclass names its function in `worker.jobs`, as in `class TokensRequest(JobRequest, job="tokens")`.
    The queue and the jobs find each other by that name.
    """

    job: ClassVar[str] = ""

    reply_to: ReplyTo

    def __init_subclass__(cls, job: str = "", **options: Any) -> None:
        """Keep the name of the job."""
        super().__init_subclass__(**options)
        cls.job = job


class JobRequest(Asked, Request):
    """A job that anybody may ask for. It waits for its author's turn."""
