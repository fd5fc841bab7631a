"""Answers that are written and not yet at Discord.

A job ends when its answer is here, so a slow delivery keeps nobody's job waiting. Redis holds the answer
under `shakelm:outbox:ID` until its token expires, and the sorted set `shakelm:outbox` has `AUTHOR:ID` by the
time when somebody should try to deliver it. Whoever takes it moves that time into the future: if they are
killed, another worker takes it then.
"""

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, cast

import redis
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from worker.messages.discord_json import Attachment, Body, Message
from worker.protocol import retention
from worker.protocol.job_request import ReplyTo

_OUTBOX = "shakelm:outbox"
_REFUSED = "shakelm:outbox:refused"
"""A list of answers that the interaction's webhook does not take."""

LEASE_S = 30
"""The time for one attempt. `worker.process.deliveries` asserts that its policy takes less."""

LOOKED_AT = 200
"""The most due answers that one look goes through for somebody whose answers nobody delivers yet."""

# One answer of each person at a time, so that a slow one holds up no other person's.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
    local author, free = string.match(member, '^(%d*):'), true
    for i = 3, #ARGV do
        free = free and (ARGV[i] ~= author or author == '')
    end
    if free then
        redis.call('ZADD', KEYS[1], now + ARGV[1], member)
        return member
    end
end
return false
"""

_LATER = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
    redis.call('ZADD', KEYS[1], tonumber(redis.call('TIME')[1]) + ARGV[2], ARGV[1])
end
"""

_Content = Annotated[
    bytes,
    PlainValidator(lambda value: value if isinstance(value, bytes) else base64.b64decode(value)),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), when_used="json"),
]


class _File(BaseModel):
    name: str
    content: _Content
    media_type: str
    description: str


class Answer(BaseModel):
    """An answer on its way.

    `instead`: it says why there is no answer, `to_person_only` if nobody else may read that. `attempts` have
    failed so far. `author`, `channel`, and `private` are for a delivery by another way; empty if no person's
    request is behind it.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    reply_to: ReplyTo
    body: Body
    file: _File | None = None
    instead: bool = False
    to_person_only: bool = False
    author: str = ""
    channel: str = ""
    private: bool = True
    attempts: Annotated[int, Field(ge=0)] = 0

    @property
    def attachment(self) -> Attachment | None:
        """Its file."""
        return Attachment(**self.file.model_dump()) if self.file else None

    @property
    def member(self) -> str:
        """Its entry in the sorted set."""
        return f"{self.author}:{self.id}"


@dataclass(frozen=True)
class Sender:
    """Who asked, and where: for `Answer`."""

    author: str = ""
    channel: str = ""
    private: bool = True


def answer(
    job_id: str,
    reply_to: ReplyTo,
    message: Message,
    sender: Sender,
    *,
    instead: bool = False,
    to_person_only: bool = False,
) -> Answer:
    """The answer of a job."""
    file = message.attachment
    return Answer(
        id=job_id,
        reply_to=reply_to,
        body=message.body,
        file=_File(**vars(file)) if file else None,
        instead=instead,
        to_person_only=to_person_only,
        **vars(sender),
    )


def put(connection: "redis.Redis", wanted: Answer, after_s: float = 0.0) -> None:
    """Put an answer here, to be delivered after so many seconds. It replaces an earlier one of its job.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    now, _ = connection.time()
    with connection.pipeline() as pipeline:
        pipeline.set(_key(wanted.id), wanted.model_dump_json(), ex=retention.OUTBOX.seconds)
        pipeline.zadd(_OUTBOX, {wanted.member: now + after_s})
        pipeline.execute()


def take(connection: "redis.Redis", busy: set[str]) -> Answer | None:
    """Take an answer that is due, of a person who is not `busy`. None if there is none.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    while True:
        member = cast(
            "bytes | None", connection.register_script(_TAKE)([_OUTBOX], [LEASE_S, LOOKED_AT, *busy])
        )
        if member is None:
            return None
        stored = cast("bytes | None", connection.get(_key(member.decode(errors="replace").partition(":")[2])))
        try:
            if stored is not None:
                return Answer.model_validate_json(stored)
        except ValidationError:
            pass
        connection.zrem(_OUTBOX, member)  # expired, or broken


def later(connection: "redis.Redis", wanted: Answer, after_s: float) -> None:
    """Give back an answer that was taken, to be delivered after so many seconds."""
    connection.register_script(_LATER)([_OUTBOX], [wanted.member, after_s])


def remove(connection: "redis.Redis", wanted: Answer) -> None:
    """Remove an answer that was delivered, or given up."""
    with connection.pipeline() as pipeline:
        pipeline.zrem(_OUTBOX, wanted.member)
        pipeline.delete(_key(wanted.id))
        pipeline.execute()


def refuse(connection: "redis.Redis", wanted: Answer) -> None:
    """Give an answer that Discord refuses to the bot, which may deliver it in the channel."""
    with connection.pipeline() as pipeline:
        pipeline.rpush(_REFUSED, wanted.model_dump_json())
        pipeline.expire(_REFUSED, retention.OUTBOX.seconds)
        pipeline.execute()


def take_refused(connection: "redis.Redis") -> Answer | None:
    """An answer that Discord refused, for the bot. Each is given out once. None if there is none.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    while True:
        stored = cast("bytes | None", connection.lpop(_REFUSED))
        if stored is None:
            return None
        with suppress(ValidationError):
            return Answer.model_validate_json(stored)


def holds(connection: "redis.Redis", job_id: str) -> bool:
    """Whether the answer of a job is written and not yet delivered."""
    return bool(connection.exists(_key(job_id)))


def _key(job_id: str) -> str:
    return f"shakelm:outbox:{job_id}"
