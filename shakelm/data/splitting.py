"""The split of a text into a training, a validation and a held-out part."""

import math
from dataclasses import dataclass
from typing import Literal, assert_never

from shakelm.errors import ShakelmError

Split = Literal["contiguous", "blocks"]

TEST_FRACTION = 0.1
"""The fraction of a text that is held out, for the scores on a version's card."""

VALIDATION_FRACTION = 0.1
"""The fraction of the rest that validates, and so decides when a training stops."""

MIN_CHARACTERS = 100
"""In shorter texts the smaller parts would be too short to measure anything."""


@dataclass(frozen=True)
class Parts:
    """A text in three parts that do not overlap."""

    train: str
    validation: str
    held_out: str


def split(text: str, how: Split, held_out: int = 0) -> Parts:
    """Split a text into parts. The same text always gives the same parts.

    `contiguous` holds out the last tenth of the characters and validates with the last tenth of the rest.
    `blocks` draws speeches (paragraphs between blank lines) from the whole text instead: each speech stays
    in one piece, and each part keeps the order of the text.

    Args:
        text: the text.
        how: where the parts come from.
        held_out: the number of characters at the end that are held out, if the corpus says so; 0 for a
            tenth. What validates comes from the rest.

    Raises:
        ShakelmError: the text is too short, or has too few speeches.
    """
    if len(text) < MIN_CHARACTERS:
        raise ShakelmError(
            f"The text has only {len(text)} characters, too few to split into training, validation and "
            f"held-out parts: give one of at least {MIN_CHARACTERS}, better of many thousands.",
            key="refusal.corpus_too_short",
            characters=len(text),
            least=MIN_CHARACTERS,
        )
    match how:
        case "contiguous":
            cut = _cut_end
        case "blocks":
            cut = _draw_speeches
        case _:
            assert_never(how)
    rest, scored = (text[:-held_out], text[-held_out:]) if held_out else cut(text, TEST_FRACTION)
    train, validation = cut(rest, VALIDATION_FRACTION)
    return Parts(train, validation, scored)


def _cut_end(text: str, fraction: float) -> tuple[str, str]:
    """Cut where scikit-learn's `train_test_split` does, which the bot need not load."""
    length = len(text) - math.ceil(len(text) * fraction)
    return text[:length], text[length:]


def _draw_speeches(text: str, fraction: float) -> tuple[str, str]:
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit

    lines = text.splitlines(keepends=True)
    filled = np.array([bool(line.strip()) for line in lines])
    starts = filled & ~np.concatenate(([False], filled[:-1]))
    # Blank lines belong to the speech before them. Those at the start of the text belong to the first speech.
    speech_of = np.maximum(np.cumsum(starts), 1)
    if starts.sum() < 2:
        raise ShakelmError(
            "The text has too few speeches (paragraphs between blank lines) to split by blocks: "
            "give one with many, or split it with `--split contiguous`."
        )
    # The state is fixed: trainings with different random seeds must be scored on the same text.
    shuffle = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=0)
    rest, drawn = next(shuffle.split(lines, groups=speech_of))
    return "".join(lines[index] for index in rest), "".join(lines[index] for index in drawn)
