"""Validated settings of a model and of its training; no Keras here.

The fields are the only place for the range and the default of a setting. `shakelm.training_options` derives
the options of the command line and of `/admin train` from them: a field's alias is the key in files and the
name of the option, its description is the option's help line.
"""

import secrets
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shakelm.data.splitting import Split
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind

Architecture = Literal["simple-rnn", "lstm", "stacked-lstm"]
Cell = Literal["simple-rnn", "lstm"]
Precision = Literal["float32", "bfloat16"]
ChosenPrecision = Literal["float32", "bfloat16", "auto"]
Schedule = Literal["constant", "cosine"]

MAX_RANDOM_SEED = 2**32 - 1
"""Largest random seed of a verse or a training (the range of `keras.utils.set_random_seed`)."""

CHOSEN_RANDOM_SEEDS = 1_000_000
"""A random seed that nobody gave is chosen below this, so that people can type it again."""

MAX_LAYERS = 8
"""Most recurrent layers of a network."""

NAME_PATTERN = r"[a-z0-9][a-z0-9._-]{0,63}"
"""Names of models: they become folders, so no separators and no leading dot."""

VERSION_PATTERN = r"[1-9][0-9]{0,8}"
"""Numbers of versions, as in NAME@NUMBER."""


def choose_random_seed() -> int:
    """An unpredictable random seed from 0 to 999,999."""
    return secrets.randbelow(CHOSEN_RANDOM_SEEDS)


class Settings(BaseModel):
    """Base of everything that is written to disk: immutable. Unknown keys are refused.

    A field with an alias is written under the alias and read under both names.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        allow_inf_nan=False,
    )


Width = Annotated[int, Field(ge=1, le=8192)]


class ModelConfiguration(Settings):
    """What is needed to build a network again: sizes only, no code.

    Dropout uses one mask for all time steps. Without `embedding_dropout` the share `dropout` is also
    dropped after the embedding.
    """

    architecture: Annotated[Architecture, Field(description="Kind of network")]
    vocabulary: Annotated[VocabularyKind, Field(description="What a token is")]
    embedding: Annotated[int, Field(ge=1, le=4096, description="Width of the embedding")] = 100
    units: Annotated[
        tuple[Width, ...],
        Field(
            min_length=1,
            max_length=MAX_LAYERS,
            description="Width of all recurrent layers, or of each, first to last, as in 150,100",
        ),
    ]
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="Share of features dropped after each recurrent layer")
    ] = 0.0
    embedding_dropout: Annotated[
        float | None,
        Field(ge=0, lt=1, description="Share of features dropped after the embedding; --dropout if left out"),
    ] = None
    weight_dropout: Annotated[
        float, Field(ge=0, lt=1, description="Share of an LSTM's recurrent weights dropped")
    ] = 0.0
    pieces: Annotated[
        int | None,
        Field(
            ge=500,
            le=4000,
            description="Size of a subword vocabulary; 1000 if left out, fewer in a small text",
            exclude_if=lambda pieces: pieces is None,
        ),
    ] = None

    @model_validator(mode="after")
    def _pieces_belong_to_the_kind(self) -> Self:
        if (self.pieces is None) != (KINDS[self.vocabulary].default_pieces is None):
            raise PydanticCustomError(
                "pieces",
                "the number of pieces belongs to vocabularies whose size is chosen, and to no others",
            )
        return self

    @property
    def cell(self) -> Cell:
        """The kind of recurrent layer that the architecture stacks."""
        return "simple-rnn" if self.architecture == "simple-rnn" else "lstm"


class TrainingConfiguration(Settings):
    """How a model is trained.

    A stateful training reads the text as `batch_size` streams, window after window, and carries the state
    from one window to the next. Before each window, `state_reset` of the streams, drawn at random, start
    again from an empty state. Otherwise the windows are shuffled, and each starts from an empty state.

    With `ema_momentum` the version has an exponential moving average of the weights, otherwise the weights
    themselves. Without `validation` the validation text is learned from too, all epochs are run and the last
    one is kept. With `base` the training goes on from the weights and the vocabulary of that version.
    """

    epochs: Annotated[int, Field(ge=1, le=1000, description="Maximum passes through the text")] = 20
    batch_size: Annotated[int, Field(alias="batch", ge=1, le=4096, description="Windows in a batch")] = 32
    sequence_length: Annotated[
        int,
        Field(
            alias="window",
            ge=2,
            le=4096,
            description="Tokens in a window; 32 words, 64 pieces, or 128 characters if left out",
        ),
    ]
    learning_rate: Annotated[float, Field(gt=0, le=1, description="Step size of AdamW")] = 0.002
    patience: Annotated[
        int,
        Field(ge=1, le=1000, description="Epochs without a better validation loss before training stops"),
    ] = 3
    random_seed: Annotated[
        int,
        Field(alias="number", ge=0, le=MAX_RANDOM_SEED, description="Seed of all random choices"),
    ] = 1
    split: Annotated[
        Split,
        Field(description="Hold out the end of the text, or speeches from all parts of it (blocks)"),
    ] = "contiguous"
    validation: Annotated[
        bool, Field(description="Validate, or learn from the validation text too and keep the last epoch")
    ] = True
    stateful: Annotated[
        bool,
        Field(alias="carry", description="Read the text as streams; carry the state from window to window"),
    ] = False
    state_reset: Annotated[
        float,
        Field(
            alias="restart",
            ge=0,
            le=1,
            description="Share of streams that start a window from an empty state",
        ),
    ] = 0.0
    schedule: Annotated[Schedule, Field(description="How the learning rate changes")] = "constant"
    weight_decay: Annotated[float, Field(ge=0, le=1, description="AdamW's weight decay")] = 0.0
    ema_momentum: Annotated[
        float,
        Field(
            alias="averaging",
            ge=0,
            lt=1,
            description="Momentum of averaged weights (EMA), as in 0.999; 0 turns it off",
        ),
    ] = 0.0
    precision: Annotated[
        ChosenPrecision,
        Field(
            description="Precision of an LSTM's matrix products; auto is bfloat16 where the processor has it"
        ),
    ] = "float32"
    base: Annotated[
        str | None,
        Field(
            alias="from",
            pattern=f"^{NAME_PATTERN}@{VERSION_PATTERN}$",
            description="Version to go on from, with its network and vocabulary",
            exclude_if=lambda base: base is None,
        ),
    ] = None


class Configuration(Settings):
    """The whole configuration of a version, as in its `configuration.json`."""

    model: ModelConfiguration
    training: TrainingConfiguration
