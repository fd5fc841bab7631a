"""Texts for people to judge blind: verses of the shipped model, of a transformer, and Shakespeare's own.

Run it with `.venv/bin/python benchmarks/blind_comparison.py` in an environment with PyTorch: it writes 150
numbered texts to `docs/blind_comparison.md`, and who wrote each to `docs/blind_comparison_key.json`. None is
selected. All go on after a line end and are cut by the rule for the end of a verse:

- verses of the live version that ships, numbers 0 to 49, eight lines, temperature 0.8, without a seed;
- pieces of the held-out text that begin within speeches, at lines spread over it;
- samples at temperature 0.8 of the transformer of `small_transformer.py`, trained on the same text.

With `--score ANSWERS`, it counts a judge's answers against the key, and needs no PyTorch. Of each source, it
shows the share of right answers, with its Wilson 95% interval.
"""

import argparse
import importlib.util
import json
import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.verse_quality import LINES, cut, excerpts, verses
from shakelm import defaults
from shakelm.data import corpus
from shakelm.data.vocabulary import UNKNOWN
from shakelm.data.vocabulary_kinds import fit
from shakelm.decoding import verse_endings
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.store.registry import PACKAGED, open_registry
from shakelm.text_preparation import prepare

ROOT = Path(__file__).parents[1]
TEXTS = ROOT / "docs/blind_comparison.md"
KEY = ROOT / "docs/blind_comparison_key.json"

OF_EACH = 50
SEED = 12
HUMAN = "held-out text"
TRANSFORMER = "transformer"
WITHIN_SPEECH = re.compile(r"(?<=[^\n])\n(?=[^\n])")
"""Verses without a seed hardly ever begin with a speaker's name, so no text should because it is human."""

MAX_CHARACTERS = 4_000
"""In which a sample that never ends a line is cut."""

HEADER = """# A blind comparison

Who wrote each of these {count} texts? {of_each} are by Shakespeare, and {machines} are by two language models. All begin at a line and end after about eight lines, and none was selected.

1. Read a text, and decide whether a human or a machine wrote it. Do not look anything up.
2. Write its number and `H` for human or `M` for machine into a text file, one text a line: `17 H`. You may leave texts out.
3. Count your answers: `.venv/bin/python benchmarks/blind_comparison.py --score ANSWERS`, where ANSWERS is your file.

The key is in another file of this folder. Do not open it before you are done.
"""  # noqa: E501 (a paragraph of the page is a line)


def main() -> None:
    """Write the texts and the key, or count a judge's answers."""
    parser = argparse.ArgumentParser(description="Texts for people to judge blind, and their answers.")
    parser.add_argument("--score", type=Path, metavar="ANSWERS", help="a file of answers to count")
    answers: Path | None = parser.parse_args().score
    try:
        write() if answers is None else score(answers)
    except ShakelmError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be opened: {error.strerror}.")
    except UnicodeDecodeError:
        sys.exit(f"{answers} is no text in UTF-8: save the answers as plain text.")


def write() -> None:
    """Collect the texts, and write them and their key.

    Raises:
        ShakelmError: PyTorch is not installed, or the corpus cannot be loaded.
    """
    if importlib.util.find_spec("torch") is None:
        raise ShakelmError("The transformer needs PyTorch, and it is not installed: `pip install torch`.")
    version = open_registry(PACKAGED).live()
    text = corpus.load([version.card().corpus.name])
    prepared = prepare(text.text, version.configuration(), text.held_out)
    page, key = shuffled(
        {
            HUMAN: excerpts(prepared.parts.held_out, OF_EACH, WITHIN_SPEECH),
            version.reference: verses(version, OF_EACH, SamplingSettings()),
            TRANSFORMER: _samples(prepared.learned),
        }
    )
    TEXTS.write_text(page, encoding="utf-8")
    KEY.write_text(json.dumps(key, indent=0) + "\n", encoding="utf-8")
    Console().print(f"{TEXTS}\n{KEY}")


def shuffled(sources: Mapping[str, list[str]]) -> tuple[str, dict[str, str]]:
    """Shuffle the texts of all sources. The same texts always have the same order.

    Returns:
        The page with the numbered texts, and the source of each number.
    """
    texts = [(source, text) for source, of_source in sources.items() for text in of_source]
    random.Random(SEED).shuffle(texts)  # noqa: S311 (an order that can be repeated)
    machines = sum(source != HUMAN for source, _ in texts)
    header = HEADER.format(count=len(texts), of_each=len(texts) - machines, machines=machines)
    parts = [f"## {number}\n\n```text\n{text}\n```\n" for number, (_, text) in enumerate(texts, 1)]
    return "\n".join([header, *parts]), {str(number): source for number, (source, _) in enumerate(texts, 1)}


def _samples(learned: str) -> list[str]:
    """Train the transformer, and let it write."""
    import torch

    from benchmarks import small_transformer

    vocabulary = fit(learned, "char")
    weights = small_transformer.train(torch.tensor(vocabulary.encode(learned)).long(), len(vocabulary))

    def decoded(ids: list[int]) -> str:
        return "".join(vocabulary.tokens[token] for token in ids)

    def ended(ids: list[int]) -> bool:
        text = decoded(ids)
        return len(text) >= MAX_CHARACTERS or (
            text.endswith("\n")
            and verse_endings.verse_end(text, 0, LINES, sentences=True, over=False) is not None
        )

    # As for a verse without a seed: after a line end, with a visible character.
    prompt = vocabulary.encode("\n").tolist()
    visible = [number != UNKNOWN and not token.isspace() for number, token in enumerate(vocabulary.tokens)]
    samples = small_transformer.sample(
        weights, prompt, torch.tensor(visible), defaults.TEMPERATURE, ended, OF_EACH, SEED
    )
    return [cut(decoded(ids)) for ids in samples]


def score(answers: Path) -> None:
    """Print the share of right answers for each source.

    Raises:
        ShakelmError: an answer cannot be read, or there is none.
    """
    key: dict[str, str] = json.loads(KEY.read_text(encoding="utf-8"))
    given = read_answers(answers.read_text(encoding="utf-8-sig"), key)
    table = Table("source", "answers", "right", "share", "95% interval")
    for source in sorted(set(key.values())):
        right = [
            answer == ("H" if source == HUMAN else "M")
            for number, answer in given.items()
            if key[number] == source
        ]
        if right:
            interval = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
            table.add_row(
                source,
                str(len(right)),
                str(sum(right)),
                f"{sum(right) / len(right):.0%}",
                f"{interval.low:.0%} to {interval.high:.0%}",
            )
    Console().print(f"{len(given)} of {len(key)} texts judged", table)


def read_answers(text: str, key: Mapping[str, str]) -> dict[str, str]:
    """Read a judge's answers: a number and `H` or `M` in each line that is not blank.

    Raises:
        ShakelmError: a line has another form, a number that no text has, or one that stood before; or there
            is no answer.
    """
    given: dict[str, str] = {}
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = re.fullmatch(r"\s*0*(\d+)[\s.:,)]*([HM])\s*", line.upper())
        if not found:
            raise ShakelmError(f"Line {place} is no answer: write a number and H or M, as in `17 H`.")
        number, answer = found.groups()
        if number not in key:
            raise ShakelmError(f"Line {place} judges text {number}: there are texts 1 to {len(key)}.")
        if number in given:
            raise ShakelmError(f"Line {place} judges text {number} again: leave one of the two answers.")
        given[number] = answer
    if not given:
        raise ShakelmError("There is no answer: write a number and H or M in each line, as in `17 H`.")
    return given


if __name__ == "__main__":
    main()
