"""Text to token ids and back: words as in the course notebook, or characters without loss."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import Settings, VocabularyKind
from shakelm.errors import ShakelmError

UNKNOWN = 0
"""Id of the out-of-vocabulary token, in both kinds of vocabulary."""

UNKNOWN_TOKEN = "<unk>"  # noqa: S105 (a token of the language, not a secret)

_WORD = re.compile(r"['\w]*[^\W_]['\w]*|\n")
_TYPOGRAPHIC = str.maketrans("‘’", "''")


class Vocabulary(Settings):
    """The tokens of a model; a token's id is its place in `tokens`, and id 0 stands for all others.

    `word`: lower case, punctuation stripped, the line end is a token of its own (lossy).
    `char`: every character is a token (lossless for the characters it knows).
    """

    kind: VocabularyKind
    tokens: tuple[str, ...]

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens) if number != UNKNOWN}

    @property
    def lossless(self) -> bool:
        """Whether a text of known tokens comes back exactly as it was."""
        return self.kind == "char"

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, piece: object) -> bool:
        return piece in self._ids

    def encode(self, text: str) -> NDArray[np.int32]:
        """Token ids of a text, shape (tokens,); unknown pieces become id 0."""
        ids = self._ids
        return np.array([ids.get(piece, UNKNOWN) for piece in pieces(text, self.kind)], dtype=np.int32)

    def extend(self, text: str, token: int) -> str:
        """What a token adds to a text: words get a space before them, except at the start of a line."""
        piece = self.tokens[token]
        if self.kind == "char" or piece == "\n" or not text or text[-1].isspace():
            return piece
        return f" {piece}"

    def decode(self, ids: NDArray[np.int32] | list[int]) -> str:
        """The text of token ids of shape (tokens,), each between 0 and the vocabulary's length."""
        parts: list[str] = []
        for token in ids:
            parts.append(self.extend(parts[-1] if parts else "", int(token)))
        return "".join(parts)

    def unknown(self, text: str) -> list[str]:
        """The distinct pieces of a text that this vocabulary does not know, in order of appearance."""
        return list(dict.fromkeys(piece for piece in pieces(text, self.kind) if piece not in self))


def pieces(text: str, kind: VocabularyKind) -> list[str]:
    """Cut a text into what can be tokens: words and line ends, or characters."""
    if kind == "char":
        return list(text)
    return _WORD.findall(text.translate(_TYPOGRAPHIC).lower())


def fit(text: str, kind: VocabularyKind) -> Vocabulary:
    """Learn a vocabulary from the training part of a text.

    Words seen only once are left out, so that the out-of-vocabulary token occurs in training and is
    learned. Words are ordered by falling frequency, characters by code point.

    Raises:
        ShakelmError: fewer than two tokens remain.
    """
    counts = Counter(pieces(text, kind))
    if kind == "char":
        known = sorted(counts)
    else:
        counts["\n"] += 2
        known = sorted((word for word, count in counts.items() if count > 1), key=lambda w: (-counts[w], w))
    if len(known) < 2:
        raise ShakelmError(
            f"The training text gives a {kind} vocabulary of {len(known)} tokens, too few to learn from: "
            "give a longer text."
        )
    return Vocabulary(kind=kind, tokens=(UNKNOWN_TOKEN, *known))


@dataclass(frozen=True)
class Mapping:
    """One piece of a text on its way through a vocabulary: piece, id, and what the id maps back to."""

    piece: str
    token: int
    recovered: str

    @property
    def known(self) -> bool:
        """Whether the piece came back as it was."""
        return self.piece == self.recovered


def check_mapping(text: str, vocabulary: Vocabulary) -> list[Mapping]:
    """The notebook's check that tokens map back to words, for each piece of a text."""
    return [
        Mapping(piece, int(token), vocabulary.tokens[token])
        for piece, token in zip(pieces(text, vocabulary.kind), vocabulary.encode(text), strict=True)
    ]
