"""A text made ready for a training: its parts and its vocabulary. What cannot work is refused here.

TensorFlow is not needed: the bot asks before it offers a training.
"""

from collections import Counter
from dataclasses import dataclass, field

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
        unknown: the tokens of `learned` that a given vocabulary does not know, with their numbers.
    """

    parts: Parts
    learned: str
    vocabulary: Vocabulary
    tokens: int
    unknown: Counter[str] = field(default_factory=Counter)

    @property
    def unknown_summary(self) -> str | None:
        """What of the text is unknown, in one sentence; None if nothing is."""
        if not self.unknown:
            return None
        most = ", ".join(map(repr, self.most_unknown))
        more = ", …" if len(self.unknown) > len(self.most_unknown) else ""
        units = self.vocabulary.units
        return f"The version does not know {self.unknown_share:.2%} of the text's {units}: {most}{more}."

    @property
    def unknown_share(self) -> float:
        """The share of the tokens that are unknown, 0 to 1."""
        return self.unknown.total() / self.tokens

    @property
    def most_unknown(self) -> list[str]:
        """The most frequent unknown pieces. A long one is cut, because a text may be one word."""
        return [
            piece if len(piece) <= SHOWN_CHARACTERS else f"{piece[:SHOWN_CHARACTERS]}…"
            for piece, _ in self.unknown.most_common(SHOWN_UNKNOWN)
        ]


LEAST_KNOWN = 0.5
"""The least share of a text's tokens that a given vocabulary must know."""

SHOWN_UNKNOWN = 10
"""The most unknown pieces that are shown."""

SHOWN_CHARACTERS = 30
"""The most characters of a piece that are shown."""


def prepare(
    text: str, configuration: Configuration, held_out: int = 0, vocabulary: Vocabulary | None = None
) -> PreparedText:
    """Split a text, learn the vocabulary that the configuration names, and check that a training can work.

    Args:
        text: the text.
        configuration: of model and training.
        held_out: the number of characters at the end that are held out; 0 for the split's own share.
        vocabulary: of the version that the training goes on from, or None.

    Raises:
        ShakelmError: the text is too short, has too few different tokens, has a part without tokens, or has
            mostly tokens that the given vocabulary does not know; or a library that learns the vocabulary
            cannot be imported.
    """
    settings = configuration.training
    parts, learned = _split(text, settings, held_out)
    unknown: Counter[str] = Counter()
    if vocabulary is None:
        vocabulary = fit(learned, configuration.model.vocabulary, configuration.model.pieces)
        pieces = vocabulary.pieces(learned)
    else:
        pieces = vocabulary.pieces(learned)
        unknown.update(piece for piece in pieces if piece not in vocabulary)
        _check_known(len(pieces), unknown.total())
    check_length(len(pieces), settings, vocabulary.units)
    _check_scored(parts, vocabulary)
    return PreparedText(parts, learned, vocabulary, len(pieces), unknown)


def _split(text: str, settings: TrainingConfiguration, held_out: int = 0) -> tuple[Parts, str]:
    """The parts of a text, and what is learned from."""
    parts = split(text, settings.split, held_out)
    return parts, parts.train if settings.validation else parts.train + parts.validation


def _check_known(tokens: int, unknown: int) -> None:
    """Check that a vocabulary knows enough of a text.

    Raises:
        ShakelmError: it does not.
    """
    if unknown > (1 - LEAST_KNOWN) * tokens:
        raise ShakelmError(
            f"The version does not know {unknown / tokens:.0%} of this text: train a new model with it, "
            "without --from.",
            key="refusal.unknown_text",
            share=unknown / tokens,
        )


def measure(text: str, configuration: Configuration) -> CorpusSize:
    """Check a text as `prepare` does, and measure its training part, without libraries of a training.

    What a given vocabulary knows of the text is not checked, and the size of that vocabulary is not measured.

    Raises:
        ShakelmError: the text is too short, has too few different tokens, or has a part without tokens.
    """
    model = configuration.model
    kind = KINDS[model.vocabulary]
    if kind.characters_per_token is None and configuration.training.base is not None:
        return _count(text, configuration)
    if kind.characters_per_token is None:
        prepared = prepare(text, configuration)
        return CorpusSize(len(prepared.vocabulary.pieces(prepared.parts.train)), len(prepared.vocabulary))
    as_characters = model.model_copy(update={"vocabulary": "char", "pieces": None})
    prepared = prepare(text, configuration.model_copy(update={"model": as_characters}))
    check_length(estimate(prepared.tokens, model).tokens, configuration.training, kind.units)
    return estimate(len(prepared.parts.train), model)


def _count(text: str, configuration: Configuration) -> CorpusSize:
    """Count the tokens of a text for a training that goes on, which needs no word to occur twice in it."""
    parts, learned = _split(text, configuration.training)
    vocabulary = KINDS[configuration.model.vocabulary].learn(
        learned
    )  # any of the kind cuts a text as this one
    check_length(len(vocabulary.pieces(learned)), configuration.training, vocabulary.units)
    _check_scored(parts, vocabulary)
    return CorpusSize(len(vocabulary.pieces(parts.train)), len(vocabulary))


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

    The validation part is checked even where it is learned from: a text works with both or with neither.
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
