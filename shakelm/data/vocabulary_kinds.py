"""The registry of vocabulary kinds.

A new kind needs its own module and a place in `KINDS`. Configurations, payloads, the command line, slash
commands and texts take the names of the kinds and the facts about them from here.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import Vocabulary
from shakelm.data.word_vocabulary import WordVocabulary
from shakelm.errors import ShakelmError

KINDS: dict[str, type[Vocabulary]] = {
    kind.model_fields["kind"].default: kind for kind in (WordVocabulary, CharVocabulary)
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


def fit(text: str, kind: str) -> Vocabulary:
    """Learn a vocabulary of a registered kind from the training part of a text.

    Raises:
        ShakelmError: the vocabulary has fewer than two tokens besides blanks and line ends.
    """
    vocabulary = KINDS[kind].learn(text)
    if sum(not token.isspace() for token in vocabulary.tokens[1:]) >= 2:
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
