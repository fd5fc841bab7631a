"""Words as in the course notebook: lower case, without punctuation, and line ends as tokens of their own."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from shakelm.data.vocabulary import UNKNOWN_TOKEN, CorpusSize, Vocabulary

_WORD = re.compile(r"['\w]*[^\W_]['\w]*|\n")
_TYPOGRAPHIC = str.maketrans("‘’", "''")


class WordVocabulary(Vocabulary):
    """The frequent words of a text, most frequent first. Case and punctuation are lost."""

    unit = "word"
    units = "words"
    lossless = False
    default_sequence_length = 32
    wide_output = True
    tokens_per_line = 40
    tokens_per_word = 3
    corpus_sizes: ClassVar[Mapping[str, CorpusSize]] = {
        "shakespeare": CorpusSize(tokens=197_044, vocabulary=6_047)
    }

    kind: Literal["word"] = "word"

    @classmethod
    def learn(cls, text: str) -> Self:
        """Keep the words that occur at least twice.

        The words that are left out let the out-of-vocabulary token occur in the training text, so that a
        model learns it. Words of the same frequency are in alphabetical order.
        """
        counts = Counter(_words(text))
        counts["\n"] += 2
        known = sorted((word for word, count in counts.items() if count > 1), key=lambda w: (-counts[w], w))
        return cls(tokens=(UNKNOWN_TOKEN, *known))

    def pieces(self, text: str) -> list[str]:
        """Cut a text into words and line ends."""
        return _words(text)

    def extend(self, text: str, token: int) -> str:
        """Put a space before a word, except at the start of a line."""
        piece = self.tokens[token]
        return piece if piece == "\n" or not text or text[-1].isspace() else f" {piece}"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.translate(_TYPOGRAPHIC).lower())
