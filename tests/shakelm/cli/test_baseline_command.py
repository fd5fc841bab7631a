"""`shakelm baseline` as a user runs it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shakelm.data import corpus
from shakelm.evaluation.ngram_scoring import baselines
from shakelm.text_preparation import prepare
from shakelm.training_options import plan
from tests.support.text_trainings import at_hand

Baseline = Callable[..., subprocess.CompletedProcess[str]]

SPEECH = "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"
FIGURES = {"tokens", "characters", "nats_per_token", "perplexity", "unknown", "nats_per_char", "accuracy"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "corpus.txt").write_text(SPEECH * 30)
    (tmp_path / "more.txt").write_text("What, ho! Speak.\n" * 60)
    return tmp_path


@pytest.fixture
def baseline(place: Path) -> Baseline:
    return lambda *arguments: subprocess.run(
        [sys.executable, "-m", "shakelm.cli", "baseline", *arguments],
        cwd=place,
        env=os.environ | {"SHAKELM_CORPUS": "corpus.txt", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def on_one_line(output: str) -> str:
    """An output whose lines may be wrapped anywhere."""
    return " ".join(output.split())


OF_ALL_ORDERS = {"corpus", "sha256", "vocabulary", "vocabulary_size"}


def figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The order of each row, and its figures."""
    return [{name: value for name, value in row.items() if name in {"order", *FIGURES}} for row in rows]


@pytest.mark.parametrize(("kind", "orders"), [("word", 5), ("char", 6)])
def test_each_order_is_a_row(baseline: Baseline, kind: str, orders: int) -> None:
    result = baseline("--vocabulary", kind)
    assert result.returncode == 0, result.stderr
    assert "from corpus.txt" in result.stdout
    assert "on its held-out part" in on_one_line(result.stdout)
    number = r"\d+\.\d+"
    per_character = number if kind == "char" else "-"
    row = rf"^ +(\d+) +{number} +{per_character} +{number} +{number}% +{number} *$"
    assert re.findall(row, result.stdout, re.MULTILINE) == [str(order) for order in range(1, orders + 1)]


@pytest.mark.parametrize(
    ("options", "window", "validation"),
    [([], None, False), (["--window", "16"], 16, False), (["--validation"], None, True)],
)
def test_models_learn_what_a_training_learns_and_are_scored_as_it_is(
    baseline: Baseline, place: Path, options: list[str], window: int | None, validation: bool
) -> None:
    rows = json.loads(baseline("--vocabulary", "char", "--order", "3", "--json", *options).stdout)
    configuration = plan(vocabulary="char", validation=validation)
    learned_from = corpus.load(str(place / "corpus.txt"))
    text = prepare(learned_from.text, configuration)
    expected = baselines(text.vocabulary, text.learned, text.parts.held_out, 3, window)
    assert figures(rows) == [{"order": each.order, **each.figures.model_dump()} for each in expected]
    assert {"order", "seconds", *FIGURES, *OF_ALL_ORDERS} == rows[0].keys()
    assert all((row["corpus"], row["sha256"]) == ("corpus.txt", learned_from.sha256) for row in rows)
    assert all((row["vocabulary"], row["vocabulary_size"]) == ("char", len(text.vocabulary)) for row in rows)
    assert rows[0]["nats_per_token"] > rows[2]["nats_per_token"]


def test_another_text_is_scored(baseline: Baseline, place: Path) -> None:
    (place / "other.txt").write_bytes(b"Hear me speak!\r\n")
    result = baseline("--vocabulary", "char", "--order", "1", "--text", "other.txt", "--json")
    assert result.stderr == "other.txt: replaced line ends\n"
    (row,) = json.loads(result.stdout)
    assert row["tokens"] == len("Hear me speak!")
    assert row["unknown"] == pytest.approx(1 / 14)
    table = baseline("--vocabulary", "char", "--order", "1", "--text", "other.txt").stdout
    assert "on other.txt (14 tokens, 7.14% unknown)" in on_one_line(table)


def test_several_files_make_one_corpus(baseline: Baseline) -> None:
    result = baseline("--corpus", "corpus.txt", "--corpus", "more.txt", "--order", "2")
    assert result.returncode == 0, result.stderr
    assert "from corpus.txt+more.txt" in result.stdout


@pytest.mark.skipif(
    not at_hand("shakespeare"), reason="tests download no corpus; checked where one is in the cache"
)
@pytest.mark.parametrize(
    ("options", "nats"),
    [
        ("--vocabulary char", [3.3473, 2.4835, 2.0381, 1.7190, 1.5611, 1.5226]),
        ("--vocabulary char --window 256", [3.3473, 2.4835, 2.0420, 1.7275, 1.5725, 1.5353]),
        ("--vocabulary word", [5.6207, 5.0845, 5.0409, 5.0118, 5.0100]),
        ("--vocabulary word --validation", [5.4045, 4.9509, 5.0429, 4.9913, 4.9872]),
    ],
)
def test_figures_of_the_corpus_are_those_of_the_page(
    baseline: Baseline, options: str, nats: list[float]
) -> None:
    rows = json.loads(baseline("--corpus", "shakespeare", "--json", *options.split()).stdout)
    assert [row["nats_per_token"] for row in rows] == pytest.approx(nats, abs=5e-5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--order 0", "order of 0 is out of range: give one from 1 to 10"),
        ("--order 11", "order of 11 is out of range: give one from 1 to 10"),
        ("--window 0", "window of 0"),
        ("--corpus missing.txt", "no file 'missing.txt'"),
        ("--text missing.txt", "no file 'missing.txt'"),
        ("--text letter.txt --vocabulary char", "at least 2 tokens"),
        ("--corpus letter.txt", "too few to split"),
        ("--corpus dna.txt", "learn it as characters (--vocabulary char)"),
    ],
)
def test_bad_input_gets_one_sentence(baseline: Baseline, place: Path, arguments: str, sentence: str) -> None:
    (place / "letter.txt").write_text("a")
    (place / "dna.txt").write_text("GATTACA" * 900)
    result = baseline(*arguments.split())
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("shakelm: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
