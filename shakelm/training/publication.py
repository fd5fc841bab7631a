"""From a finished training to a published version: quantized weights, scores, card and files."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safetensors.numpy import save

from shakelm.configuration import Configuration
from shakelm.data.corpus import Corpus
from shakelm.data.splitting import Parts
from shakelm.data.vocabulary import Vocabulary
from shakelm.evaluation.scoring import FIGURES_WINDOW, score
from shakelm.networks import backend, exact_network
from shakelm.networks.network import Floats
from shakelm.networks.quantization import Stored, quantize
from shakelm.store.card import Card, CorpusFacts, Figures, History
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version, write_files


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
    weights = quantize(training.weights)
    return store.publish(training.name, lambda folder, number: _write(folder, number, training, weights))


def _write(folder: Path, number: int, training: FinishedTraining, weights: Stored) -> None:
    """Write the files of the version with that number."""
    stored = save(dict(weights))
    card = _card(number, training, weights, stored)
    write_files(folder, stored, training.vocabulary, training.configuration, training.history, card)


def _card(number: int, training: FinishedTraining, weights: Stored, stored: bytes) -> Card:
    settings, parts, corpus = training.configuration.training, training.parts, training.corpus
    return Card(
        name=training.name,
        version=number,
        corpus=CorpusFacts(name=corpus.name, sha256=corpus.sha256, characters=len(corpus.text)),
        command=training.command,
        random_seed=settings.random_seed,
        parameters=training.parameters,
        weights="int8",
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


def _score(
    training: FinishedTraining, weights: Stored, text: str, window: int | None = FIGURES_WINDOW
) -> Figures:
    """The scores that the stored weights reach on a text."""
    network = exact_network.make(weights, training.configuration.model.cell)
    return score(network, training.vocabulary, text, window)
