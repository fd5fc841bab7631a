"""Plays in the form of the corpus `shakespeare`: `NAME:`, the lines of the speech, a blank line.

The source has a speaker, a tab and a line; the further lines of a speech begin with a tab. Stage directions
stand in brackets, headings of acts and scenes in lines of their own. A list of persons comes first.
"""

import re
from collections.abc import Iterator

_NUMBERED = re.compile(r"(?:ACT|SCENE)\s+[IVXL]+\b")
_UNNUMBERED = re.compile(r"(?:THE )?(PROLOGUE|EPILOGUE|INDUCTION)\.?")
_NOT_SPOKEN = re.compile(r"SPOKEN BY .*|DUMB SHOW\.|THE SONG\.")
"""Stage directions without brackets."""

_DIRECTION = re.compile(r" *\[[^\[\]]*?(?:\]|(?=\n[ \t]*\n)|\Z) *")
"""A stage direction. One whose bracket is never closed ends with its paragraph."""


def speeches(play: str) -> str:
    """Turn a play into speeches without stage directions, headings and the list of persons.

    Where two speakers share a speech, the first one has it, as in `shakespeare`. A prologue or epilogue
    without a speaker has its heading in place of the name.
    """
    names: list[str] = []
    said: list[list[str]] = []
    beginning = ""
    for name, tab, line in _rows(play):
        if name.startswith("OF ") and not tab and not beginning:  # the end of the name that came before
            names[-1] += f" {name}"
        elif name and not tab:  # the name goes on in the next line
            beginning += f"{name} "
        else:
            if name:
                names.append(" ".join((beginning + name).split()))
                said.append([])
                beginning = ""
            if line and said:
                said[-1].append(line)
    return "\n".join(
        f"{name}:\n" + "".join(f"{line}\n" for line in lines)
        for name, lines in zip(names, said, strict=True)
        if lines
    )


def _rows(play: str) -> Iterator[tuple[str, str, str]]:
    """Name, tab and words of each line, from the first act, prologue or induction on.

    A line of a speech has no name; a line with a part of a name has no tab.
    """
    title = _letters(play.strip().partition("\n")[0])
    started = in_heading = False
    for _ in range(2):  # a direction may hold another one
        play = _DIRECTION.sub(" ", play)
    for line in play.replace("]", "").splitlines():
        words = line.strip()
        heading = _UNNUMBERED.fullmatch(words)
        if not words:
            in_heading = False
        elif heading or _NUMBERED.match(line):
            started = in_heading = True
            if heading:
                yield heading[1], "\t", ""
        elif started and not in_heading and _letters(words) != title and not _NOT_SPOKEN.fullmatch(words):
            name, tab, spoken = line.partition("\t")
            if not tab:  # in one line of a play, a colon stands for the tab
                name, tab, spoken = line.partition(": ")
            has_name = any(letter.isalpha() for letter in name)
            yield name.strip(" :") if has_name else "", tab, re.sub("[|\t]", " ", spoken).strip()


def _letters(line: str) -> str:
    """A title's letters, because the apostrophes of its repetitions differ."""
    return "".join(letter for letter in line if letter.isalnum())
