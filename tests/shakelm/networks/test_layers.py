"""Tables of layers compared with the models that Keras builds."""

from typing import Any

import pytest

from shakelm.networks import architectures
from shakelm.networks.layers import layers
from shakelm.training_options import plan


@pytest.mark.parametrize("architecture", ["simple-rnn", "lstm", "stacked-lstm"])
@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"units": (7, 5, 3), "embedding": 4, "dropout": 0.1},
        {"units": (6,), "dropout": 0.1, "embedding_dropout": 0.0},
        {"units": (6, 6), "embedding_dropout": 0.2},
    ],
)
def test_shapes_and_parameters_are_those_of_keras(architecture: Any, sizes: dict[str, Any]) -> None:
    configuration = plan(architecture, "word", **sizes).model
    model = architectures.build(configuration, 50)

    rows = layers(configuration, 50)

    assert [(row.kind, row.shape, row.parameters) for row in rows] == [
        (type(layer).__name__, tuple(layer.output.shape), layer.count_params()) for layer in model.layers
    ]
    dropouts = {row.name for row in rows if row.kind == "SpatialDropout1D"}
    assert [row.name for row in rows if row.name not in dropouts] == [
        layer.name for layer in model.layers if type(layer).__name__ != "SpatialDropout1D"
    ]
    assert sum(row.parameters for row in rows) == model.count_params()


def test_the_table_has_the_sizes_of_the_notebook() -> None:
    rows = {row.name: row for row in layers(plan("stacked-lstm", "word").model, 1000)}
    assert rows["embedding"].parameters == 1000 * 100
    assert rows["recurrent_0"].parameters == 4 * (100 + 150 + 1) * 150
    assert rows["recurrent_1"].parameters == 4 * (150 + 100 + 1) * 100
    assert rows["output"].shape == (None, None, 1000)
