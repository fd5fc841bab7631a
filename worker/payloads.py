"""What travels through Redis, as JSON, validated where it is written and where it is read."""

import time
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shakelm.configuration import MAX_NUMBER, NAME_PATTERN, Architecture, VocabularyKind

TOKEN_LIFETIME_S = 15 * 60
"""An interaction's token dies this many seconds after the interaction (Discord: Receiving and Responding)."""

MAX_SEED_CHARACTERS = 500
MAX_LINES = 40
MAX_TEMPERATURE = 2.0
MAX_EPOCHS = 200

Snowflake = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
ModelReference = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}(@[1-9][0-9]{{0,8}})?$")]
ModelName = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}$")]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]


class Payload(BaseModel):
    """Base of all payloads: immutable, unknown keys are refused, errors do not repeat the input (tokens)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ReplyTo(Payload):
    """Where an answer goes: the first answer of one interaction.

    The token lets its holder speak for the bot until `expires_at` (Unix seconds); it never shows in
    a representation or a log.
    """

    application_id: Snowflake
    token: Annotated[str, Field(min_length=1, max_length=512, repr=False)]
    locale: str = "en-US"
    expires_at: float

    def seconds_left(self) -> float:
        """Seconds until Discord refuses the token; negative afterwards."""
        return self.expires_at - time.time()


class VerseRequest(Payload):
    """One `/verse`. `model` is None for the live version; the bot always chooses the number."""

    seed: Annotated[str, Field(max_length=MAX_SEED_CHARACTERS)] = ""
    temperature: Annotated[float, Field(ge=0, le=MAX_TEMPERATURE)] = 0.8
    lines: Annotated[int, Field(ge=1, le=MAX_LINES)] = 8
    model: ModelReference | None = None
    number: Number
    reply_to: ReplyTo


class VerseResult(Payload):
    """A verse and the settings that repeat it; `unknown` holds the seed's unknown words or characters."""

    text: str
    model: ModelReference
    temperature: float
    number: Number
    seconds: float
    unknown: list[str]


class TrainRequest(Payload):
    """One `/admin train`: the corpus is the training worker's own setting."""

    name: ModelName
    architecture: Architecture
    vocabulary: VocabularyKind
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
    number: Number
    requested_by: Snowflake


class TrainingState(StrEnum):
    """Where a training stands; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class TrainProgress(Payload):
    """How far a training is. Losses are nats per token; `share` of all steps done is between 0 and 1.

    `error` is one sentence for people, set where the state is failed; `model` (NAME@VERSION) and
    `held_out` are set where it is finished.
    """

    state: TrainingState
    share: float = 0.0
    epoch: int = 0
    epochs: int
    loss: float | None = None
    validation_loss: float | None = None
    seconds_left: float | None = None
    model: ModelReference | None = None
    held_out: "HeldOut | None" = None
    error: str | None = None


class HeldOut(Payload):
    """Figures on text that no training saw; `nats_per_char` is None where the vocabulary is lossy."""

    nats_per_token: float
    perplexity: float
    accuracy: float
    unknown: float
    nats_per_char: float | None


class ModelSummary(Payload):
    """One version as the bot shows it."""

    name: ModelName
    version: int
    live: bool
    packaged: bool
    architecture: Architecture
    vocabulary: VocabularyKind
    parameters: int
    held_out: HeldOut
    trained_at: datetime

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"


class ModelIndex(Payload):
    """All versions that the workers' store holds, as they publish it."""

    versions: list[ModelSummary]

    def live(self) -> ModelSummary | None:
        """The version that answers where no model is named."""
        return next((summary for summary in self.versions if summary.live), None)

    def holds(self, reference: str) -> bool:
        """Whether NAME or NAME@VERSION is among them."""
        return any(reference in (summary.name, summary.reference) for summary in self.versions)


class PromoteRequest(Payload):
    """Make a version the live one."""

    model: ModelReference
    reply_to: ReplyTo


class RollBackRequest(Payload):
    """Make the formerly live version live again."""

    reply_to: ReplyTo


class MessageAt(Payload):
    """A message in a channel, as the bot keeps it up to date during a training."""

    channel_id: Snowflake
    message_id: Snowflake


class WorkerStatus(Payload):
    """A worker that is alive: its name, its machine, the queue it serves, whether it has a job at hand."""

    name: str
    host: str
    queue: Literal["verse", "train"]
    busy: bool


class TrainingStatus(Payload):
    """A training that has not ended, by its id."""

    training_id: str
    request: TrainRequest
    progress: TrainProgress


class QueueStatus(Payload):
    """What the queues hold at one moment: live workers, verses by number, trainings that have not ended."""

    workers: list[WorkerStatus]
    verses_waiting: int
    verses_running: int
    trainings: list[TrainingStatus]
