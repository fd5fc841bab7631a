"""nanoGPT's small transformer for a CPU, written anew in PyTorch: its network, training, and samples.

The recipe is that of the README of https://github.com/karpathy/nanoGPT for a computer without a GPU, with the
settings of its `config/train_shakespeare_char.py`: a decoder of 4 layers of 128 with 4 heads, without biases,
with tied embeddings, in float32.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

STEPS = 2_000
CONTEXT = 64
"""The most tokens that the network reads to predict the next."""

LAYERS, HEADS, WIDTH = 4, 4, 128
BATCH = 12
RATE, LAST_RATE, WARM_UP_STEPS = 1e-3, 1e-4, 100
BETAS = 0.9, 0.99
WEIGHT_DECAY = 0.1
"""Of matrices alone, not of the gains of normalizations."""

MAX_GRADIENT_NORM = 1.0
DEVIATION = 0.02
"""Of the initial weights. Those that end a residual branch have less, since 2 branches a layer add up."""

SCORED_AT_ONCE = 64

Weights = dict[str, Tensor]


def initial_weights(vocabulary: int, seed: int) -> Weights:
    """Draw the weights of a network for so many tokens."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int, deviation: float = DEVIATION) -> Tensor:
        return torch.randn(*shape, generator=generator).mul_(deviation).requires_grad_()

    def ones() -> Tensor:
        return torch.ones(WIDTH, requires_grad=True)

    last = DEVIATION / math.sqrt(2 * LAYERS)
    weights = {"tokens": normal(vocabulary, WIDTH), "places": normal(CONTEXT, WIDTH), "last_gain": ones()}
    for layer in range(LAYERS):
        weights |= {
            f"{layer}.attention_gain": ones(),
            f"{layer}.attention_in": normal(3 * WIDTH, WIDTH),
            f"{layer}.attention_out": normal(WIDTH, WIDTH, deviation=last),
            f"{layer}.hidden_gain": ones(),
            f"{layer}.hidden_in": normal(4 * WIDTH, WIDTH),
            f"{layer}.hidden_out": normal(WIDTH, 4 * WIDTH, deviation=last),
        }
    return weights


def logits(weights: Weights, ids: Tensor) -> Tensor:
    """The logits (batch, time, vocabulary) of the token after each of ids (batch, time <= `CONTEXT`)."""

    def normalized(gain: str) -> Tensor:
        return functional.layer_norm(values, (WIDTH,), weights[gain])

    values = weights["tokens"][ids] + weights["places"][: ids.shape[1]]
    for layer in range(LAYERS):
        read = functional.linear(normalized(f"{layer}.attention_gain"), weights[f"{layer}.attention_in"])
        # (batch, time, 3 x heads x features) becomes three of (batch, heads, time, features).
        query, key, value = read.unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        joined = seen.transpose(1, 2).flatten(2)
        values = values + functional.linear(joined, weights[f"{layer}.attention_out"])
        hidden = functional.linear(normalized(f"{layer}.hidden_gain"), weights[f"{layer}.hidden_in"])
        values = values + functional.linear(functional.gelu(hidden), weights[f"{layer}.hidden_out"])
    return functional.linear(normalized("last_gain"), weights["tokens"])


def train(ids: Tensor, vocabulary: int, steps: int = STEPS, seed: int = 1337) -> Weights:
    """Train a network with windows drawn at random.

    Args:
        ids: the tokens to learn from, shape (tokens,), more than `CONTEXT`.
        vocabulary: the number of tokens that there are.
        steps: of the optimizer, at least 1. The learning rate falls to its last value over them.
        seed: of the initial weights and of the windows.
    """
    weights = initial_weights(vocabulary, seed)
    matrices = [weight for weight in weights.values() if weight.dim() > 1]
    gains = [weight for weight in weights.values() if weight.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": gains, "weight_decay": 0.0}],
        lr=RATE,
        betas=BETAS,
    )
    warm_up = min(WARM_UP_STEPS, max(1, steps // 10))
    rising = LinearLR(optimizer, 1 / warm_up, total_iters=warm_up)
    falling = CosineAnnealingLR(optimizer, max(1, steps - warm_up), LAST_RATE)
    schedule = SequentialLR(optimizer, [rising, falling], [warm_up])
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        starts = torch.randint(len(ids) - CONTEXT, (BATCH, 1), generator=generator)
        windows = ids[starts + torch.arange(CONTEXT + 1)]
        predicted = logits(weights, windows[:, :-1])
        loss = functional.cross_entropy(predicted.flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
    return weights


@torch.no_grad()  # type: ignore[untyped-decorator]
def nats_per_token(weights: Weights, ids: Tensor) -> float:
    """The mean loss over windows of `CONTEXT` tokens, one after another, so that each token counts once.

    nanoGPT's measure draws such windows at random. Its expected value is the same.
    """
    inputs, targets = ids[:-1].split(CONTEXT), ids[1:].split(CONTEXT)
    nats = 0.0
    whole = len(inputs) - (len(inputs[-1]) < CONTEXT)
    batches = [slice(start, min(start + SCORED_AT_ONCE, whole)) for start in range(0, whole, SCORED_AT_ONCE)]
    for batch in [*batches, slice(whole, len(inputs))]:
        if inputs[batch]:
            predicted = logits(weights, torch.stack(inputs[batch])).flatten(0, 1)
            wanted = torch.stack(targets[batch]).flatten()
            nats += float(functional.cross_entropy(predicted, wanted, reduction="sum"))
    return nats / (len(ids) - 1)


@torch.no_grad()  # type: ignore[untyped-decorator]
def sample(
    weights: Weights,
    prompt: list[int],
    allowed: Tensor,
    temperature: float,
    ended: Callable[[list[int]], bool],
    count: int,
    seed: int,
) -> list[list[int]]:
    """Continue a prompt several times.

    Args:
        weights: of a trained network.
        prompt: the ids to begin with, at least one.
        allowed: shape (vocabulary,), whether a token may come directly after the prompt.
        temperature: above 0.
        ended: whether a text with these new ids, without the prompt, is long enough.
        count: of continuations.
        seed: of the draws.

    Returns:
        The new ids of each continuation.
    """
    generator = torch.Generator().manual_seed(seed)
    ids = torch.tensor([prompt] * count)
    texts: list[list[int]] = [[] for _ in range(count)]
    unfinished = list(range(count))
    first = torch.where(allowed, 0.0, -math.inf)
    while unfinished:
        following = logits(weights, ids[unfinished, -CONTEXT:])[:, -1] / temperature
        if ids.shape[1] == len(prompt):
            following = following + first
        drawn = torch.multinomial(following.softmax(-1), 1, generator=generator)
        ids = torch.cat((ids, torch.zeros(count, 1, dtype=ids.dtype)), 1)
        ids[unfinished, -1:] = drawn
        for text, (token,) in zip(unfinished, drawn.tolist(), strict=True):
            texts[text].append(token)
        unfinished = [text for text in unfinished if not ended(texts[text])]
    return texts
