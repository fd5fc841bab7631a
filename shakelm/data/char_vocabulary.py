"""Characters, without loss."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from shakelm.data.vocabulary import UNKNOWN_TOKEN, CorpusSize, Vocabulary


class CharVocabulary(Vocabulary):
    """The characters of a text, ordered by code point."""

    unit = "character"
    units = "characters"
    lossless = True
    default_sequence_length = 128
    wide_output = False
    tokens_per_line = 160
    tokens_per_word = 40
    ngram_order = 6
    corpus_sizes: ClassVar[Mapping[str, CorpusSize]] = {
        "shakespeare": CorpusSize(tokens=903_468, vocabulary=66),
        "shakespeare-plays": CorpusSize(tokens=4_018_247, vocabulary=75),
        "quijote": CorpusSize(tokens=1_709_690, vocabulary=92),
    }

    kind: Literal["char"] = "char"

    @classmethod
    def learn(cls, text: str) -> Self:
        """Keep every character."""
        return cls(tokens=(UNKNOWN_TOKEN, *sorted(set(text))))

    def pieces(self, text: str) -> list[str]:
        """Cut a text into characters."""
        return list(text)

    def extend(self, text: str, token: int) -> str:  # noqa: ARG002 (the protocol's signature)
        """Add the character as it is."""
        return self.tokens[token]
