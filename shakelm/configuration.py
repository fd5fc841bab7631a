"""Validated settings of a model and of its training; no Keras here."""

import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shakelm.errors import ShakelmError

Architecture = Literal["simple-rnn", "lstm", "stacked-lstm"]
Cell = Literal["simple-rnn", "lstm"]
VocabularyKind = Literal["word", "char"]
Split = Literal["contiguous", "blocks"]
Precision = Literal["float32", "bfloat16"]
Schedule = Literal["constant", "cosine"]

MAX_NUMBER = 2**32 - 1
"""Largest number that seeds a verse or a training (the range of `keras.utils.set_random_seed`)."""

PRESETS = Path(__file__).parent / "presets"
"""Small files of settings that go together, by name."""

CHOSEN_NUMBERS = 1_000_000
"""A number that nobody gave is chosen below this, so that it is easily typed again."""

NAME_PATTERN = r"[a-z0-9][a-z0-9._-]{0,63}"
"""Names of models: they become folders, so no separators and no leading dot."""


def choose_number() -> int:
    """A number from 0 to 999,999 that nobody can foretell."""
    return secrets.randbelow(CHOSEN_NUMBERS)


class Settings(BaseModel):
    """Base of everything that is written to disk: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelConfiguration(Settings):
    """What is needed to build a network again: sizes only, no code.

    `units` holds the width of each recurrent layer, first to last; `dropout` is the share of
    features (0 to below 1) dropped, with the same mask over all time steps, after each recurrent layer,
    and after the embedding where `embedding_dropout` is None; `weight_dropout` the share of an LSTM's
    recurrent weights dropped.
    """

    architecture: Architecture
    vocabulary: VocabularyKind
    embedding: Annotated[int, Field(ge=1, le=4096)] = 100
    units: Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(min_length=1, max_length=8)]
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    embedding_dropout: Annotated[float | None, Field(ge=0, lt=1)] = None
    weight_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @property
    def cell(self) -> Cell:
        """The kind of recurrent layer that the architecture stacks."""
        return "simple-rnn" if self.architecture == "simple-rnn" else "lstm"


class TrainingConfiguration(Settings):
    """How a model is trained.

    `window` is the length in tokens of a training example, `patience` the number of epochs without
    a better validation loss after which training stops, `number` the seed of everything random.
    With `carry` the text is read as `batch` streams, window after window, with the state carried from one
    to the next, but for the share `restart` of the streams, drawn for each window, which go on from an empty
    state; without it the windows are shuffled and each starts from an empty state. `averaging` is
    the momentum of a moving average of the weights, which is what is kept; 0 keeps the weights themselves.
    Without `validation` the text that would validate is learned from too, all epochs are run and the last
    is kept.
    """

    epochs: Annotated[int, Field(ge=1, le=1000)] = 20
    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    window: Annotated[int, Field(ge=2, le=4096)]
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.002
    patience: Annotated[int, Field(ge=1, le=1000)] = 3
    number: Annotated[int, Field(ge=0, le=MAX_NUMBER)] = 1
    split: Split = "contiguous"
    validation: bool = True
    carry: bool = False
    restart: Annotated[float, Field(ge=0, le=1)] = 0.0
    schedule: Schedule = "constant"
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: Precision = "float32"


class Configuration(Settings):
    """The whole configuration of a version, as in its `configuration.json`."""

    model: ModelConfiguration
    training: TrainingConfiguration


NOTEBOOK_UNITS: dict[Architecture, tuple[int, ...]] = {
    "simple-rnn": (150,),
    "lstm": (150,),
    "stacked-lstm": (150, 100),
}
"""The widths of the course notebook's recurrent layers."""

DEFAULT_WINDOW: dict[VocabularyKind, int] = {"word": 32, "char": 128}


def presets() -> list[str]:
    """The names of all presets."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read_preset(name: str) -> dict[str, Any]:
    """The arguments of `plan` that a preset's file holds.

    Raises:
        ShakelmError: there is no preset of that name.
    """
    if name not in presets():
        raise ShakelmError(f"There is no preset {name[:80]!r}: choose one of {', '.join(presets())}.")
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def plan(
    architecture: Architecture,
    vocabulary: VocabularyKind,
    *,
    units: tuple[int, ...] | None = None,
    layers: int | None = None,
    **settings: float | str | bool | None,
) -> Configuration:
    """A whole configuration from what somebody chose; what is None or left out gets its default.

    Args:
        architecture: the name of an architecture.
        vocabulary: the kind of vocabulary.
        units: one width for all recurrent layers, or one for each.
        layers: how many recurrent layers.
        settings: any other field of `ModelConfiguration` or `TrainingConfiguration`.

    Raises:
        ShakelmError: a value is out of its range, or widths and layers do not fit each other.
    """
    widths = units or NOTEBOOK_UNITS[architecture]
    if layers is not None and len(widths) != layers:
        if units is not None and len(units) > 1:
            raise ShakelmError(
                f"{len(units)} widths do not fit {layers} layers: give one width for all, or one for each."
            )
        widths = widths[:1] * layers
    given = {name: value for name, value in settings.items() if value is not None}
    model = {name: given.pop(name) for name in list(given) if name in ModelConfiguration.model_fields}
    training = {"window": DEFAULT_WINDOW[vocabulary]} | given
    try:
        return Configuration.model_validate(
            {
                "model": {"architecture": architecture, "vocabulary": vocabulary, "units": widths} | model,
                "training": training,
            }
        )
    except ValidationError as error:
        problem = error.errors()[0]
        place = " ".join(str(part) for part in problem["loc"][1:]).replace("_", " ")
        raise ShakelmError(
            f"The {place} {problem['input']} is out of range: {problem['msg'].lower()}."
        ) from error
