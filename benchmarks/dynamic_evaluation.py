"""Nats per token of a model that learns while it reads (Krause et al., 2018, arXiv:1709.07432).

Run it with `.venv/bin/python benchmarks/dynamic_evaluation.py [MODEL [RATE [PART]]]`. The model reads the
text once, `WINDOW` tokens at a time, with the state carried. It scores each window, and then takes one step
of gradient descent on it. Choose the rate on the part `validation`, with a model that has not learned from
it. Then read the part `held_out` with that rate.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from shakelm.data import corpus
from shakelm.data.splitting import split
from shakelm.data.vocabulary import Vocabulary
from shakelm.decoding import language_model
from shakelm.evaluation.scoring import score
from shakelm.networks import architectures
from shakelm.networks.backend import halve_threads, keras
from shakelm.networks.loading import load_weights
from shakelm.networks.lstm import LSTM
from shakelm.store.registry import default_root, open_registry
from shakelm.store.version import Version

WINDOW = 32
MAX_GRADIENT_NORM = 1.0


def main(model: str = "shakespeare-char", rate: str = "0.1", part: str = "held_out") -> None:
    """Print the figure without and with dynamic evaluation."""
    version = open_registry(Path(os.environ.get("SHAKELM_STORE", default_root()))).find(model)
    text = getattr(split(corpus.load("shakespeare").text, "contiguous"), part)
    loaded = language_model.load(version)
    static = score(loaded.network, loaded.vocabulary, text, None)
    print(f"{version.reference}, {part}: {static.nats_per_token:.4f} nats per token carried")
    dynamic = _read(version, loaded.vocabulary, text, float(rate))
    print(f"with dynamic evaluation at rate {rate}: {dynamic:.4f}")


def _read(version: Version, vocabulary: Vocabulary, text: str, rate: float) -> float:
    """Nats per token of a text, where the model learns from each window after its score."""
    halve_threads()
    sizes = version.configuration().model.model_copy(
        update={"dropout": 0.0, "embedding_dropout": 0.0, "weight_dropout": 0.0}
    )
    learner: Any = architectures.build(sizes, len(vocabulary), LSTM, stateful_batch_size=1)
    architectures.set_weights(learner, load_weights(version.weights_file))
    learner.compile(
        keras.optimizers.SGD(rate, global_clipnorm=MAX_GRADIENT_NORM),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    ids = vocabulary.encode(text)[np.newaxis]
    inputs, targets = ids[:, :-1], ids[:, 1:]
    nats = 0.0
    for start in range(0, targets.shape[1], WINDOW):
        read, wanted = (ids[:, start : start + WINDOW] for ids in (inputs, targets))
        learner.reset_metrics()
        nats += float(learner.train_on_batch(read, wanted)) * wanted.size
    return nats / targets.size


if __name__ == "__main__":
    main(*sys.argv[1:])
