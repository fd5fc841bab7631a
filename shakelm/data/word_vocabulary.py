"""Words as in the course notebook: lower case, without punctuation, and line ends as tokens of their own."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import ClassVar, Literal, Self

from shakelm.data.vocabulary import UNKNOWN_TOKEN, CorpusSize, Vocabulary

_WORD_WITHOUT_MARKS = re.compile(r"['\w]*[^\W_]['\w]*|\n")
_TYPOGRAPHIC = str.maketrans("‘’", "''")


class WordVocabulary(Vocabulary):
    """The frequent words of a text, most frequent first. Case and punctuation are lost.

    With `marks`, a word keeps its combining marks: the vowel signs of Hindi or Arabic, and accents that no
    composed letter has. Without, as in versions of former releases, a mark ends the word.
    """

    unit = "word"
    units = "words"
    lossless = False
    default_sequence_length = 32
    wide_output = True
    tokens_per_line = 40
    tokens_per_word = 3
    corpus_sizes: ClassVar[Mapping[str, CorpusSize]] = {
        "shakespeare": CorpusSize(tokens=197_044, vocabulary=6_047),
        "shakespeare-plays": CorpusSize(tokens=880_652, vocabulary=14_533),
        "quijote": CorpusSize(tokens=341_357, vocabulary=10_311),
    }

    kind: Literal["word"] = "word"
    marks: bool = False

    @classmethod
    def learn(cls, text: str) -> Self:
        """Keep the words that occur at least twice.

        The words that are left out let the out-of-vocabulary token occur in the training text, so that a
        model learns it. Words of the same frequency are in alphabetical order.
        """
        counts = Counter(_words(text, marks=True))
        counts["\n"] += 2
        known = sorted((word for word, count in counts.items() if count > 1), key=lambda w: (-counts[w], w))
        return cls(tokens=(UNKNOWN_TOKEN, *known), marks=True)

    def pieces(self, text: str) -> list[str]:
        """Cut a text into words and line ends."""
        return _words(text, self.marks)

    def extend(self, text: str, token: int) -> str:
        """Put a space before a word, except at the start of a line."""
        piece = self.tokens[token]
        return piece if piece == "\n" or not text or text[-1].isspace() else f" {piece}"


def _words(text: str, marks: bool) -> list[str]:
    word = _word_with_marks() if marks else _WORD_WITHOUT_MARKS
    return word.findall(text.translate(_TYPOGRAPHIC).lower())


@cache
def _word_with_marks() -> re.Pattern[str]:
    """The pattern of a word whose letters may have marks."""
    return re.compile(rf"['\w]*[^\W_]['\w{marks()}]*|\n")


@cache
def marks() -> str:
    """The combining marks and joiners as part of a character class of `re`, which has no class for them.

    A joiner shapes the letter before it, and belongs to the word as a mark does.
    """
    # No mark lies below the first of these, and none above but variation selectors.
    codes = [code for code in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)) if _is_mark(chr(code))]
    starts = [code for code in codes if not _is_mark(chr(code - 1))]
    ends = [code for code in codes if not _is_mark(chr(code + 1))]
    ranges = "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(starts, ends, strict=True))
    return f"{ranges}\u200c\u200d"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
