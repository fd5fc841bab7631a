"""The figures of a shipped version's card, computed by PyTorch's `nn.LSTM` from the stored weights.

Run it with `python benchmarks/second_opinion.py [MODEL]` in an environment with PyTorch and this package. It
shares only the stored weights, the vocabulary, and the split with the package's own scoring, so a mistake in
the network, the windows, or the mean would show.
"""

import sys

import torch
from torch import Tensor

from shakelm.data import corpus
from shakelm.data.splitting import split
from shakelm.networks.loading import load_weights
from shakelm.store.registry import PACKAGED, open_registry

WINDOW = 256


@torch.no_grad()  # type: ignore[untyped-decorator]
def main(model: str = "shakespeare-char") -> None:
    """Print nats per token on the held-out tail, in windows from an empty state and carried."""
    version = open_registry(PACKAGED).find(model)
    weights = {name: torch.tensor(value) for name, value in load_weights(version.weights_file).items()}
    text = split(corpus.load("shakespeare").text, "contiguous").held_out
    vocabulary = version.vocabulary()
    ids = torch.tensor(vocabulary.encode(text)).long()
    inputs, targets = ids[:-1], ids[1:]
    windows = zip(inputs.split(WINDOW), targets.split(WINDOW), strict=True)
    nats = sum(float(_losses(weights, *window).sum()) for window in windows)
    print(f"{version.reference}: {nats / len(targets):.4f} nats per token in windows of {WINDOW}")
    print(f"{version.reference}: {float(_losses(weights, inputs, targets).mean()):.4f} carried")


def _losses(weights: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
    """The loss in nats of each token of one stream, which starts from an empty state."""
    hidden = weights["embedding.embeddings"][inputs]
    for layer in range(sum(name.endswith("recurrent_kernel") for name in weights)):
        hidden = _lstm(weights, f"recurrent_{layer}")(hidden)[0]
    logits = hidden @ weights["output.kernel"] + weights["output.bias"]
    return torch.nn.functional.cross_entropy(logits, targets, reduction="none")


def _lstm(weights: dict[str, Tensor], name: str) -> torch.nn.LSTM:
    """PyTorch's layer with Keras's weights. Both have the gates in the same order."""
    features, gates = weights[f"{name}.kernel"].shape
    layer = torch.nn.LSTM(features, gates // 4)
    layer.weight_ih_l0.copy_(weights[f"{name}.kernel"].T)
    layer.weight_hh_l0.copy_(weights[f"{name}.recurrent_kernel"].T)
    layer.bias_ih_l0.copy_(weights[f"{name}.bias"])
    layer.bias_hh_l0.zero_()
    return layer


if __name__ == "__main__":
    main(*sys.argv[1:])
