"""Scores of n-gram models: by the same rules as those of a network."""

import math

import numpy as np
import pytest

from shakelm.data.vocabulary_kinds import fit
from shakelm.errors import ShakelmError
from shakelm.evaluation.ngram_scoring import baselines, score
from shakelm.evaluation.ngrams import NgramModel, train
from shakelm.evaluation.scoring import ESCAPE_NATS

LEARNED = "the king and the queen and the fool\nwent to the wood\n" * 20 + "zounds\n"
TEXT = "the queen and the king went to the fool\n"


def trigrams(kind: str) -> NgramModel:
    vocabulary = fit(LEARNED, kind)
    *_, model = train(vocabulary.encode(LEARNED), len(vocabulary), 3)
    return model


def test_a_score_is_that_of_the_predictions() -> None:
    vocabulary = fit(LEARNED, "char")
    probabilities, likeliest = trigrams("char").predict(vocabulary.encode(TEXT))
    figures = score(trigrams("char"), vocabulary, TEXT)
    assert figures.tokens == figures.characters == len(TEXT) - 1
    assert figures.nats_per_token == figures.nats_per_char == pytest.approx(-np.log(probabilities).mean())
    assert figures.perplexity == pytest.approx(math.exp(figures.nats_per_token))
    assert figures.accuracy == pytest.approx((likeliest == vocabulary.encode(TEXT)[1:]).mean())
    assert figures.unknown == 0


def test_windows_start_from_an_empty_context() -> None:
    vocabulary, model = fit(LEARNED, "char"), trigrams("char")
    cut = score(model, vocabulary, TEXT, 10)
    pieces = [TEXT[start : start + 11] for start in range(0, len(TEXT) - 1, 10)]
    alone = [score(model, vocabulary, piece) for piece in pieces]
    assert cut.tokens == sum(each.tokens for each in alone) == len(TEXT) - 1
    assert cut.nats_per_token * cut.tokens == pytest.approx(
        sum(each.nats_per_token * each.tokens for each in alone)
    )
    assert cut != score(model, vocabulary, TEXT) == score(model, vocabulary, TEXT, 256)


def test_an_unknown_character_costs_an_escape() -> None:
    vocabulary, model = fit(LEARNED, "char"), trigrams("char")
    known = score(model, vocabulary, "the ")
    figures = score(model, vocabulary, "the ☃")
    assert figures.nats_per_token * 4 == pytest.approx(known.nats_per_token * 3 + ESCAPE_NATS)
    assert figures.unknown == 0.25


def test_an_unknown_word_is_a_token_like_another() -> None:
    vocabulary, model = fit(LEARNED, "word"), trigrams("word")
    figures = score(model, vocabulary, "wood\nzounds")
    probabilities, _ = model.predict(vocabulary.encode("wood\nzounds"))
    assert figures.unknown == 0.5
    assert figures.nats_per_char is None
    assert figures.nats_per_token == pytest.approx(-np.log(probabilities).mean())
    assert figures == score(model, vocabulary, "wood\nhearts")


@pytest.mark.parametrize("kind", ["word", "char"])
def test_baselines_are_the_scores_of_each_order(kind: str) -> None:
    vocabulary = fit(LEARNED, kind)
    found = list(baselines(vocabulary, LEARNED, TEXT, 4, 16))
    assert [each.order for each in found] == [1, 2, 3, 4]
    models = train(vocabulary.encode(LEARNED), len(vocabulary), 4)
    assert [each.figures for each in found] == [score(model, vocabulary, TEXT, 16) for model in models]
    seconds = [each.seconds for each in found]
    assert seconds == sorted(seconds)


def test_a_text_of_one_token_is_refused() -> None:
    with pytest.raises(ShakelmError, match="at least 2"):
        score(trigrams("char"), fit(LEARNED, "char"), "t")
