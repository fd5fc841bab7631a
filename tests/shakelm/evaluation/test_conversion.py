"""Versions of former releases, whose weights are floats, become versions of the present one."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from shakelm.decoding import language_model, trial
from shakelm.errors import ShakelmError
from shakelm.evaluation.conversion import convert
from shakelm.networks.loading import load_weights
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version
from shakelm.training.train import train
from shakelm.training_options import plan
from tests.support.text_trainings import corpus

TEXT = corpus("the king and the queen and the fool\n" * 60)


@pytest.fixture
def former(own_store: ModelRegistry) -> Version:
    """A version with weights in half precision, as former releases stored them."""
    configuration = plan("lstm", "char", units=(8,), embedding=4, epochs=1, sequence_length=16)
    version = train("bard", TEXT, configuration, own_store, "shakelm train bard")
    weights = load_weights(version.weights_file)
    save_file({name: array.astype(np.float16) for name, array in weights.items()}, version.weights_file)
    return version


def test_a_version_of_a_former_release_becomes_the_next_one(
    own_store: ModelRegistry, former: Version
) -> None:
    assert not language_model.load(former).network.quantized
    converted = convert(own_store, former, TEXT)

    assert converted.reference == "bard@2"
    trial.check(converted)
    assert language_model.load(converted).network.exact
    card, before = converted.card(), former.card()
    assert card.weights == "int8"
    assert card.held_out.nats_per_token == pytest.approx(before.held_out.nats_per_token, abs=0.01)
    assert card.validation is not None
    trained = {"name", "corpus", "command", "random_seed", "epochs", "seconds", "trained_at", "software"}
    assert card.model_dump(include=trained) == before.model_dump(include=trained)
    assert converted.configuration() == former.configuration()
    assert converted.history() == former.history()


def test_a_version_that_is_quantized_needs_no_conversion(own_store: ModelRegistry, former: Version) -> None:
    converted = convert(own_store, former, TEXT)
    with pytest.raises(ShakelmError, match="bard@2 needs no conversion"):
        convert(own_store, converted, TEXT)


def test_another_text_is_refused(own_store: ModelRegistry, former: Version) -> None:
    with pytest.raises(ShakelmError, match="another text"):
        convert(own_store, former, corpus("another text\n" * 60))
    assert [version.number for version in own_store.versions() if version.name == "bard"] == [1]
