"""The registry of vocabulary kinds.

A new kind needs its own module and a place in `KINDS`. Configurations, payloads, the command line, slash
commands and texts take the names of the kinds and the facts about them from here.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.subword_vocabulary import SubwordVocabulary
from shakelm.data.vocabulary import Vocabulary
from shakelm.data.word_vocabulary import WordVocabulary
from shakelm.errors import ShakelmError

KINDS: dict[str, type[Vocabulary]] = {
    kind.model_fields["kind"].default: kind for kind in (WordVocabulary, CharVocabulary, SubwordVocabulary)
}
"""Every kind by its name, in the order in which people choose among them."""


if TYPE_CHECKING:
    VocabularyKind = str
else:  # pydantic, the command line and slash commands offer and accept the registered names
    VocabularyKind = Literal[tuple(KINDS)]


class _Header(BaseModel):
    """The part of a vocabulary's JSON form that says how to read the rest."""

    kind: VocabularyKind


def parse(data: bytes) -> Vocabulary:
    """Read a vocabulary's JSON form.

    Raises:
        pydantic.ValidationError: the data is damaged, or of an unknown kind.
    """
    return KINDS[_Header.model_validate_json(data).kind].model_validate_json(data)


def fit(text: str, kind: str, pieces: int | None = None) -> Vocabulary:
    """Learn a vocabulary of a registered kind from the training part of a text.

    Args:
        text: the training part.
        kind: the name of the kind.
        pieces: the wished number of tokens, in a kind that has `default_pieces`; None for that number.

    Raises:
        ShakelmError: the vocabulary has fewer than two tokens besides blanks and line ends, or a library that
            learns it cannot be imported.
    """
    learn = KINDS[kind]
    vocabulary = learn.learn(text) if pieces is None else learn.learn_sized(text, pieces)
    # Merges make several pieces of one character.
    seen = vocabulary.tokens[1:] if not vocabulary.default_pieces else "".join(vocabulary.tokens[1:])
    if len({token for token in seen if not token.isspace()}) >= 2:
        return vocabulary
    if vocabulary.lossless:
        raise ShakelmError(
            f"The text has fewer than two different {vocabulary.units}, so there is nothing to learn: give "
            "another text.",
            key="refusal.corpus_one_character",
            units=vocabulary.units,
        )
    raise ShakelmError(
        f"Fewer than two {vocabulary.units} occur more than once in the text, so it cannot be learned as "
        f"{vocabulary.units}: learn it as characters (--vocabulary char), or give a longer text.",
        key="refusal.corpus_no_words",
        units=vocabulary.units,
    )
