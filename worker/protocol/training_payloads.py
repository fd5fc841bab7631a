"""Trainings on their way through Redis: the request, the progress, and the result."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints, create_model

from shakelm.configuration import Architecture
from shakelm.data.vocabulary_kinds import VocabularyKind
from shakelm.training_options import TEACHER_OPTIONS, TrainingOption
from worker.protocol.model_payloads import HeldOut
from worker.protocol.payload import (
    ModelName,
    ModelReference,
    Payload,
    RandomSeed,
    Snowflake,
    VersionReference,
)


class AttachedText(Payload):
    """A text that came with a request, by its cleaned file name (`worker.trainings.attached_texts`)."""

    name: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


ALWAYS_CHOSEN = ("architecture", "vocabulary", "epochs", "random_seed")
"""The options that every request has, because its message always shows them."""


_FORMS = {"preset": ModelName, "base": VersionReference}
"""What is checked of a name: its form, because what it names may be gone when the request is read."""

_NEW = ("pieces", "base")
"""The options that the former release does not know. Its requests and those without these are the same."""


def is_none(value: object) -> bool:
    """Whether a field is left out, so that the former release reads the record."""
    return value is None


def _field(option: TrainingOption) -> tuple[Any, Any]:
    """An option as a field of a model: its annotation with the range, and its default."""
    annotation = _FORMS.get(option.name, option.annotation)
    if option.bounds is not None:
        annotation = Annotated[annotation, option.bounds.constraint()]
    if option.name in ALWAYS_CHOSEN:
        return annotation, Field(alias=option.key)
    exclude_if = is_none if option.name in _NEW else None
    return annotation | None, Field(None, alias=option.key, exclude_if=exclude_if)


if TYPE_CHECKING:

    class _Options(Payload):
        architecture: Architecture
        vocabulary: VocabularyKind
        epochs: int
        random_seed: RandomSeed
        base: VersionReference | None = None

else:
    _Options = create_model(
        "_Options",
        __base__=Payload,
        **{name: _field(option) for name, option in TEACHER_OPTIONS.items()},
    )


class TrainRequest(_Options):
    """One `/admin train`, with the guild's locale and a field for each of `TEACHER_OPTIONS`.

    For an option that is None, the preset decides, or else its default. The corpus is a known one or an
    attached text; without both, it is the corpus of the training worker. `requested_by` is None after that
    person used `/forget`. With `base`, the architecture and the vocabulary are those of that version.
    """

    name: ModelName
    corpus: ModelName | None = None
    attached: AttachedText | None = None
    requested_by: Snowflake | None
    guild: Snowflake | None = None
    locale: str = "en-US"

    def chosen(self) -> dict[str, Any]:
        """The options that are not None, by name: arguments of `shakelm.training_options.plan`.

        With `base`, that function takes architecture and vocabulary from the version's network.
        """
        left_out = () if self.base is None else ("architecture", "vocabulary")
        return {
            name: value
            for name in TEACHER_OPTIONS
            if (value := getattr(self, name)) is not None and name not in left_out
        }


class TrainingState(StrEnum):
    """The state of a training. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (TrainingState.FINISHED, TrainingState.FAILED, TrainingState.CANCELLED)


class UnknownTokens(Payload):
    """What a vocabulary does not know of a text: the share of its tokens, and the most frequent of them.

    `more` says whether there are others.
    """

    share: float
    pieces: tuple[str, ...]
    more: bool


class TrainProgress(Payload):
    """How far a training is. Losses are nats per token. `share` is the share of finished steps, 0 to 1.

    `sample` is a line that the model wrote after the last whole epoch. `tokens_per_second` is the speed of
    learning. `unknown` is what the vocabulary of the version that it goes on from does not know. `error` is
    one sentence for people, set if the state is failed. The rest is set if it is finished: `model`
    (NAME@VERSION), `kept` (the epoch whose weights it has), `held_out`, the comparison with the version that
    was live then, `verses` of both, and what the curves show, in words.
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
    unknown: UnknownTokens | None = Field(None, exclude_if=is_none)
    model: ModelReference | None = None
    kept: int | None = None
    held_out: "HeldOut | None" = None
    live: "Comparison | None" = None
    verses: tuple["Specimen", ...] = ()
    curves: str = ""
    error: str | None = None


class Specimen(Payload):
    """A verse that a version wrote with this random seed, for comparison."""

    model: ModelReference
    random_seed: RandomSeed
    text: str


Verdict = Literal["better", "worse", "kinds", "words", "texts"]


class Comparison(Payload):
    """The live version beside a new one: its figures, and whether those of the new one are better.

    Figures are not comparable if the versions have different kinds of vocabulary (`kinds`) or different
    vocabularies (`words`), or were scored on different texts (`texts`).
    """

    model: ModelReference
    held_out: "HeldOut"
    verdict: Verdict


class MessageAt(Payload):
    """A message in a channel that the bot keeps up to date during a training."""

    channel_id: Snowflake
    message_id: Snowflake


Order = Literal["stop", "cancel"]
"""An order to a training: end and keep the best epoch, or end and keep nothing."""


@dataclass(frozen=True)
class Training:
    """A started training at one moment.

    `order` is the order that it got, if any. `place` counts from 1 and is None if the training is not in the
    queue. `workers` are the live training workers. `started_at` is in Unix seconds.
    """

    id: str
    request: TrainRequest
    progress: TrainProgress
    order: Order | None = None
    place: int | None = None
    workers: int = 1
    started_at: float = 0.0


@dataclass(frozen=True)
class Cost:
    """The approximate cost of a training: its parameters, and its seconds if a similar one was measured."""

    parameters: int
    seconds: float | None
