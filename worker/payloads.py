"""What travels through Redis, as JSON, validated where it is written and where it is read."""

import secrets
import time
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shakelm.configuration import MAX_NUMBER, NAME_PATTERN, Architecture, VocabularyKind

TOKEN_LIFETIME_S = 15 * 60
"""An interaction's token dies this many seconds after the interaction (Discord: Receiving and Responding)."""

MAX_SEED_CHARACTERS = 500
MAX_CONTEXT_CHARACTERS = 4000
DEFAULT_LINES = 8
MAX_LINES = 40
MAX_COMPARED_LINES = 6
MAX_TEMPERATURE = 2.0
MAX_EPOCHS = 200
MAX_UNITS = 2048
MAX_LAYERS = 4
MAX_DROPOUT = 0.9

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
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


class VerseSettings(Payload):
    """What decides a verse. `model` is None for the live version; the bot always chooses the number.

    `context` is text that the model reads before the seed and that is not shown. `top_k`, `top_p` and
    `min_p` are as in `shakelm.sampling.Sampling`; `style` is the name of what they were chosen by.
    """

    seed: Annotated[str, Field(max_length=MAX_SEED_CHARACTERS)] = ""
    context: Annotated[str, Field(max_length=MAX_CONTEXT_CHARACTERS)] = ""
    temperature: Annotated[float, Field(ge=0, le=MAX_TEMPERATURE)] = 0.8
    top_k: Annotated[int | None, Field(ge=1)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    min_p: Annotated[float | None, Field(gt=0, le=1)] = None
    style: Annotated[str | None, StringConstraints(pattern=rf"^{NAME_PATTERN}$")] = None
    lines: Annotated[int, Field(ge=1, le=MAX_LINES)] = DEFAULT_LINES
    model: ModelReference | None = None
    number: Number


class VerseRequest(VerseSettings, JobRequest):
    """One verse that somebody asked for."""


class VerseResult(Payload):
    """A verse and the settings that repeat it; `unknown` holds the seed's unknown words or characters."""

    text: str
    model: ModelReference
    temperature: float
    number: Number
    seconds: float
    unknown: list[str]


class VerseRecord(VerseSettings, Asked):
    """What is kept of a verse, for its buttons and the export: no token, and no result until it is written.

    `asked_at` is in Unix seconds.
    """

    asked_at: float
    result: VerseResult | None = None


class TemperaturesRequest(JobRequest):
    """One seed and one number, written at several temperatures."""

    seed: Annotated[str, Field(max_length=MAX_SEED_CHARACTERS)] = ""
    lines: Annotated[int, Field(ge=1, le=MAX_COMPARED_LINES)] = 4
    model: ModelReference | None = None
    number: Number


class NextRequest(JobRequest):
    """What is likely to come next after a text, which people then go on with."""

    text: Annotated[str, Field(max_length=MAX_SEED_CHARACTERS)] = ""
    model: ModelReference | None = None


class StepRequest(JobRequest):
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

    seed: str
    added: tuple[str, ...] = ()
    offered: tuple[str, ...]
    model: ModelReference
    version: int = 0
    changed_by: RecordId
    locale: str

    @property
    def text(self) -> str:
        """The text so far."""
        return self.seed + "".join(self.added)


class TokensRequest(JobRequest):
    """How a model sees a text."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_SEED_CHARACTERS)]
    model: ModelReference | None = None


class CurvesRequest(JobRequest):
    """The curves of a version's training."""

    model: ModelReference | None = None


class AttachedText(Payload):
    """A text that came with a request, by its cleaned file name; `worker.corpora` keeps what it says."""

    name: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class TrainRequest(Payload):
    """One `/admin train`, with the server's locale.

    What is None of sizes and settings is as the preset says, or else as in `shakelm train`; `units` is the
    width of every recurrent layer. The corpus is one known by name or an attached text, None for the training
    worker's own setting. `requested_by` is None where that person wanted to be forgotten.
    """

    name: ModelName
    preset: Annotated[str | None, StringConstraints(pattern=rf"^{NAME_PATTERN}$")] = None
    architecture: Architecture
    vocabulary: VocabularyKind
    units: Annotated[int | None, Field(ge=1, le=MAX_UNITS)] = None
    layers: Annotated[int | None, Field(ge=1, le=MAX_LAYERS)] = None
    dropout: Annotated[float | None, Field(ge=0, le=MAX_DROPOUT)] = None
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
    learning_rate: Annotated[float | None, Field(gt=0, le=1)] = None
    number: Number
    corpus: Annotated[str | None, StringConstraints(pattern=rf"^{NAME_PATTERN}$")] = None
    attached: AttachedText | None = None
    requested_by: Snowflake | None
    guild: Snowflake | None = None
    locale: str = "en-US"


class TrainingState(StrEnum):
    """Where a training stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (TrainingState.FINISHED, TrainingState.FAILED, TrainingState.CANCELLED)


class TrainProgress(Payload):
    """How far a training is. Losses are nats per token; `share` of all steps done is between 0 and 1.

    `sample` is a line that was written after the last whole epoch, and `tokens_per_second` what is learned
    from. `error` is one sentence for people, set where the state is failed. The rest is set where it is
    finished: `model` (NAME@VERSION), `kept` (the epoch whose weights it has), `held_out`, how it compares to
    the version that was live then, `verses` of both, and what its curves show, in words.
    """

    state: TrainingState
    share: float = 0.0
    epoch: int = 0
    epochs: int
    loss: float | None = None
    validation_loss: float | None = None
    tokens_per_second: float | None = None
    seconds_left: float | None = None
    sample: str | None = None
    model: ModelReference | None = None
    kept: int | None = None
    held_out: "HeldOut | None" = None
    live: "Comparison | None" = None
    verses: tuple["Specimen", ...] = ()
    curves: str = ""
    error: str | None = None


class Specimen(Payload):
    """A verse that a version wrote with that number, for comparison."""

    model: ModelReference
    number: Number
    text: str


Verdict = Literal["better", "worse", "kinds", "words", "texts"]


class Comparison(Payload):
    """The live version beside a new one: its figures, and whether the new one's are better.

    They cannot be compared where one reads words and the other characters (`kinds`), where they know other
    `words`, or where they were scored on other `texts`.
    """

    model: ModelReference
    held_out: "HeldOut"
    verdict: Verdict


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


class RemoveRequest(Payload):
    """Delete a version for good."""

    model: ModelReference
    reply_to: ReplyTo


class MessageAt(Payload):
    """A message in a channel, as the bot keeps it up to date during a training."""

    channel_id: Snowflake
    message_id: Snowflake


class WorkerStatus(Payload):
    """A worker that is alive: its name, its machine, the queue it serves, whether it has a job at hand.

    `device` is what it computes on, "" where only its first training will tell; `version` is of shakelm.
    """

    name: str
    host: str
    queue: Literal["verse", "train"]
    busy: bool
    device: str = ""
    version: str = ""


class TrainingStatus(Payload):
    """A training that has not ended, by its id."""

    training_id: str
    request: TrainRequest
    progress: TrainProgress


class QueueStatus(Payload):
    """What the queues hold at one moment: live workers, verses by number, trainings that have not ended.

    `paused` is whether an administrator lets verses wait.
    """

    workers: list[WorkerStatus]
    paused: bool = False
    verses_waiting: int
    verses_running: int
    trainings: list[TrainingStatus]
