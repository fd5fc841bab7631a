"""Verses on their way through Redis: the request, the result, and the record of both."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shakelm import defaults
from shakelm.configuration import NAME_PATTERN
from shakelm.decoding.sampling_settings import SamplingSettings
from worker.protocol.job_request import Asked, JobRequest
from worker.protocol.payload import (
    ModelReference,
    Payload,
    Prompt,
    RandomSeed,
)

MAX_CONTEXT_CHARACTERS = 4000
DEFAULT_LINES = defaults.LINES
MAX_LINES = 40
MAX_TEMPERATURE = defaults.MAX_TEMPERATURE


class VerseSettings(Payload):
    """What decides a verse. `model` is None for the live version. The bot always sets the random seed.

    `context` is text that the model reads before the seed and that is not shown. A verse with `written` goes
    on with another one: it is what that one has from the seed on. `top_k`, `top_p` and `min_p` are as in
    `shakelm.decoding.sampling_settings.SamplingSettings`; `style` is the name of their style.
    """

    prompt: Prompt = ""
    context: Annotated[str, Field(max_length=MAX_CONTEXT_CHARACTERS)] = ""
    written: Annotated[
        str, Field(max_length=MAX_CONTEXT_CHARACTERS, exclude_if=lambda written: not written)
    ] = ""  # unknown to former workers
    temperature: Annotated[float, Field(ge=0, le=MAX_TEMPERATURE)] = defaults.TEMPERATURE
    top_k: Annotated[int | None, Field(ge=1)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    min_p: Annotated[float | None, Field(gt=0, le=1)] = None
    style: Annotated[str | None, StringConstraints(pattern=rf"^{NAME_PATTERN}$")] = None
    lines: Annotated[int, Field(ge=1, le=MAX_LINES)] = DEFAULT_LINES
    model: ModelReference | None = None
    random_seed: RandomSeed

    @property
    def sampling(self) -> SamplingSettings:
        """How freely the verse is written."""
        return SamplingSettings(self.temperature, self.top_k, self.top_p, self.min_p)


class VerseRequest(VerseSettings, JobRequest, job="verse"):
    """A request for one verse."""


class VerseResult(Payload):
    """A verse and the settings that repeat it; `unknown` holds the prompt's unknown words or characters."""

    text: str
    model: ModelReference
    temperature: float
    random_seed: RandomSeed
    seconds: float
    unknown: list[str]


class VerseRecord(VerseSettings, Asked):
    """What is stored of a verse for its buttons and the export: no token, and no result before it is written.

    `asked_at` is in Unix seconds.
    """

    asked_at: float
    result: VerseResult | None = None
