"""The baselines in the package: whole, of the right texts, and those that `shakelm baseline` gives."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shakelm.data import corpus
from shakelm.data.named_corpora import NAMED
from shakelm.evaluation import named_baselines
from shakelm.evaluation.named_baselines import NamedBaseline
from shakelm.store.registry import PACKAGED, open_registry
from tests.support.text_trainings import at_hand

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "docs" / "baseline_figures.py"))
SHOWN = [one for rungs in named_baselines.rungs().values() for one in rungs]


def test_every_named_corpus_has_its_rungs_as_characters() -> None:
    assert {one.corpus for one in SHOWN if one.vocabulary == "char"} == NAMED.keys()
    for sha256, rungs in named_baselines.rungs().items():
        for best, unigram in zip(rungs[::2], rungs[1::2], strict=True):
            assert best.sha256 == unigram.sha256 == sha256
            assert best.command == unigram.command
            assert best.order > unigram.order == 1
            assert best.nats_per_token < unigram.nats_per_token


def test_their_texts_are_those_of_the_corpora() -> None:
    for one in SHOWN:
        known = NAMED[one.corpus]
        if len(known.files) == 1:
            assert one.sha256 == known.files[0].sha256
        if not known.held_out:
            assert one.characters == pytest.approx(known.characters / 10, abs=1)


def test_a_model_that_ships_has_rungs_that_compare_with_it() -> None:
    for version in open_registry(PACKAGED).versions():
        card, vocabulary = version.card(), version.vocabulary()
        comparable = [
            one
            for one in named_baselines.rungs()[card.corpus.sha256]
            if (one.nats_per_char is not None if vocabulary.lossless else one.vocabulary == vocabulary.kind)
        ]
        assert comparable
        for one in comparable:
            assert one.characters == pytest.approx(
                card.held_out.characters, abs=20
            )  # all but the first token
            if not vocabulary.lossless:
                assert (one.vocabulary_size, one.tokens) == (len(vocabulary), card.held_out.tokens)


def timeless(baseline: NamedBaseline) -> dict[str, Any]:
    """All but the seconds, as every machine gives it."""
    return {
        name: round(value, 9) if isinstance(value, float) else value
        for name, value in baseline.model_dump().items()
        if name != "seconds"
    }


def test_a_row_is_what_the_command_prints(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("First Citizen:\nSpeak, speak.\n\n" * 40)
    rows: Callable[[str], list[dict[str, Any]]] = SCRIPT["rows"]
    command = f"shakelm baseline --corpus {tmp_path / 'own.txt'} --vocabulary char --order 2"
    one, two = (NamedBaseline.model_validate(row) for row in rows(command))
    loaded = corpus.load(str(tmp_path / "own.txt"))
    assert (one.command, one.corpus, one.sha256) == (command, "own.txt", loaded.sha256)
    assert (one.order, two.order, two.vocabulary, two.vocabulary_size) == (
        1,
        2,
        "char",
        len(set("First Citizen:\nSpeak, speak.")) + 1,
    )
    assert two.nats_per_token < one.nats_per_token


@pytest.mark.parametrize("command", SCRIPT["COMMANDS"])
def test_the_file_is_what_its_commands_print(command: str) -> None:
    """Where the corpus is in the cache of this machine; the other tests need no text."""
    found = re.search(r"--corpus (\S+)", command)
    assert found is not None
    stored = [one for one in named_baselines.read() if one.command == command]
    assert [one.order for one in stored] == list(range(1, len(stored) + 1))
    if not at_hand(found[1]):
        return
    printed = [NamedBaseline.model_validate(row) for row in SCRIPT["rows"](command)]
    assert [*map(timeless, printed)] == [*map(timeless, stored)]
