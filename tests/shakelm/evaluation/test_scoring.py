"""Scores compared with their definition, and with networks whose scores are known."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN, Vocabulary
from shakelm.data.vocabulary_kinds import fit
from shakelm.errors import ShakelmError
from shakelm.evaluation.scoring import ESCAPE_NATS, score
from shakelm.networks import float_network
from shakelm.networks.network import Floats, State
from shakelm.networks.numpy_network import NumpyNetwork

TEXT = "the king and the queen and the fool\n" * 40


def network(vocabulary: Vocabulary, units: int = 12, unknown_bias: float = 0.0) -> NumpyNetwork:
    random = np.random.default_rng(5)
    towards_unknown = np.zeros(len(vocabulary), np.float32)
    towards_unknown[UNKNOWN] = unknown_bias

    def array(*shape: int) -> Floats:
        return random.normal(0, 0.5, shape).astype(np.float32)

    return float_network.make(
        {
            "embedding.embeddings": array(len(vocabulary), 8),
            "recurrent_0.kernel": array(8, 4 * units),
            "recurrent_0.recurrent_kernel": array(units, 4 * units),
            "recurrent_0.bias": array(4 * units),
            "output.kernel": array(units, len(vocabulary)),
            "output.bias": array(len(vocabulary)) + towards_unknown,
        },
        "lstm",
    )


def nats_one_by_one(
    net: NumpyNetwork, ids: NDArray[np.int32], starts_empty: Callable[[int], bool]
) -> list[float]:
    """Compute the loss of each token by its definition: a softmax after each single step."""
    nats: list[float] = []
    state: State = net.empty_state(1)
    for place, (token, following) in enumerate(itertools.pairwise(ids)):
        if starts_empty(place):
            state = net.empty_state(1)
        logits, state = net.forward(np.array([[token]], np.int32), state)
        scores = logits[0, 0].astype(float)
        nats.append(math.log(np.exp(scores).sum()) - scores[following])
    return nats


def test_a_score_with_a_carried_state_is_that_of_single_steps() -> None:
    vocabulary = fit(TEXT, "char")
    net = network(vocabulary)
    figures = score(net, vocabulary, TEXT)
    expected = nats_one_by_one(net, vocabulary.encode(TEXT), lambda _place: False)
    assert figures.tokens == figures.characters == len(TEXT) - 1
    assert figures.nats_per_token == pytest.approx(np.mean(expected), abs=1e-5)
    assert figures.nats_per_char == figures.nats_per_token
    assert figures.perplexity == pytest.approx(math.exp(figures.nats_per_token))
    assert figures.unknown == 0


@pytest.mark.parametrize("sequence_length", [1, 7, 256, 100_000])
def test_each_sequence_starts_from_an_empty_state(sequence_length: int) -> None:
    vocabulary = fit(TEXT, "char")
    net = network(vocabulary)
    figures = score(net, vocabulary, TEXT, sequence_length)
    expected = nats_one_by_one(net, vocabulary.encode(TEXT), lambda place: place % sequence_length == 0)
    assert figures.tokens == len(TEXT) - 1
    assert figures.nats_per_token == pytest.approx(np.mean(expected), abs=1e-5)


def test_an_unknown_character_costs_an_escape() -> None:
    vocabulary = fit(TEXT, "char")
    net = network(vocabulary)
    figures = score(net, vocabulary, "the ☃")
    known = nats_one_by_one(net, vocabulary.encode("the ☃"), lambda _place: False)[:-1]
    assert figures.nats_per_token * 4 == pytest.approx(sum(known) + ESCAPE_NATS, abs=1e-4)
    assert figures.unknown == 0.25
    assert pytest.approx(2 * math.log(1_112_064)) == ESCAPE_NATS


def test_a_score_of_subwords_is_told_per_character() -> None:
    vocabulary = fit(TEXT, "subword")
    net = network(vocabulary)
    text = "the king ☃"
    figures = score(net, vocabulary, text)
    pieces = vocabulary.pieces(text)
    known = nats_one_by_one(net, vocabulary.encode(text), lambda _place: False)[:-1]
    assert figures.characters == len(text) - len(pieces[0])
    assert figures.tokens == len(pieces) - 1 < figures.characters
    assert figures.nats_per_char is not None
    assert figures.nats_per_char * figures.characters == pytest.approx(sum(known) + ESCAPE_NATS, abs=1e-4)


def test_a_lossy_vocabulary_has_no_nats_per_character() -> None:
    vocabulary = fit(TEXT, "word")
    figures = score(network(vocabulary), vocabulary, "the king and zounds the queen")
    assert figures.nats_per_char is None
    assert figures.tokens == 5
    assert figures.unknown == 0.2


def test_accuracy_counts_the_most_likely_token() -> None:
    vocabulary = CharVocabulary(tokens=(UNKNOWN_TOKEN, "\n", "a"))
    weights = {
        "embedding.embeddings": np.zeros((3, 1), np.float32),
        "recurrent_0.kernel": np.zeros((1, 4), np.float32),
        "recurrent_0.recurrent_kernel": np.zeros((1, 4), np.float32),
        "recurrent_0.bias": np.zeros(4, np.float32),
        "output.kernel": np.zeros((1, 3), np.float32),
        "output.bias": np.array([0.0, 0.0, 1.0], np.float32),
    }
    assert score(float_network.make(weights, "lstm"), vocabulary, "aaa\naaaa").accuracy == pytest.approx(
        6 / 7
    )


def test_progress_rises_to_one() -> None:
    vocabulary = fit(TEXT, "char")
    shares: list[float] = []
    score(network(vocabulary), vocabulary, TEXT, 16, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_text_of_one_token_is_refused() -> None:
    vocabulary = fit(TEXT, "char")
    with pytest.raises(ShakelmError, match="at least 2"):
        score(network(vocabulary), vocabulary, "t")


@pytest.mark.parametrize("weight", [1e6, np.inf, np.nan])
def test_a_loss_that_is_no_number_is_told_in_a_sentence(weight: float) -> None:
    vocabulary = fit(TEXT, "char")
    diverged = network(vocabulary, unknown_bias=weight)
    with np.errstate(invalid="ignore"), pytest.raises(ShakelmError, match="no longer a number"):
        score(diverged, vocabulary, TEXT)
