"""The weights that a version stores."""

import pytest

from shakelm.data.vocabulary_kinds import fit
from shakelm.decoding import language_model
from shakelm.evaluation.scoring import score
from shakelm.networks import architectures
from shakelm.store.card import Epoch, History
from shakelm.store.registry import ModelRegistry
from shakelm.text_preparation import prepare
from shakelm.training.publication import FinishedTraining, publish
from shakelm.training_options import plan
from tests.support.text_trainings import corpus

TEXT = corpus("the king and the queen and the fool\n" * 20)


@pytest.mark.parametrize("largest", [0.0, 1.0, 1e5])
def test_weights_are_stored_in_8_bits_and_the_card_scores_what_is_stored(
    own_store: ModelRegistry, largest: float
) -> None:
    configuration = plan("lstm", "char", units=(4,), embedding=3)
    vocabulary = fit(TEXT.text, "char")
    network = architectures.build(configuration.model, len(vocabulary))
    weights = architectures.weights_of(network)
    weights["embedding.embeddings"] = weights["embedding.embeddings"].copy()
    weights["embedding.embeddings"][0] = largest  # of the unknown token, which the text lacks
    version = publish(
        own_store,
        FinishedTraining(
            name="precise",
            corpus=TEXT,
            parts=prepare(TEXT.text, configuration).parts,
            command="-",
            configuration=configuration,
            vocabulary=vocabulary,
            weights=weights,
            parameters=network.count_params(),
            history=History(epochs=[Epoch(epoch=1, loss=1.0, accuracy=0.5, seconds=1.0)], best=1),
            seconds=1.0,
        ),
    )
    card = version.card()
    assert card.weights == "int8"
    held_out = prepare(TEXT.text, configuration).parts.held_out
    assert score(language_model.load(version).network, vocabulary, held_out) == card.held_out
