"""Cutting a text into what a model learns from, what stops its training, and what scores it once."""

from dataclasses import dataclass
from typing import assert_never

from shakelm.configuration import Split
from shakelm.errors import ShakelmError

SHARE = 0.1
"""The share that is held out of the text, and then the share of the rest that validates."""

MIN_CHARACTERS = 100
"""Shorter texts leave too little in the smaller parts to mean anything."""


@dataclass(frozen=True)
class Parts:
    """A text in three parts that share no character: nothing of one is in another."""

    train: str
    validation: str
    held_out: str


def split(text: str, how: Split) -> Parts:
    """Cut a text into parts; the same text always gives the same parts.

    `contiguous` holds out the last tenth of the characters and validates with the last tenth of the
    rest. `blocks` does so with speeches (paragraphs between blank lines) drawn from all over the
    text: each stays whole, and each part keeps the order of the text.

    Raises:
        ShakelmError: the text is too short, or has too few speeches.
    """
    if len(text) < MIN_CHARACTERS:
        raise ShakelmError(
            f"The text has only {len(text)} characters, too few to split into training, validation and "
            f"held-out parts: give one of at least {MIN_CHARACTERS}, better of many thousands."
        )
    match how:
        case "contiguous":
            cut = _cut_end
        case "blocks":
            cut = _draw_speeches
        case _:
            assert_never(how)
    rest, held_out = cut(text)
    train, validation = cut(rest)
    return Parts(train, validation, held_out)


def _cut_end(text: str) -> tuple[str, str]:
    from sklearn.model_selection import train_test_split

    head, _ = train_test_split(range(len(text)), test_size=SHARE, shuffle=False)
    return text[: len(head)], text[len(head) :]


def _draw_speeches(text: str) -> tuple[str, str]:
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit

    lines = text.splitlines(keepends=True)
    filled = np.array([bool(line.strip()) for line in lines])
    starts = filled & ~np.concatenate(([False], filled[:-1]))
    # Blank lines belong to the speech before them, those at the very beginning to the first speech.
    speech_of = np.maximum(np.cumsum(starts), 1)
    if starts.sum() < 2:
        raise ShakelmError(
            "The text has too few speeches (paragraphs between blank lines) to split by blocks: "
            "give one with many, or split it with `--split contiguous`."
        )
    # A fixed state: trainings with different numbers must be scored on the same text.
    shuffle = GroupShuffleSplit(n_splits=1, test_size=SHARE, random_state=0)
    rest, drawn = next(shuffle.split(lines, groups=speech_of))
    return "".join(lines[index] for index in rest), "".join(lines[index] for index in drawn)
