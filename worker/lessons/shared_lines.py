"""Texts that people write together under `/next`, as Redis keeps them.

A line is JSON under `shakelm:line:ID` and expires. The set `shakelm:person:ID:lines` has the ids of the lines
that a person began.
"""

from typing import Annotated, cast

import redis
from pydantic import Field

from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.protocol.job_request import Asked
from worker.protocol.payload import ModelReference, Prompt, RecordId
from worker.records import readable

_CHANGE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class SharedLine(Asked):
    """A text that people write together, from the most likely next tokens of a model.

    `added` holds what was appended to the prompt, piece by piece, and `offered` what may be appended next.
    `version` counts the changes. `changed_by` is the id of the request that made the last one. `locale` is
    that of the person who began.
    """

    prompt: Prompt
    added: tuple[str, ...] = ()
    offered: Annotated[tuple[str, ...], Field(min_length=1)]
    model: ModelReference
    version: int = 0
    changed_by: RecordId
    locale: str

    @property
    def text(self) -> str:
        """The text so far."""
        return self.prompt + "".join(self.added)


def begin(connection: "redis.Redis", line: SharedLine) -> None:
    """Store a new line. A repeated job stores the same line again."""
    with connection.pipeline() as pipeline:
        pipeline.set(_key(line.id), line.model_dump_json(), ex=retention.SHARED_LINE.seconds)
        pipeline.sadd(_of_person(line.author), line.id)
        pipeline.expire(_of_person(line.author), retention.SHARED_LINE.seconds)
        pipeline.execute()


def find(connection: "redis.Redis", line_id: str) -> SharedLine:
    """The line as it is now.

    Raises:
        Refusal: it has expired, or is damaged.
    """
    return _read(cast("bytes | None", connection.get(_key(line_id))))


def at(connection: "redis.Redis", line_id: str, version: int) -> SharedLine:
    """The line, if it still has that version.

    Raises:
        Refusal: it has expired or is damaged, or has another version by now.
    """
    line = find(connection, line_id)
    if line.version != version:
        raise Refusal("refusal.quicker")
    return line


def change(connection: "redis.Redis", before: SharedLine, after: SharedLine) -> None:
    """Replace a line by its changed form, unless another change was faster.

    Raises:
        Refusal: it has expired or is damaged, or somebody else was faster.
    """
    key = _key(after.id)
    stored = cast("bytes | None", connection.get(key))
    if _read(stored).version != before.version:
        raise Refusal("refusal.quicker")
    change = connection.register_script(_CHANGE)
    # What is stored, and not `before` written again: another release may write it otherwise.
    if not change([key], [stored or b"", after.model_dump_json(), retention.SHARED_LINE.seconds]):
        find(connection, after.id)
        raise Refusal("refusal.quicker")
    connection.expire(_of_person(after.author), retention.SHARED_LINE.seconds)


def forget(connection: "redis.Redis", author: str) -> None:
    """Remove all lines that a person began."""
    ids = cast("set[bytes]", connection.smembers(_of_person(author)))
    connection.delete(_of_person(author), *(_key(line_id.decode()) for line_id in ids))


def _read(stored: bytes | None) -> SharedLine:
    line = readable.record(SharedLine, stored)
    if line is None:
        raise Refusal("refusal.record_gone")
    return line


def _key(line_id: str) -> str:
    return f"shakelm:line:{line_id}"


def _of_person(author: str) -> str:
    return f"shakelm:person:{author}:lines"
