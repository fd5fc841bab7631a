"""A training under way: everything that changes in it. A checkpoint holds the same."""

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from shakelm import defaults
from shakelm.configuration import Configuration
from shakelm.data.vocabulary import Vocabulary
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.networks import architectures, exact_network
from shakelm.networks.architectures import Weights
from shakelm.networks.lstm import LSTM
from shakelm.networks.quantization import quantize
from shakelm.store.card import Epoch
from shakelm.training.batches import Streams, Windows, dataset
from shakelm.training.callbacks import BestWeightsKeeper
from shakelm.training.checkpoints import Arrays, Checkpoint, CheckpointMetadata
from shakelm.training.optimization import compile_model, log_frequencies, optimizer


@dataclass
class TrainingRun:
    """A training under way.

    Attributes:
        configuration: of model and training.
        vocabulary: of the text.
        model: the Keras network that learns.
        keeper: has the averaged weights and the best ones.
        batches: what an epoch reads.
        random: the one NumPy generator that `batches` draws from.
        epochs: the figures of each epoch so far.
        seconds: the training time before this process.
        started: when this process started or resumed the training, by the monotonic clock.
    """

    configuration: Configuration
    vocabulary: Vocabulary
    model: Any
    keeper: BestWeightsKeeper
    batches: Windows | Streams
    random: np.random.Generator
    epochs: list[Epoch] = field(default_factory=list)
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def checkpoint(self) -> Checkpoint:
        """A copy of everything, to resume from; only after a whole epoch."""
        metadata = CheckpointMetadata(
            epochs=self.epochs,
            best_epoch=self.keeper.best_epoch,
            ema_steps=self.keeper.ema_steps,
            seconds=self.elapsed(),
            random_state=self.random.bit_generator.state,
        )
        return Checkpoint(metadata, self.arrays())

    def arrays(self) -> Arrays:
        """Copies of all arrays; those of the network include the states of its seed generators."""
        return {
            "network": [np.asarray(variable) for variable in self.model.variables],
            "optimizer": [np.asarray(variable) for variable in self.model.optimizer.variables],
            "kept": self.keeper.ema_model.get_weights(),
            "best": self.keeper.best_weights,
        }

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take over everything from a checkpoint."""
        metadata, arrays = checkpoint.metadata, checkpoint.arrays
        for owner, name in ((self.model, "network"), (self.model.optimizer, "optimizer")):
            for variable, array in zip(owner.variables, arrays[name], strict=True):
                variable.assign(array)
        self.keeper.ema_model.set_weights(arrays["kept"])
        self.keeper.resume(metadata.ema_steps, metadata.best_epoch, metadata.epochs, arrays["best"])
        self.random.bit_generator.state = metadata.random_state
        self.epochs = list(metadata.epochs)
        self.seconds = metadata.seconds

    def elapsed(self) -> float:
        """Seconds of training up to now, in all its processes."""
        return self.seconds + time.monotonic() - self.started

    def is_over(self) -> bool:
        """Whether every epoch was run, or the best one is longer ago than `patience` allows."""
        settings, passed = self.configuration.training, len(self.epochs)
        patience_is_lost = settings.validation and passed - self.keeper.best_epoch >= settings.patience
        return passed == settings.epochs or patience_is_lost

    def sample(self) -> str:
        """A line that the averaged network writes as it is now."""
        weights = quantize(architectures.weights_of(self.keeper.ema_model))
        network = exact_network.make(weights, self.configuration.model.cell)
        model = LanguageModel("", self.vocabulary, network)
        random_seed = self.configuration.training.random_seed
        return generate(model, "", SamplingSettings(defaults.TEMPERATURE), Length(lines=1), random_seed).text


def start(
    configuration: Configuration,
    vocabulary: Vocabulary,
    text: str,
    validation: str | None,
    weights: Weights | None = None,
) -> TrainingRun:
    """A training before its first step.

    Args:
        configuration: of model and training. The precision `auto` means float32 here.
        vocabulary: of the text.
        text: what is learned from, as long as `text_preparation` demands.
        validation: what each epoch is scored on, at least two tokens; None for nothing.
        weights: to begin with; None for new ones.
    """
    settings = configuration.training
    random = np.random.default_rng(settings.random_seed)
    ids = vocabulary.encode(text)
    kind = Streams if settings.stateful else Windows
    batches = kind(ids, settings.sequence_length, settings.batch_size, random)
    scored = None
    if validation is not None:
        validation_ids = vocabulary.encode(validation)
        scored = dataset(Windows(validation_ids, settings.sequence_length, settings.batch_size))
    layer = partial(
        LSTM,
        weight_dropout=configuration.model.weight_dropout,
        precision="bfloat16" if settings.precision == "bfloat16" else "float32",
    )
    streams = settings.batch_size if settings.stateful else None
    model = architectures.build(configuration.model, len(vocabulary), layer, stateful_batch_size=streams)
    if weights is None:
        model.get_layer("output").bias.assign(log_frequencies(ids, len(vocabulary)))
    else:
        architectures.set_weights(model, weights)
    ema_model = architectures.build(configuration.model, len(vocabulary), layer)
    ema_model.set_weights(model.get_weights())
    compile_model(model, optimizer=optimizer(settings, len(batches)))
    model.optimizer.build(model.trainable_variables)
    compile_model(ema_model)
    keeper = BestWeightsKeeper(ema_model, settings.ema_momentum, scored)
    return TrainingRun(configuration, vocabulary, model, keeper, batches, random)
