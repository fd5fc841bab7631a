"""Scores of a model on a text: nats per token and per character, perplexity, accuracy."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.errors import ShakelmError
from shakelm.networks.network import Floats, Network
from shakelm.store.card import Figures

FIGURES_WINDOW = 256
"""Tokens in the windows of the card's second held-out figure (nanoGPT's measure for characters)."""

UNICODE_SCALARS = 0x110000 - 0x800
"""Number of Unicode characters: code points without surrogates."""

ESCAPE_NATS = 2 * math.log(UNICODE_SCALARS)
"""The cost of a character that a lossless vocabulary does not know, 27.84 nats.

It is an escape with a probability of 1 in the number of Unicode characters, followed by one of these
characters, all equally likely. The cost of the escape to known characters (9e-7 nats each) is left out.
"""

_MAX_NATS = 700
"""A loss above this has no perplexity: `math.exp` overflows."""

_MAX_LOGITS = 8_000_000
"""Logits in memory at the same time."""

_BATCH_SIZE = 128
"""Sequences that are scored at the same time."""


def score(
    network: Network,
    vocabulary: Vocabulary,
    text: str,
    sequence_length: int | None = None,
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Figures:
    """Score a text.

    Every token but the first is predicted from the tokens before it. Without `sequence_length`, the state is
    carried through the whole text. With it, the text is cut into sequences of that many tokens, each of which
    starts from an empty state and predicts the token after each of its own. The last may be shorter.

    Args:
        network: the trained network.
        vocabulary: its vocabulary.
        text: at least two tokens.
        sequence_length: tokens in a sequence, at least 1, or None.
        on_progress: called with the finished share, 0 to 1.

    Raises:
        ShakelmError: the text has fewer than two tokens, or the loss is no number.
    """
    ids = scorable_ids(vocabulary, text)
    inputs, targets = ids[:-1], ids[1:]
    nats, correct, done = 0.0, 0, 0
    for batch_inputs, batch_targets in zip(
        _batches(inputs, sequence_length), _batches(targets, sequence_length), strict=True
    ):
        state = network.empty_state(len(batch_inputs))
        steps = max(1, _MAX_LOGITS // (len(batch_inputs) * len(vocabulary)))
        for start in range(0, batch_inputs.shape[1], steps):
            read, wanted = (part[:, start : start + steps] for part in (batch_inputs, batch_targets))
            logits, state = network.forward(read, state)
            nats += float(with_escapes(vocabulary, _losses(logits, wanted), wanted).sum())
            correct += int((logits.argmax(axis=-1) == wanted).sum())
            done += wanted.size
            on_progress(done / len(targets))
    if not nats / len(targets) <= _MAX_NATS:  # also where it is no number
        raise ShakelmError(
            "The loss is no longer a number, so nothing was learned: train with a lower learning rate.",
            key="training.error.diverged",
        )
    return figures(vocabulary, text, targets, nats, correct)


def scorable_ids(vocabulary: Vocabulary, text: str) -> NDArray[np.int32]:
    """Return the token ids of a text that can be scored, shape (tokens,).

    Raises:
        ShakelmError: the text has fewer than two tokens.
    """
    ids = vocabulary.encode(text)
    if len(ids) < 2:
        raise ShakelmError(
            f"A score needs at least 2 tokens, and this text has {len(ids)}: give a longer text."
        )
    return ids


def with_escapes(
    vocabulary: Vocabulary, losses: NDArray[np.float64], targets: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the losses in nats, with `ESCAPE_NATS` for the unknown tokens of a lossless vocabulary.

    Args:
        vocabulary: whose tokens were predicted.
        losses: in nats, of any shape.
        targets: the ids of the predicted tokens, of the same shape.
    """
    return np.where(targets == UNKNOWN, ESCAPE_NATS, losses) if vocabulary.lossless else losses


def figures(
    vocabulary: Vocabulary, text: str, targets: NDArray[np.int32], nats: float, correct: int
) -> Figures:
    """Return the scores of a text whose tokens were predicted.

    Args:
        vocabulary: whose tokens were predicted.
        text: the text.
        targets: the ids of its tokens but the first, shape (tokens - 1,).
        nats: the sum of their losses, at most 700 for each.
        correct: how many were the most likely token in their place.
    """
    characters = len(text) - len(vocabulary.pieces(text)[0])
    return Figures(
        tokens=len(targets),
        characters=characters,
        nats_per_token=nats / len(targets),
        perplexity=math.exp(nats / len(targets)),
        unknown=float((targets == UNKNOWN).mean()),
        nats_per_char=nats / characters if vocabulary.lossless else None,
        accuracy=correct / len(targets),
    )


def _batches(ids: NDArray[np.int32], sequence_length: int | None) -> list[NDArray[np.int32]]:
    """Cut token ids into batches (sequences, time), in the order of the text."""
    if sequence_length is None:
        return [ids[np.newaxis]]
    whole = len(ids) // sequence_length
    batches = [
        ids[start * sequence_length : min(start + _BATCH_SIZE, whole) * sequence_length].reshape(
            -1, sequence_length
        )
        for start in range(0, whole, _BATCH_SIZE)
    ]
    rest = ids[whole * sequence_length :]
    return [*batches, rest[np.newaxis]] if len(rest) else batches


def _losses(logits: Floats, targets: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the cost of each target in nats, shape (batch, time)."""
    highest = logits.max(axis=-1, keepdims=True)
    normalizer = np.log(np.exp(logits - highest).sum(axis=-1, dtype=np.float64)) + highest[..., 0]
    chosen = np.take_along_axis(logits, targets[..., np.newaxis].astype(np.int64), axis=-1)[..., 0]
    losses: NDArray[np.float64] = normalizer - chosen
    return losses
