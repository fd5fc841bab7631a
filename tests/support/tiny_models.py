"""Versions of models that write one letter for ever, made in a moment."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from shakelm.configuration import Configuration
from shakelm.networks.quantization import quantize
from shakelm.store.card import Card, Figures, History
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version
from worker.protocol.model_payloads import HeldOut, ModelSummary

TOKENS = ("<unk>", "\n", "a", "b", "c")

FIGURES = Figures(
    tokens=100,
    characters=100,
    nats_per_token=1.5,
    perplexity=4.48,
    unknown=0,
    nats_per_char=1.5,
    accuracy=0.55,
)


def publish(store: ModelRegistry, name: str, letter: str) -> Version:
    """Publish a version whose verses, at temperature 0, consist of that letter (a, b or c)."""

    def write(folder: Path, number: int) -> None:
        write_network(folder, letter)
        weights = (folder / "weights.safetensors").read_bytes()
        write_description(folder, name, number, weights_sha256=hashlib.sha256(weights).hexdigest())

    return store.publish(name, write)


def write_description(folder: Path, name: str, number: int, **more: Any) -> None:
    """Write the card, the configuration and the history of a version, under the keys that files have.

    `more` are further fields of the card.
    """
    card: dict[str, Any] = {
        "name": name,
        "version": number,
        "corpus": {"name": "letters", "sha256": "0" * 64, "characters": 1000},
        "command": f"shakelm train {name}",
        "number": 1,
        "parameters": 40,
        "weights": "int8",
        "epochs": 1,
        "seconds": 1.5,
        **dict.fromkeys(("validation", "held_out", "held_out_windows"), FIGURES.model_dump()),
        "trained_at": "2025-01-01T00:00:00Z",
        "software": {"keras": "3"},
        "device": "CPU",
        **more,
    }
    configuration = {
        "model": {"architecture": "simple-rnn", "vocabulary": "char", "embedding": 2, "units": [3]},
        "training": {"batch": 8, "window": 16},
    }
    epoch = {
        **{"epoch": 1, "loss": 2, "accuracy": 0.4, "seconds": 1.5},
        **{"validation_loss": 1.9, "validation_accuracy": 0.45},
    }
    files = {
        "card.json": Card.model_validate(card),
        "configuration.json": Configuration.model_validate(configuration),
        "history.json": History.model_validate({"epochs": [epoch], "best": 1}),
    }
    for file, content in files.items():
        (folder / file).write_text(content.model_dump_json())


def write_network(folder: Path, letter: str) -> None:
    """Write the vocabulary and the weights of a network of 3 units that always predicts that letter."""
    weights = {
        "embedding.embeddings": np.zeros((5, 2), np.float32),
        "recurrent_0.kernel": np.zeros((2, 3), np.float32),
        "recurrent_0.recurrent_kernel": np.zeros((3, 3), np.float32),
        "recurrent_0.bias": np.zeros(3, np.float32),
        "output.kernel": np.zeros((3, 5), np.float32),
        "output.bias": np.array([token == letter for token in TOKENS], np.float32),
    }
    (folder / "weights.safetensors").write_bytes(save(quantize(weights)))
    (folder / "vocabulary.json").write_text(json.dumps({"kind": "char", "tokens": TOKENS}))


HELD_OUT = HeldOut(nats_per_token=1.5, perplexity=4.48, accuracy=0.553, unknown=0, nats_per_char=1.5)


def summary(name: str, version: int = 1, **changes: Any) -> ModelSummary:
    """What the index of models says of a version, with these changes."""
    settings: dict[str, Any] = {
        **{"live": False, "packaged": False, "architecture": "lstm", "vocabulary": "char"},
        **{"parameters": 100, "held_out": HELD_OUT, "trained_at": datetime(2025, 1, 1, tzinfo=UTC)},
    }
    return ModelSummary(name=name, version=version, **settings | changes)
