"""How verses end, and what they are made of: 1,000 of a model beside held-out text cut by the same rule.

Run it with `.venv/bin/python benchmarks/verse_quality.py [MODEL…]`, by default with the live version. The
held-out text is that of the first model's corpus. Verses have the numbers 0 to 999, eight lines, and no seed.
Each model writes them twice: from all tokens at temperature 0.8, and in the default style. Versions of former
releases end their verses after the last line.
"""

import os
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence

# As in the workers. NumPy reads this variable at its first import.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from shakelm.cli.console import open_store
from shakelm.data import corpus
from shakelm.decoding import language_model, verse_endings
from shakelm.decoding.generation import Length, VerseSettings, generate_batch
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.styles import DEFAULT_STYLE, STYLES
from shakelm.store.version import Version
from shakelm.text_preparation import prepare

SAMPLINGS = {"all tokens": SamplingSettings(), f"style {DEFAULT_STYLE}": STYLES[DEFAULT_STYLE]}
"""How freely each model writes, by what the column says of it."""

VERSES = 1000
BATCH = 32
LINES = 8
REPEATED_WORDS = 4
COPIES = range(10, 200, 5)
"""Lengths of copies that are looked for, in characters."""

LINE_START = re.compile(r"\n(?=[^\n])")
"""What stands before a line that is not blank."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def main(models: Sequence[str]) -> None:
    """Measure the verses of each model and the held-out text, and print them side by side."""
    versions = [open_store().find(model) for model in models or (None,)]
    text = corpus.load([versions[0].card().corpus.name])
    prepared = prepare(text.text, versions[0].configuration(), text.held_out)
    columns = {"held-out text": excerpts(prepared.parts.held_out, VERSES)}
    for version in versions:
        for name, sampling in SAMPLINGS.items():
            columns[f"{version.reference}, {name}"] = verses(version, VERSES, sampling)
    table = Table(f"{VERSES:,} verses of {LINES} lines", *columns)
    measured = {name: _measures(verses, text.text, prepared.learned) for name, verses in columns.items()}
    for row in next(iter(measured.values())):
        table.add_row(row, *(found[row] for found in measured.values()))
    Console(width=120).print(table)


def verses(version: Version, count: int, sampling: SamplingSettings) -> list[str]:
    """The verses of a version with the numbers from 0."""
    model = language_model.load(version)
    settings = [VerseSettings("", sampling, Length(lines=LINES), number) for number in range(count)]
    batches = (settings[start : start + BATCH] for start in range(0, count, BATCH))
    return [verse.text for batch in batches for verse in generate_batch(model, batch)]


def excerpts(held_out: str, count: int, start: re.Pattern[str] = LINE_START) -> list[str]:
    """Pieces of a text that begin after places of `start` spread over it, and end as verses do."""
    starts = [found.end() for found in start.finditer(held_out)]
    chosen = [starts[place * (len(starts) - 4 * LINES) // count] for place in range(count)]
    return [cut(held_out[start : start + 4000]) for start in chosen]


def cut(text: str) -> str:
    """The beginning of a text, which ends as verses do."""
    return text[: verse_endings.verse_end(text, 0, LINES, sentences=True, over=False)].rstrip()


def _measures(verses: list[str], text: str, learned: str) -> dict[str, str]:
    known = set(map(str.lower, _WORD.findall(text)))
    words = [list(map(str.lower, _WORD.findall(verse))) for verse in verses]
    lines = [[line for line in verse.split("\n") if line.strip()] for verse in verses]
    silent, speakers = _speakers(verses)
    lengths = [len(line) for verse in lines for line in verse]
    copies = _longest_copies(verses, learned)

    def share(true: Callable[[str], bool]) -> str:
        return f"{sum(map(true, verses)) / len(verses):.1%}"

    all_words = [word for verse in words for word in verse]
    return {
        "end on a speaker's name": share(lambda verse: _ends_on_speaker(verse)),
        "end with a sentence": share(verse_endings.ends_sentence),
        "lines: 7, 8, 9": ", ".join(
            f"{sum(len(verse) == count for verse in lines) / len(lines):.0%}" for count in (7, 8, 9)
        ),
        "words that exist": f"{sum(word in known for word in all_words) / len(all_words):.2%}",
        "speakers without a line": f"{silent} of {speakers:,}",
        "characters in a line: median, 95%": (
            f"{statistics.median(lengths):.0f}, {np.quantile(lengths, 0.95):.0f}"
        ),
        "distinct first lines": f"{len({verse[0] for verse in lines}) / len(lines):.1%}",
        "longest copy: median, largest": f"{statistics.median(copies):.0f}, {max(copies)} characters",
        f"repeated {REPEATED_WORDS}-grams of words": f"{_repeated(words):.2%}",
    }


def _ends_on_speaker(verse: str) -> bool:
    *_, before, last = ("", *verse.split("\n"))
    return verse_endings.is_speaker(last, before)


def _speakers(verses: list[str]) -> tuple[int, int]:
    """The numbers of speakers who say nothing, and of all. The last line of a verse is not counted."""
    silent = speakers = 0
    for verse in verses:
        lines = ["", *verse.split("\n")]
        for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
            if verse_endings.is_speaker(line, before):
                speakers += 1
                silent += not after.strip() or verse_endings.is_speaker(after, line)
    return silent, speakers


def _repeated(words: list[list[str]]) -> float:
    """The share of sequences of words that stood in the same verse before."""
    total = repeated = 0
    for verse in words:
        grams = Counter(zip(*(verse[start:] for start in range(REPEATED_WORDS)), strict=False))
        total += grams.total()
        repeated += grams.total() - len(grams)
    return repeated / total


def _longest_copies(verses: list[str], learned: str) -> list[int]:
    """For each verse, the longest of `COPIES` for which a piece of it stands in the text that was learned."""
    longest = [0] * len(verses)
    for length in COPIES:
        there = np.unique(_hashes(learned, length))
        for number, verse in enumerate(verses):
            pieces = _hashes(verse, length)
            places = np.minimum(np.searchsorted(there, pieces), len(there) - 1)
            if (there[places] == pieces).any():
                longest[number] = length
        if length not in longest:
            break
    return longest


def _hashes(text: str, length: int) -> NDArray[np.uint64]:
    """A number for each piece of a text of that length: equal pieces have equal numbers."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    factor = np.uint64(0x9E3779B97F4A7C15)
    powers = np.full(length, factor).cumprod()
    # A convolution modulo 2**64, by adding shifted products: exact, and in the memory of a few arrays.
    hashes = np.zeros(max(len(codes) - length + 1, 0), np.uint64)
    for place, power in enumerate(powers):
        hashes += codes[place : place + len(hashes)] * power
    return hashes


if __name__ == "__main__":
    main(sys.argv[1:])
