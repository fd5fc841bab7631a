"""An unfinished verse, token by token."""

from bisect import bisect_left

import numpy as np

from shakelm.data.vocabulary import UNKNOWN
from shakelm.decoding import verse_endings
from shakelm.decoding.language_model import LanguageModel
from shakelm.networks.network import Floats


class Draft:
    """A text that begins with a prompt and grows to the wished number of lines or of words.

    With weights of a former release, it ends as in those: after its last line, whatever that is.
    """

    def __init__(
        self,
        model: LanguageModel,
        prompt: str,
        *,
        after: int,
        lines: int | None,
        words: int | None,
        max_tokens: int,
    ) -> None:
        """Begin a verse.

        Args:
            model: what writes it.
            prompt: in the form that the model knows.
            after: the number of characters, prompt included, that are known from before. The length is
                counted from there.
            lines: the wished number, or None.
            words: the number of words after the prompt, or None.
            max_tokens: the most tokens of the length.
        """
        self._model, self._prompt = model, prompt
        self._start = after + 1 if after > len(prompt) else len(prompt)
        self._lines, self._words, self._max_tokens = lines, words, max_tokens
        self._text = prompt
        self._line = prompt.rpartition("\n")[2]
        self._under_speaker = model.network.quantized and verse_endings.is_under_speaker(prompt)
        self._ended_lines = self._begun_words = self._open_lines = 0
        self._end: int | None = None
        self._token_ends: list[int] = []

    @property
    def text(self) -> str:
        """The prompt and the verse, once it has ended."""
        return self._text[: self._end].rstrip()

    @property
    def tokens(self) -> int:
        """The number of tokens of the verse, without the prompt and what is known from before."""
        return min(bisect_left(self._token_ends, len(self.text)) + 1, len(self._token_ends))

    def exclude(self, logits: Floats) -> None:
        """Exclude what a whole verse does not have (`verse_endings`). Changes logits (vocabulary,)."""
        if self._under_speaker:
            self._exclude_silence(logits)
        if self._open_lines >= verse_endings.PATIENCE and not verse_endings.has_end(self._line):
            self._exclude_pauses(logits)

    def _exclude_pauses(self, logits: Floats) -> None:
        """Where a long sentence may end, exclude the marks that would go on with it."""
        ends = self._model.sentence_ends
        if logits[ends].max() > logits[UNKNOWN + 1 :].max() - verse_endings.LIKELY:
            logits[self._model.pauses] = -np.inf

    def _exclude_silence(self, logits: Floats) -> None:
        """Exclude the tokens by which a speaker would say nothing."""
        tokens = self._model.vocabulary.tokens
        silent = [
            token for token in self._model.line_ends if verse_endings.says_nothing(self._line + tokens[token])
        ]
        if silent and np.isfinite(np.delete(logits, [UNKNOWN, *silent])).any():
            logits[silent] = -np.inf

    def add(self, token: int) -> bool:
        """Append a token, unless the verse has its words without it.

        Returns:
            Whether the verse can go on.
        """
        piece = self._model.vocabulary.extend(self._text, token)
        if self._begun_words == self._words and piece[0].isspace():
            return False
        # The first token after what is known ends its line, or is part of what is new.
        new = len(self._text) == self._start - 1 and not piece.isspace()
        counted = new or len(self._text) >= self._start
        if counted and not piece.isspace():
            first = not self._token_ends or not self._text
            self._begun_words += first or self._text[-1].isspace() or piece[0].isspace()
        self._text += piece
        if "\n" in piece:
            *ended, self._line = (self._line + piece).split("\n")
            self._ended_lines += counted and any(map(str.strip, ended))
            if self._model.network.quantized:
                self._under_speaker = verse_endings.is_under_speaker(self._text)
                self._count_open(ended)
        else:
            self._line += piece
        if not counted:
            return True
        self._token_ends.append(len(self._text))
        over = len(self._token_ends) == self._max_tokens
        if self._lines is not None and (over or ("\n" in piece and self._ended_lines >= self._lines)):
            self._end = self._verse_end(self._lines, over)
            return self._end is None
        return not over

    def _count_open(self, ended: list[str]) -> None:
        """Count the lines since the last one in which a sentence ended."""
        for line in ended:
            if verse_endings.has_end(line) or not self._model.sentence_ends:
                self._open_lines = 0
            elif line.strip() and not self._under_speaker:
                self._open_lines += 1

    def _verse_end(self, lines: int, over: bool) -> int | None:
        if not self._model.network.quantized:
            return len(self._text)
        return verse_endings.verse_end(
            self._text, self._start, lines, sentences=bool(self._model.sentence_ends), over=over
        )
