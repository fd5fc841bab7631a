"""Versions of former releases as new versions, whose verses are the same everywhere."""

import hashlib
from pathlib import Path

from safetensors.numpy import save

from shakelm.data.corpus import Corpus
from shakelm.data.splitting import split
from shakelm.decoding import language_model
from shakelm.errors import ShakelmError
from shakelm.evaluation.scoring import FIGURES_WINDOW, score
from shakelm.networks import exact_network
from shakelm.networks.loading import load_weights
from shakelm.networks.quantization import quantize
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version, write_files


def convert(store: ModelRegistry, version: Version, corpus: Corpus) -> Version:
    """Quantize the weights of a version, score them, and publish them as the next version of the same name.

    The new version has the training of the old one on its card, and figures of its own.

    Args:
        store: where the new version goes.
        version: of a former release.
        corpus: the text that the version learned from.

    Raises:
        ShakelmError: the version is quantized already, or damaged; the text is another one; or the store
            cannot be written.
    """
    card, configuration, vocabulary = version.card(), version.configuration(), version.vocabulary()
    if language_model.load(version).network.quantized:
        raise ShakelmError(f"{version.reference} needs no conversion: its verses are the same everywhere.")
    if corpus.sha256 != card.corpus.sha256:
        raise ShakelmError(
            f"{version.reference} learned from another text than {corpus.name}: with --corpus, give the text "
            f"that has the SHA-256 {card.corpus.sha256}."
        )
    weights = quantize(load_weights(version.weights_file))
    network = exact_network.make(weights, configuration.model.cell)
    settings = configuration.training
    parts = split(corpus.text, settings.split, corpus.held_out)
    stored = save(weights)
    changes = {
        "weights": "int8",
        "weights_sha256": hashlib.sha256(stored).hexdigest(),
        "held_out": score(network, vocabulary, parts.held_out),
        "held_out_windows": score(network, vocabulary, parts.held_out, FIGURES_WINDOW),
    }
    if settings.validation:
        changes["validation"] = score(network, vocabulary, parts.validation, FIGURES_WINDOW)

    def write(folder: Path, number: int) -> None:
        numbered = card.model_copy(update=changes | {"version": number})
        write_files(folder, stored, vocabulary, configuration, version.history(), numbered)

    return store.publish(version.name, write)
