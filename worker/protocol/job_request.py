"""What every job that answers an interaction carries: who asked, where, and where the answer goes."""

import secrets
import time
from typing import Annotated

from pydantic import Field

from worker.protocol.payload import Payload, RecordId, Snowflake

TOKEN_LIFETIME_S = 15 * 60
"""An interaction's token dies this many seconds after the interaction (Discord: Receiving and Responding)."""


class ReplyTo(Payload):
    """Where an answer goes: the first answer of one interaction.

    The token lets its holder speak for the bot until `expires_at` (Unix seconds); it never shows in
    a representation or a log. `in_place`: the answer changes a message that has stood there before, for
    everybody; whatever else there is to say must not take its place.
    """

    application_id: Snowflake
    token: Annotated[str, Field(min_length=1, max_length=512, repr=False)]
    locale: str = "en-US"
    expires_at: float
    in_place: bool = False

    def seconds_left(self) -> float:
        """Seconds until Discord refuses the token; negative afterwards."""
        return self.expires_at - time.time()


def new_id() -> str:
    """16 hex digits that sort as they were made: 11 of the time in milliseconds, as in a UUID of version 7
    (RFC 9562), and 5 by chance. RQ puts a person's jobs of one second in the order of their ids."""
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(3)[1:]}"


class Asked(Payload):
    """Who asked for something, and where; `id` names the job, its record and what belongs to it in messages.

    Everybody sees the answer unless it is `private`.
    """

    id: RecordId = Field(default_factory=new_id)
    author: Snowflake
    guild: Snowflake
    channel: Snowflake
    private: bool = False


class JobRequest(Asked):
    """A job that anybody may ask for, and where its answer goes: the base of all of them."""

    reply_to: ReplyTo
