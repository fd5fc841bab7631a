"""Predictions of models with known distributions: order, probabilities, and entropies."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from shakelm.data.char_vocabulary import CharVocabulary
from shakelm.data.vocabulary import UNKNOWN_TOKEN
from shakelm.decoding import language_model
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.prediction import MAX_TOP, TEMPERATURES, predict
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.networks import float_network
from shakelm.store.registry import open_registry


def model_with(probabilities: dict[str, float]) -> LanguageModel:
    """Make a model that gives these probabilities after any text, and the highest to the unknown token."""
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
    return LanguageModel("known@1", vocabulary, float_network.make(weights, "simple-rnn"))


UNEVEN = model_with({"a": 0.125, "b": 0.5, "\n": 0.25, "d": 0.125})


@pytest.fixture(params=["shakespeare-char", "shakespeare-word"])
def shipped(request: pytest.FixtureRequest, tmp_path: Path) -> LanguageModel:
    return language_model.load(open_registry(tmp_path).find(request.param))


def test_a_prediction_has_the_probabilities_of_the_model() -> None:
    prediction = predict(UNEVEN, "a", 3, [1.0])
    (distribution,) = prediction.distributions
    assert prediction.tokens == ("b", "\n", "a")
    assert distribution.probabilities == pytest.approx((0.5, 0.25, 0.125))
    assert distribution.rest == pytest.approx(0.125)
    assert distribution.entropy == pytest.approx(1.75)


def test_the_entropy_is_that_of_the_distribution_over_all_tokens() -> None:
    even = model_with(dict.fromkeys("abcdefgh", 1 / 8))
    for distribution in predict(even, "a", 1, [0.5, 1.0, 2.0]).distributions:
        assert distribution.entropy == pytest.approx(3.0)
        assert distribution.probabilities == pytest.approx((1 / 8,))


def test_probabilities_are_raised_to_the_inverse_of_the_temperature() -> None:
    (cold,) = predict(UNEVEN, "a", 4, [0.5]).distributions
    squares = np.array([0.5, 0.25, 0.125, 0.125]) ** 2
    assert cold.probabilities == pytest.approx(tuple(squares / squares.sum()))


def test_temperature_zero_is_certain() -> None:
    (frozen,) = predict(UNEVEN, "a", 2, [0.0]).distributions
    assert frozen.probabilities == (1.0, 0.0)
    assert frozen.rest == frozen.entropy == 0.0


def test_a_small_vocabulary_gives_all_its_tokens_but_the_unknown_one() -> None:
    assert predict(UNEVEN, "a", MAX_TOP).tokens == ("b", "\n", "a", "d")


def test_after_a_blank_prompt_every_token_is_visible() -> None:
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


def test_the_probabilities_of_all_tokens_sum_to_one(tmp_path: Path) -> None:
    model = language_model.load(open_registry(tmp_path).find("shakespeare-char"))
    prediction = predict(model, "to be or not to", MAX_TOP)
    assert sorted(prediction.tokens) == sorted(model.vocabulary.tokens[1:])
    for distribution in prediction.distributions:
        assert sum(distribution.probabilities) == pytest.approx(1.0)
        assert distribution.rest == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("prompt", ["", "to be or not to", "’tis", "O\n", "I ☃"])
def test_a_prompt_is_read_as_for_a_verse(shipped: LanguageModel, prompt: str) -> None:
    verse = generate(shipped, prompt, SamplingSettings(0.0), Length(words=2), 1)
    prediction = predict(shipped, prompt, 1)
    assert prediction.prompt == verse.prompt
    assert prediction.unknown == verse.unknown
    token = shipped.vocabulary.encode(prediction.tokens[0])[0]
    assert verse.text.startswith(
        (verse.prompt + shipped.vocabulary.extend(verse.prompt[-1:], token)).rstrip()
    )


@pytest.mark.parametrize("top", [-1, 0, MAX_TOP + 1])
def test_numbers_of_tokens_out_of_range_are_refused(top: int) -> None:
    with pytest.raises(ShakelmError, match=f"from 1 to {MAX_TOP}"):
        predict(UNEVEN, "a", top)


def test_temperatures_out_of_range_are_refused() -> None:
    with pytest.raises(ShakelmError, match="temperature"):
        predict(UNEVEN, "a", 1, [1.0, 2.5])
