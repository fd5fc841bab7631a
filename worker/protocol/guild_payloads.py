"""What the teachers of a Discord server (a guild) set for it."""

from typing import Annotated

from pydantic import Field

from worker.protocol import retention
from worker.protocol.payload import Payload, Snowflake
from worker.protocol.verse_payloads import MAX_LINES

MAX_PER_MINUTE = 600
MAX_OPEN = 1000
MAX_TEACHER_FACTOR = 20
MAX_RETENTION_DAYS = 365


class GuildSettings(Payload):
    """Limits, retention, and the log channel of a guild.

    `per_minute` and `open_per_person` limit the requests of each person, `open_per_server` those of all
    together. A request is open while it waits or is in progress. A teacher may have `teacher_factor` times as
    many as another person. `longest_verse` is in lines. Verse records
    are kept for `retention_days`. `log_channel` is the id of the channel that announces what teachers do.
    """

    per_minute: Annotated[int, Field(ge=1, le=MAX_PER_MINUTE)] = 10
    open_per_person: Annotated[int, Field(ge=1, le=MAX_OPEN)] = 5
    open_per_server: Annotated[int, Field(ge=1, le=MAX_OPEN)] = 100
    teacher_factor: Annotated[int, Field(ge=1, le=MAX_TEACHER_FACTOR)] = 5
    longest_verse: Annotated[int, Field(ge=1, le=MAX_LINES)] = MAX_LINES
    retention_days: Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS)] = retention.VERSE_RECORD.days
    log_channel: Snowflake | None = None
