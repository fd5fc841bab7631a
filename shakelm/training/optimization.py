"""How the weights change in training: the optimizer, its learning rate, and where the weights start."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shakelm.configuration import TrainingConfiguration
from shakelm.networks.backend import keras

MAX_GRADIENT_NORM = 1.0
SECOND_MOMENT = 0.99
"""Adam's decay of squared gradients: a shorter memory than usual, for trainings of a few thousand steps."""

WARM_UP_STEPS = 100
LAST_RATE = 0.02
"""The share of the learning rate at which a cosine schedule ends."""


def learning_rate(settings: TrainingConfiguration, steps: int) -> Any:
    """The learning rate: a number, or Keras's schedule over all epochs of `steps` steps each."""
    if settings.schedule == "constant":
        return settings.learning_rate
    warm_up = min(WARM_UP_STEPS, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=max(1, steps * settings.epochs - warm_up),
        alpha=LAST_RATE,
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up,
    )


def optimizer(settings: TrainingConfiguration, steps: int) -> Any:
    """AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101) for epochs of `steps` steps each."""
    adamw = keras.optimizers.AdamW(
        learning_rate(settings, steps),
        weight_decay=settings.weight_decay,
        beta_2=SECOND_MOMENT,
        global_clipnorm=MAX_GRADIENT_NORM,
    )
    adamw.exclude_from_weight_decay(var_names=["bias"])
    return adamw


def log_frequencies(ids: NDArray[np.int32], vocabulary_size: int) -> NDArray[np.float32]:
    """The first bias of the output layer: the logarithms of the token frequencies, shape (vocabulary,).

    A network that starts with the frequencies does not spend its first epochs on learning them. Each token
    counts one more than it occurs, so that none is impossible (Laplace's rule).
    """
    counts = np.bincount(ids, minlength=vocabulary_size) + 1
    logarithms: NDArray[np.float32] = np.log(counts / counts.sum(), dtype=np.float32)
    return logarithms


def compile_model(model: keras.Model, **options: Any) -> None:
    """Compile a network that gives logits, with the loss and the accuracy of training."""
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # A metric object has its variables at once. Those of a name are created while the step is traced,
        # which makes Keras trace it a second time.
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
        jit_compile=False,  # on a CPU XLA's compilation costs more than it gains
        **options,
    )
