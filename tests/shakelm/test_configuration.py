import json

import pytest
from pydantic import ValidationError

from shakelm.configuration import Configuration, ModelConfiguration, TrainingConfiguration

TRAINING_KEYS = [
    "epochs",
    "batch",
    "window",
    "learning_rate",
    "patience",
    "number",
    "split",
    "validation",
    "carry",
    "restart",
    "schedule",
    "weight_decay",
    "averaging",
    "precision",
]
"""The keys of a `configuration.json`, in their order, which no trained version may lose."""


def configuration() -> Configuration:
    return Configuration(
        model=ModelConfiguration(architecture="lstm", vocabulary="char", units=(8,)),
        training=TrainingConfiguration(batch_size=8, sequence_length=16, random_seed=3, stateful=True),
    )


def test_a_file_keeps_its_keys() -> None:
    written = json.loads(configuration().model_dump_json())
    assert list(written["training"]) == TRAINING_KEYS
    assert (written["training"]["batch"], written["training"]["window"]) == (8, 16)
    assert (written["training"]["number"], written["training"]["carry"]) == (3, True)


def test_a_file_is_read_as_it_was_written() -> None:
    assert Configuration.model_validate_json(configuration().model_dump_json()) == configuration()


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="momentum"):
        TrainingConfiguration.model_validate({"window": 16, "momentum": 0.9})


def test_only_a_model_of_subwords_has_a_number_of_pieces() -> None:
    assert "pieces" not in json.loads(configuration().model_dump_json())["model"]
    sizes = {"architecture": "lstm", "units": [8]}
    subwords = ModelConfiguration.model_validate({**sizes, "vocabulary": "subword", "pieces": 500})
    assert json.loads(subwords.model_dump_json())["pieces"] == 500
    for wrong in ({"vocabulary": "subword"}, {"vocabulary": "char", "pieces": 500}):
        with pytest.raises(ValidationError, match="number of pieces"):
            ModelConfiguration.model_validate(sizes | wrong)
