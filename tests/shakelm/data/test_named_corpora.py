"""The definitions of the named corpora, and their texts where these are at hand."""

import re

import pytest

from shakelm.data import corpus, named_corpora
from shakelm.data.named_corpora import NAMED
from shakelm.data.splitting import split
from shakelm.data.vocabulary_kinds import KINDS, fit
from tests.support.text_trainings import at_hand


@pytest.mark.parametrize("name", NAMED)
def test_every_file_has_a_pinned_address_and_a_checksum(name: str) -> None:
    known = NAMED[name]
    files = (*known.files, *known.held_out)
    assert len({file.name for file in files}) == len(files) > 0
    for file in files:
        assert re.fullmatch(r"[a-z0-9]+\.txt", file.name)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    for address in known.addresses:
        assert address.startswith("https://")
        assert "github" not in address or re.search(r"/[0-9a-f]{40}/", address)
        assert "{file}" in address or len(files) == 1


def test_a_corpus_has_a_language_and_another_text_of_its_name_has_none() -> None:
    spoken = {name: named_corpora.language(name, corpus.characters) for name, corpus in NAMED.items()}
    assert spoken == {"shakespeare": "English", "shakespeare-plays": "English", "quijote": "Spanish"}
    assert named_corpora.language("quijote", NAMED["quijote"].characters - 1) is None
    assert named_corpora.language("quijote.txt", NAMED["quijote"].characters) is None


def test_the_plays_hold_out_two_whole_plays() -> None:
    plays = NAMED["shakespeare-plays"]
    assert len(plays.files) + len(plays.held_out) == 37
    assert [file.name for file in plays.held_out] == ["tempest.txt", "tamingoftheshrew.txt"]
    assert not set(plays.files) & set(plays.held_out)


@pytest.mark.parametrize("name", NAMED)
def test_the_sizes_are_those_of_the_text(name: str) -> None:
    """Where the corpus is in the cache of this machine; the other tests need no text."""
    if not at_hand(name):
        return
    loaded = corpus.load(name)
    assert len(loaded.text) == NAMED[name].characters
    learned = split(loaded.text, "contiguous", loaded.held_out).train
    for kind in KINDS:
        vocabulary, known = fit(learned, kind), KINDS[kind].corpus_sizes[name]
        assert (len(vocabulary.pieces(learned)), len(vocabulary)) == (known.tokens, known.vocabulary)


def test_the_held_out_part_of_the_plays_is_these_plays() -> None:
    if not at_hand("shakespeare-plays"):
        return
    plays = corpus.load("shakespeare-plays")
    held_out = split(plays.text, "contiguous", plays.held_out).held_out
    assert held_out.startswith("Master:\nBoatswain!\n")
    assert held_out.count("\nPROSPERO:\n") > 100
    assert held_out.count("\nPETRUCHIO:\n") > 100
    assert "PETRUCHIO:" not in plays.text[: -plays.held_out]
    assert not re.search(r"[\[\]|\t]|^ACT |^SCENE |^DRAMATIS", plays.text, re.MULTILINE)
    assert re.fullmatch(r"(?:[^\n:]+:\n(?:[^\n]+\n)+\n)+", plays.text + "\n")
