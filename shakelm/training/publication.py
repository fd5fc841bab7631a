"""From a finished training to a published version: stored precision, scores, card and files."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from shakelm.configuration import Configuration
from shakelm.data.corpus import Corpus
from shakelm.data.splitting import Parts
from shakelm.data.vocabulary import Vocabulary
from shakelm.evaluation.scoring import score
from shakelm.networks import backend
from shakelm.networks.network import Floats
from shakelm.networks.numpy_network import NumpyNetwork
from shakelm.store.card import Card, CorpusFacts, Figures, History
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version

FIGURES_WINDOW = 256
"""Tokens in the windows of the card's second held-out figure (nanoGPT's measure for characters)."""

HALF_PRECISION_COST = 0.0005
"""Weights are stored as float16 if that costs at most this many nats per token of the validation text."""

Weights = dict[str, NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class FinishedTraining:
    """What a version is made of: how it was trained, and what came out."""

    name: str
    corpus: Corpus
    parts: Parts
    command: str
    configuration: Configuration
    vocabulary: Vocabulary
    weights: dict[str, Floats]
    parameters: int
    history: History
    seconds: float


def publish(store: ModelRegistry, training: FinishedTraining) -> Version:
    """Score a trained model on the held-out part, once, and add it to the store.

    Raises:
        ShakelmError: the loss is no number, or the store cannot be written.
    """
    weights = _stored_precision(training)
    return store.publish(training.name, lambda folder, number: _write(folder, number, training, weights))


def _write(folder: Path, number: int, training: FinishedTraining, weights: Weights) -> None:
    """Write the files of the version with that number."""
    stored = save(weights)
    (folder / "weights.safetensors").write_bytes(stored)
    for file, content in (
        ("vocabulary.json", training.vocabulary),
        ("configuration.json", training.configuration),
        ("history.json", training.history),
        ("card.json", _card(number, training, weights, stored)),
    ):
        (folder / file).write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _card(number: int, training: FinishedTraining, weights: Weights, stored: bytes) -> Card:
    settings, parts, corpus = training.configuration.training, training.parts, training.corpus
    return Card(
        name=training.name,
        version=number,
        corpus=CorpusFacts(name=corpus.name, sha256=corpus.sha256, characters=len(corpus.text)),
        command=training.command,
        random_seed=settings.random_seed,
        parameters=training.parameters,
        weights=str(next(iter(weights.values())).dtype),
        weights_sha256=hashlib.sha256(stored).hexdigest(),
        epochs=len(training.history.epochs),
        seconds=round(training.seconds, 1),
        validation=_score(training, weights, parts.validation) if settings.validation else None,
        held_out=_score(training, weights, parts.held_out, window=None),
        held_out_windows=_score(training, weights, parts.held_out),
        trained_at=datetime.now(UTC).replace(microsecond=0),
        software=backend.software(),
        device=backend.device(),
    )


def _stored_precision(training: FinishedTraining) -> Weights:
    """The weights as float16 if that costs at most `HALF_PRECISION_COST`, else as they are."""
    with np.errstate(over="ignore"):
        halved = {name: array.astype(np.float16) for name, array in training.weights.items()}
    if not all(np.isfinite(array).all() for array in halved.values()):  # too large for float16
        return dict(training.weights)
    whole, rounded = (
        _score(training, weights, training.parts.validation) for weights in (training.weights, halved)
    )
    if rounded.nats_per_token - whole.nats_per_token <= HALF_PRECISION_COST:
        return dict(halved)
    return dict(training.weights)


def _score(
    training: FinishedTraining, weights: Any, text: str, window: int | None = FIGURES_WINDOW
) -> Figures:
    """The scores that the stored weights reach on a text, once they are float32 again."""
    floats = {name: array.astype(np.float32) for name, array in weights.items()}
    network = NumpyNetwork(floats, training.configuration.model.cell)
    return score(network, training.vocabulary, text, window)
