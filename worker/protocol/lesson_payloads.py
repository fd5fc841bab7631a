"""Lessons on their way through Redis: one request for each kind, and the shared line."""

from typing import Annotated

from pydantic import Field

from worker.protocol.job_request import Asked, JobRequest
from worker.protocol.payload import (
    MAX_PROMPT_CHARACTERS,
    ModelReference,
    Prompt,
    RandomSeed,
    RecordId,
)

MAX_COMPARED_LINES = 6


class TemperaturesRequest(JobRequest, job="temperatures"):
    """One seed and one number, written at several temperatures."""

    prompt: Prompt = ""
    lines: Annotated[int, Field(ge=1, le=MAX_COMPARED_LINES)] = 4
    model: ModelReference | None = None
    random_seed: RandomSeed


class NextRequest(JobRequest, job="next_tokens"):
    """What is likely to come next after a text, which people then go on with."""

    text: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] = ""
    model: ModelReference | None = None


class StepRequest(JobRequest, job="next_step"):
    """A press under a `SharedLine`, as it stood in that version: the choice to append, None to undo one."""

    line: RecordId
    version: int
    choice: Annotated[int | None, Field(ge=0)] = None


class SharedLine(Asked):
    """A text that people write together, from the likeliest next tokens of a model.

    `added` holds what was appended to the seed, piece by piece, and `offered` what may be appended next.
    `version` counts the changes; `changed_by` is the id of the request that made the last one. `locale` is
    that of whoever began.
    """

    prompt: Prompt
    added: tuple[str, ...] = ()
    offered: tuple[str, ...]
    model: ModelReference
    version: int = 0
    changed_by: RecordId
    locale: str

    @property
    def text(self) -> str:
        """The text so far."""
        return self.prompt + "".join(self.added)


class TokensRequest(JobRequest, job="tokens"):
    """How a model sees a text."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARACTERS)]
    model: ModelReference | None = None


class CurvesRequest(JobRequest, job="curves"):
    """The curves of a version's training."""

    model: ModelReference | None = None
