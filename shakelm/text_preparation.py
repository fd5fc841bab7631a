"""A text made ready for a training: its parts and its vocabulary. What cannot work is refused here.

TensorFlow is not needed: the bot asks before it offers a training.
"""

from dataclasses import dataclass

from shakelm.configuration import Configuration, ModelConfiguration, TrainingConfiguration
from shakelm.data.splitting import Parts, split
from shakelm.data.vocabulary import CorpusSize, Vocabulary
from shakelm.data.vocabulary_kinds import KINDS, fit
from shakelm.errors import ShakelmError

MIN_TOKENS = 2
"""A token is predicted from those before it, so one alone measures nothing."""


@dataclass(frozen=True)
class PreparedText:
    """A text that a training can learn from.

    Attributes:
        parts: the text in parts.
        learned: what is learned from: the training part, without validation the validation part too.
        vocabulary: the vocabulary of `learned`.
        tokens: the number of tokens of `learned`.
    """

    parts: Parts
    learned: str
    vocabulary: Vocabulary
    tokens: int


def prepare(text: str, configuration: Configuration, held_out: int = 0) -> PreparedText:
    """Split a text, learn the vocabulary that the configuration names, and check that a training can work.

    Args:
        text: the text.
        configuration: of model and training.
        held_out: the number of characters at the end that are held out; 0 for the split's own share.

    Raises:
        ShakelmError: the text is too short, has too few different tokens, or has a part without tokens; or
            a library that learns the vocabulary cannot be imported.
    """
    settings = configuration.training
    parts = split(text, settings.split, held_out)
    learned = parts.train if settings.validation else parts.train + parts.validation
    vocabulary = fit(learned, configuration.model.vocabulary, configuration.model.pieces)
    tokens = len(vocabulary.pieces(learned))
    check_length(tokens, settings, vocabulary.units)
    _check_scored(parts, vocabulary)
    return PreparedText(parts, learned, vocabulary, tokens)


def measure(text: str, configuration: Configuration) -> CorpusSize:
    """Check a text as `prepare` does, and measure its training part, without libraries of a training.

    Raises:
        ShakelmError: the text is too short, has too few different tokens, or has a part without tokens.
    """
    model = configuration.model
    kind = KINDS[model.vocabulary]
    if kind.characters_per_token is None:
        prepared = prepare(text, configuration)
        return CorpusSize(len(prepared.vocabulary.pieces(prepared.parts.train)), len(prepared.vocabulary))
    as_characters = model.model_copy(update={"vocabulary": "char", "pieces": None})
    prepared = prepare(text, configuration.model_copy(update={"model": as_characters}))
    check_length(estimate(prepared.tokens, model).tokens, configuration.training, kind.units)
    return estimate(len(prepared.parts.train), model)


def estimate(characters: int, model: ModelConfiguration) -> CorpusSize:
    """The approximate size of a training part of that many characters, in a kind of estimated size."""
    per_token = KINDS[model.vocabulary].characters_per_token
    assert per_token is not None and model.pieces is not None  # noqa: S101 (a kind of estimated size)
    return CorpusSize(round(characters / per_token), model.pieces)


def check_length(tokens: int, settings: TrainingConfiguration, units: str) -> None:
    """Check that a text fills the streams of a training that carries the state.

    Args:
        tokens: the number of tokens that are learned from.
        settings: of the training.
        units: what a token is called, in the plural.

    Raises:
        ShakelmError: the text is too short.
    """
    # Two windows in each stream, so that there is room to shift, and a target for the last token.
    least = 2 * settings.batch_size * settings.sequence_length + 1
    if settings.stateful and tokens < least:
        raise ShakelmError(
            f"The text is too short for {settings.batch_size} streams with windows of "
            f"{settings.sequence_length} {units}: it has {tokens:,} {units} to learn from, and {least:,} are "
            "needed; train with a smaller --batch or --window, with --no-carry, or with a longer text.",
            key="refusal.corpus_streams",
            streams=settings.batch_size,
            window=settings.sequence_length,
            units=units,
            tokens=tokens,
            least=least,
        )


def _check_scored(parts: Parts, vocabulary: Vocabulary) -> None:
    """Check that the validation part and the held-out part have tokens, besides blanks and line ends.

    The validation part decides about the precision of the weights even where it is learned from.
    """
    units = vocabulary.units
    for part, which in ((parts.validation, "validation"), (parts.held_out, "held-out")):
        pieces = vocabulary.pieces(part)
        if len(pieces) < MIN_TOKENS or all(piece.isspace() for piece in pieces):
            raise ShakelmError(
                f"The {which} part of the text, near its end, has no {units} to test the model with: give a "
                "text whose last fifth is text too, or choose another --vocabulary.",
                key="refusal.corpus_untested",
                part=which,
                units=units,
            )
