"""What comes next: order, probabilities and entropies, of models whose distribution is known."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import UNKNOWN_TOKEN
from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel, Length, write
from shakelm.decoding.prediction import MAX_TOP, TEMPERATURES, predict
from shakelm.decoding.sampling import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.networks.numpy_network import NumpyNetwork
from shakelm.store.registry import open_registry


def certain_of(probabilities: dict[str, float]) -> LanguageModel:
    """A model that gives tokens these probabilities whatever it has read, and likes the unknown one best."""
    vocabulary = CharVocabulary(tokens=(UNKNOWN_TOKEN, *probabilities))
    size = len(vocabulary)
    weights = {
        "embedding.embeddings": np.zeros((size, 1), np.float32),
        "recurrent_0.kernel": np.zeros((1, 1), np.float32),
        "recurrent_0.recurrent_kernel": np.zeros((1, 1), np.float32),
        "recurrent_0.bias": np.zeros(1, np.float32),
        "output.kernel": np.zeros((1, size), np.float32),
        "output.bias": np.log([10.0, *probabilities.values()]).astype(np.float32),
    }
    return LanguageModel("known@1", vocabulary, NumpyNetwork(weights, "simple-rnn"))


UNEVEN = certain_of({"a": 0.125, "b": 0.5, "\n": 0.25, "d": 0.125})


@pytest.fixture(params=["shakespeare-char", "shakespeare-word"])
def shipped(request: pytest.FixtureRequest, tmp_path: Path) -> LanguageModel:
    return generation.load(open_registry(tmp_path).find(request.param))


def test_a_known_distribution_is_told_as_it_is() -> None:
    prediction = predict(UNEVEN, "a", 3, [1.0])
    (told,) = prediction.distributions
    assert prediction.tokens == ("b", "\n", "a")
    assert told.probabilities == pytest.approx((0.5, 0.25, 0.125))
    assert told.rest == pytest.approx(0.125)
    assert told.entropy == pytest.approx(1.75)


def test_the_entropy_is_that_of_all_tokens_and_not_only_of_those_shown() -> None:
    even = certain_of(dict.fromkeys("abcdefgh", 1 / 8))
    for distribution in predict(even, "a", 1, [0.5, 1.0, 2.0]).distributions:
        assert distribution.entropy == pytest.approx(3.0)
        assert distribution.probabilities == pytest.approx((1 / 8,))


def test_a_temperature_raises_probabilities_to_its_inverse() -> None:
    (cold,) = predict(UNEVEN, "a", 4, [0.5]).distributions
    squares = np.array([0.5, 0.25, 0.125, 0.125]) ** 2
    assert cold.probabilities == pytest.approx(tuple(squares / squares.sum()))


def test_temperature_zero_is_certain() -> None:
    (frozen,) = predict(UNEVEN, "a", 2, [0.0]).distributions
    assert frozen.probabilities == (1.0, 0.0)
    assert frozen.rest == frozen.entropy == 0.0


def test_unknown_tokens_never_appear_and_a_small_vocabulary_gives_what_it_has() -> None:
    assert predict(UNEVEN, "a", MAX_TOP).tokens == ("b", "\n", "a", "d")


def test_nothing_is_followed_by_something_to_read() -> None:
    assert predict(UNEVEN, " \n", MAX_TOP).tokens == ("b", "a", "d")


def test_the_order_is_the_models_own_at_every_temperature(shipped: LanguageModel) -> None:
    prediction = predict(shipped, "to be or not to", 20)
    assert [distribution.temperature for distribution in prediction.distributions] == list(TEMPERATURES)
    for distribution in prediction.distributions:
        assert len(distribution.probabilities) == len(set(prediction.tokens)) == 20
        assert list(distribution.probabilities) == sorted(distribution.probabilities, reverse=True)
        assert sum(distribution.probabilities) + distribution.rest == pytest.approx(1.0)
    for colder, hotter in pairwise(prediction.distributions):
        assert colder.probabilities[0] > hotter.probabilities[0]
        assert colder.entropy < hotter.entropy


def test_all_tokens_together_are_certain(tmp_path: Path) -> None:
    model = generation.load(open_registry(tmp_path).find("shakespeare-char"))
    prediction = predict(model, "to be or not to", MAX_TOP)
    assert sorted(prediction.tokens) == sorted(model.vocabulary.tokens[1:])
    for distribution in prediction.distributions:
        assert sum(distribution.probabilities) == pytest.approx(1.0)
        assert distribution.rest == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("prompt", ["", "to be or not to", "’tis", "O\n", "I ☃"])
def test_a_prompt_is_read_as_a_verse_reads_it(shipped: LanguageModel, prompt: str) -> None:
    verse = write(shipped, prompt, SamplingSettings(0.0), Length(words=2), 1)
    prediction = predict(shipped, prompt, 1)
    assert prediction.prompt == verse.prompt
    assert prediction.unknown == verse.unknown
    token = shipped.vocabulary.encode(prediction.tokens[0])[0]
    assert verse.text.startswith(
        (verse.prompt + shipped.vocabulary.extend(verse.prompt[-1:], token)).rstrip()
    )


@pytest.mark.parametrize("top", [-1, 0, MAX_TOP + 1])
def test_more_or_fewer_tokens_than_can_be_shown_are_refused(top: int) -> None:
    with pytest.raises(ShakelmError, match=f"from 1 to {MAX_TOP}"):
        predict(UNEVEN, "a", top)


def test_temperatures_out_of_range_are_refused() -> None:
    with pytest.raises(ShakelmError, match="temperature"):
        predict(UNEVEN, "a", 1, [1.0, 2.5])
