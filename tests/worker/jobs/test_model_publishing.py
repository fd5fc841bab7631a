"""What the bot is told of a version."""

from shakelm.store.registry import PACKAGED, ModelRegistry, open_registry
from worker.jobs import model_publishing


def test_a_version_has_the_language_of_a_known_corpus(store: ModelRegistry) -> None:
    shipped = open_registry(PACKAGED).versions()[0]
    assert model_publishing.summary(shipped, live=True).language == "English"
    assert model_publishing.summary(store.find("letters-a@1"), live=False).language is None
