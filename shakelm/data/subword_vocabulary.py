"""Pieces of words, without loss: byte-pair encoding over characters.

sentencepiece learns the merges, and only a training needs it. It writes a space as U+2581, so a text that has
this character would not come back. It therefore gets pre-tokens that were cut here, in which a private code
point of Unicode stands for each character.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from shakelm.data.vocabulary import UNKNOWN_TOKEN, CorpusSize, Vocabulary
from shakelm.data.word_vocabulary import marks
from shakelm.errors import ShakelmError

_MAX_PRE_TOKEN = 32
"""The most characters of a pre-token. Merges take quadratic time, and text without spaces would be one."""

_CACHED_PRE_TOKENS = 2**16

_PRIVATE_USE = 0xF0000
"""The first of the code points that stand for characters while merges are learned."""


class SubwordVocabulary(Vocabulary):
    """The characters of a text by code point, then the pieces that merges make of them, in their order.

    Merges stay within pre-tokens (`pre_tokens`), so the pieces of a word do not depend on what follows it.
    """

    unit = "piece"
    units = "pieces"
    lossless = True
    default_sequence_length = 64
    wide_output = False
    tokens_per_line = 80
    tokens_per_word = 20
    default_pieces: ClassVar[int] = 1000
    characters_per_token = 2.5
    space_begins_word = True
    corpus_sizes: ClassVar[Mapping[str, CorpusSize]] = {
        "shakespeare": CorpusSize(tokens=353_974, vocabulary=1_000),
        "shakespeare-plays": CorpusSize(tokens=1_628_631, vocabulary=1_000),
        "quijote": CorpusSize(tokens=619_785, vocabulary=1_000),
    }

    kind: Literal["subword"] = "subword"

    @field_validator("tokens")
    @classmethod
    def _check(cls, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """Check that every token can occur: it is a character, or two earlier tokens make it."""
        if tokens[:1] != (UNKNOWN_TOKEN,):
            raise PydanticCustomError("tokens", "the first token is not {token}", {"token": UNKNOWN_TOKEN})
        earlier: set[str] = set()
        for token in tokens[1:]:
            cuts = range(1, len(token))
            if len(token) > _MAX_PRE_TOKEN:
                raise PydanticCustomError(
                    "tokens", "a piece has {length} characters", {"length": f"{len(token):,}"}
                )
            if token in earlier:
                raise PydanticCustomError("tokens", "the piece {piece} occurs twice", {"piece": repr(token)})
            if len(token) != 1 and not any(token[:cut] in earlier and token[cut:] in earlier for cut in cuts):
                raise PydanticCustomError(
                    "tokens", "no two earlier pieces make the piece {piece}", {"piece": repr(token)}
                )
            earlier.add(token)
        return tokens

    @classmethod
    def learn(cls, text: str) -> Self:
        """Learn `default_pieces` pieces."""
        return cls.learn_sized(text, cls.default_pieces)

    @classmethod
    def learn_sized(cls, text: str, pieces: int) -> Self:
        """Learn that many pieces, the unknown token included. A small text has fewer.

        Every character is a piece, even if the text has more of them than pieces were wished for.

        Raises:
            ShakelmError: sentencepiece cannot be imported.
        """
        characters = sorted(set(text))
        merged = _merged(text, characters, pieces) if text and pieces > len(characters) + 1 else ()
        return cls(tokens=(UNKNOWN_TOKEN, *characters, *merged))

    def pieces(self, text: str) -> list[str]:
        """Cut a text into pieces. An unknown character is a piece of its own."""
        return [piece for pre_token in pre_tokens(text) for piece in self._cut(pre_token)]

    def extend(self, text: str, token: int) -> str:  # noqa: ARG002 (the protocol's signature)
        """Add the piece as it is."""
        return self.tokens[token]

    def grows_word(self, character: str) -> bool:
        """Whether a character belongs to the word before it: a letter, a digit, a mark or a joiner."""
        return bool(_patterns()[0].fullmatch(character))

    @cached_property
    def _cut(self) -> Callable[[str], tuple[str, ...]]:
        """The function that cuts a pre-token into pieces."""
        ids = self._ids
        never = len(self)

        @lru_cache(_CACHED_PRE_TOKENS)
        def cut(pre_token: str) -> tuple[str, ...]:
            pieces = list(pre_token)
            ranks = [ids.get(left + right, never) for left, right in pairwise(pieces)]
            while ranks and (first := min(ranks)) < never:
                place = ranks.index(first)
                pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
                del ranks[place]
                for pair in (place - 1, place):
                    if 0 <= pair < len(ranks):
                        ranks[pair] = ids.get(pieces[pair] + pieces[pair + 1], never)
            return tuple(pieces)

        return cut


def pre_tokens(text: str) -> list[str]:
    """Cut a text into parts that no piece crosses, each of 1 to 32 characters.

    A part is a word with the space and the apostrophe before it, punctuation with the space before it, white
    space, or one line end. Where a word ends, a part ends, whatever follows.
    """
    found = _patterns()[1].findall(text)
    if max(map(len, found), default=0) <= _MAX_PRE_TOKEN:
        return found
    return [
        part[start : start + _MAX_PRE_TOKEN]
        for part in found
        for start in range(0, len(part), _MAX_PRE_TOKEN)
    ]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of a character of a word, and of a pre-token of any length."""
    mark = marks()
    word = rf" ?['’]?(?:[^\W_]++|[{mark}]++)++"
    punctuation = rf" ?(?:[^\w\s{mark}]|_)++"
    # The last space before a word or punctuation belongs to it.
    blanks = r"\n|[^\S\n]+(?!\S)|[^\S\n]"
    return re.compile(rf"[^\W_]|[{mark}]"), re.compile(f"{word}|{punctuation}|{blanks}")


def _merged(text: str, characters: list[str], pieces: int) -> list[str]:
    """The pieces of several characters, in the order in which sentencepiece merges them."""
    try:
        import sentencepiece
    except ImportError as error:
        raise ShakelmError(
            f"This needs sentencepiece, which cannot be imported ({error}): `pip install '.[train]'`."
        ) from error

    codes = {ord(character): _PRIVATE_USE + index for index, character in enumerate(characters)}
    counts = Counter(pre_tokens(text))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(f"{part.translate(codes)}\t{count}" for part, count in counts.items()),
        input_format="tsv",
        model_writer=model,
        model_type="bpe",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        split_by_unicode_script=False,
        split_by_number=False,
        split_by_whitespace=False,
        unk_id=0,
        bos_id=-1,
        eos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    learned = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    coded = [learned.id_to_piece(index) for index in range(1, learned.get_piece_size())]
    return [
        "".join(characters[ord(code) - _PRIVATE_USE] for code in piece) for piece in coded if len(piece) > 1
    ]
