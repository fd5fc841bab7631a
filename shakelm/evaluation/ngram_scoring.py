"""Scores of n-gram models on a text, by the same rules as those of a network."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shakelm.data.vocabulary import Vocabulary
from shakelm.evaluation import ngrams
from shakelm.evaluation.ngrams import NgramModel
from shakelm.evaluation.scoring import figures, scorable_ids, with_escapes
from shakelm.store.card import Figures


@dataclass(frozen=True)
class Baseline:
    """The figures of the n-gram model of an order.

    Attributes:
        order: the order, at least 1.
        figures: its scores.
        seconds: from the start until this order was trained and scored, with all lower orders before it.
    """

    order: int
    figures: Figures
    seconds: float


def baselines(
    vocabulary: Vocabulary, learned: str, text: str, order: int, sequence_length: int | None = None
) -> Iterator[Baseline]:
    """Train n-gram models of order 1, 2, and so on, and score each on a text.

    Args:
        vocabulary: learned from `learned`.
        learned: the text that the models learn from, at least one token.
        text: the text that they are scored on, at least two tokens.
        order: the highest order, at least 1.
        sequence_length: as in `score`.

    Raises:
        ShakelmError: the text has fewer than two tokens.
    """
    start = time.perf_counter()
    for model in ngrams.train(vocabulary.encode(learned), len(vocabulary), order):
        scores = score(model, vocabulary, text, sequence_length)
        yield Baseline(model.order, scores, time.perf_counter() - start)


def score(
    model: NgramModel, vocabulary: Vocabulary, text: str, sequence_length: int | None = None
) -> Figures:
    """Score a text as `scoring.score` does, with an n-gram model in place of a network.

    A sequence starts from an empty context. Its first tokens are predicted by the lower orders.

    Args:
        model: the trained model.
        vocabulary: its vocabulary.
        text: at least two tokens.
        sequence_length: tokens in a sequence, at least 1, or None.

    Raises:
        ShakelmError: the text has fewer than two tokens.
    """
    ids = scorable_ids(vocabulary, text)
    targets = ids[1:]
    probabilities, likeliest = model.predict(ids, sequence_length)
    nats = with_escapes(vocabulary, -np.log(probabilities), targets)
    return figures(vocabulary, text, targets, float(nats.sum()), int((likeliest == targets).sum()))
