"""The protocol of vocabularies: text to token ids and back.

Each kind of vocabulary is one class in a module of its own, registered in `vocabulary_kinds`. NumPy is
imported where token ids are made and not before, because the bot asks a kind for its facts and never encodes.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from shakelm.data.text_cleaning import clean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN = 0
"""The id of the out-of-vocabulary token, in every kind of vocabulary."""

UNKNOWN_TOKEN = "<unk>"  # noqa: S105 (a token of the language, not a secret)


@dataclass(frozen=True)
class CorpusSize:
    """The training part of a named corpus in one kind of vocabulary: its tokens, and the vocabulary's."""

    tokens: int
    vocabulary: int


class Vocabulary(BaseModel, ABC):
    """The tokens of a model. A token's id is its place in `tokens`; id 0 stands for all unknown pieces.

    A subclass is a kind of vocabulary. It gives the field `kind` its name, sets the class variables and
    defines `learn`, `pieces` and `extend`. The JSON form of a version's `vocabulary.json` holds the fields:
    `kind` and `tokens`, and whatever fields a kind adds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: ClassVar[str]
    """What one token is, in English."""

    units: ClassVar[str]
    """The plural of `unit`."""

    lossless: ClassVar[bool]
    """Whether a text of known tokens comes back exactly as it was."""

    default_sequence_length: ClassVar[int]
    """Tokens in a training example where the person who trains does not choose."""

    wide_output: ClassVar[bool]
    """Whether the output layer takes the most time of a training, as with thousands of tokens."""

    tokens_per_line: ClassVar[int]
    """The most tokens of a line in a verse, so that a model that never ends its lines stops too."""

    tokens_per_word: ClassVar[int]
    """The most tokens of a word in a verse, for the same reason. Line ends between words count too."""

    ngram_order: ClassVar[int] = 5
    """The order of an n-gram baseline where the person who asks for it does not choose."""

    default_pieces: ClassVar[int | None] = None
    """The size of the vocabulary where people choose it and did not; None where the text decides it."""

    characters_per_token: ClassVar[float | None] = None
    """About how many characters a token has, where only a training worker can learn the vocabulary."""

    space_begins_word: ClassVar[bool] = False
    """Whether the space between two words is part of the token that begins the second one."""

    corpus_sizes: ClassVar[Mapping[str, CorpusSize]]
    """The size of each named corpus, so that the cost of a training is known without the text."""

    kind: str
    tokens: tuple[str, ...]

    @classmethod
    @abstractmethod
    def learn(cls, text: str) -> Self:
        """Make a vocabulary from the training part of a text; the first token is `UNKNOWN_TOKEN`."""

    @classmethod
    def learn_sized(cls, text: str, pieces: int) -> Self:  # noqa: ARG003 (for kinds with `default_pieces`)
        """Make a vocabulary of about that many tokens, in a kind that has `default_pieces`."""
        return cls.learn(text)

    @abstractmethod
    def pieces(self, text: str) -> list[str]:
        """Cut a text into pieces, each of which is a token or unknown."""

    @abstractmethod
    def extend(self, text: str, token: int) -> str:
        """Return what a token adds to the end of a text: the token itself, with a space where one belongs."""

    def grows_word(self, character: str) -> bool:
        """Whether a character directly after a word belongs to it."""
        return character.isalnum()

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, piece: object) -> bool:
        return piece in self._ids

    def encode(self, text: str) -> "NDArray[np.int32]":
        """Return the token ids of a text, shape (tokens,). Unknown pieces have id 0."""
        import numpy as np

        ids = self._ids
        return np.array([ids.get(piece, UNKNOWN) for piece in self.pieces(text)], dtype=np.int32)

    def decode(self, ids: "NDArray[np.int32] | Sequence[int]") -> str:
        """Return the text of token ids, shape (tokens,), each from 0 to below the vocabulary's length."""
        parts: list[str] = []
        for token in ids:
            parts.append(self.extend(parts[-1] if parts else "", int(token)))
        return "".join(parts)

    def unknown(self, text: str) -> list[str]:
        """Return the distinct pieces of a text that are not in the vocabulary, in order of appearance."""
        return list(dict.fromkeys(piece for piece in self.pieces(text) if piece not in self))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens) if number != UNKNOWN}


@dataclass(frozen=True)
class TokenMapping:
    """One piece of a text, its token id, and the token with that id."""

    piece: str
    token: int
    recovered: str

    @property
    def known(self) -> bool:
        """Whether the piece came back as it was."""
        return self.piece == self.recovered


def check_mapping(text: str, vocabulary: Vocabulary) -> list[TokenMapping]:
    """Map each piece of a text, cleaned as a seed, to its id and back: the check in the course notebook."""
    text = clean(text)
    return [
        TokenMapping(piece, int(token), vocabulary.tokens[token])
        for piece, token in zip(vocabulary.pieces(text), vocabulary.encode(text), strict=True)
    ]


def visible(piece: str) -> str:
    """Return a piece as a table can show it: as in `repr` if an end of it or all is invisible."""
    return repr(piece) if not piece.isprintable() or piece != piece.strip() else piece
