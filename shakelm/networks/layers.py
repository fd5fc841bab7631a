"""The layers, output shapes and parameters of a network, computed without Keras."""

from collections.abc import Iterator
from dataclasses import dataclass

from shakelm.configuration import ModelConfiguration


@dataclass(frozen=True)
class Layer:
    """One row of a shape table. None in `shape` stands for the batch size and the time, which are free."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int

    @property
    def output(self) -> str:
        """The shape with names for the free sizes, as in (batch, time, 100)."""
        free = ("batch", "time")
        sizes = (free[place] if size is None else str(size) for place, size in enumerate(self.shape))
        return f"({', '.join(sizes)})"


def layers(configuration: ModelConfiguration, vocabulary_size: int) -> list[Layer]:
    """Return the layers that `architectures.build` makes, first to last, with their Keras classes.

    A dropout layer is named after the layer before it. (Keras numbers them instead.)
    """
    return list(_layers(configuration, vocabulary_size))


def _layers(configuration: ModelConfiguration, vocabulary_size: int) -> Iterator[Layer]:
    yield Layer("tokens", "InputLayer", (None, None), 0)
    width = configuration.embedding
    yield Layer("embedding", "Embedding", (None, None, width), vocabulary_size * width)
    dropout = configuration.embedding_dropout
    if configuration.dropout if dropout is None else dropout:
        yield Layer("embedding_dropout", "SpatialDropout1D", (None, None, width), 0)
    kind, gates = {"simple-rnn": ("SimpleRNN", 1), "lstm": ("LSTM", 4)}[configuration.cell]
    for index, units in enumerate(configuration.units):
        name, shape = f"recurrent_{index}", (None, None, units)
        # A gate has weights for the layer below, for the layer's own state, and a bias.
        yield Layer(name, kind, shape, gates * (width + units + 1) * units)
        if configuration.dropout:
            yield Layer(f"{name}_dropout", "SpatialDropout1D", shape, 0)
        width = units
    yield Layer("output", "Dense", (None, None, vocabulary_size), (width + 1) * vocabulary_size)
