"""What the bot is told of a version."""

from shakelm.store.registry import PACKAGED, ModelRegistry, open_registry
from worker.jobs import model_publishing


def test_a_version_has_the_language_of_a_known_corpus(store: ModelRegistry) -> None:
    shipped = open_registry(PACKAGED)
    for name, language in (("shakespeare-char", "English"), ("quijote", "Spanish")):
        assert model_publishing.summary(shipped.find(name), live=False).language == language
    assert model_publishing.summary(store.find("letters-a@1"), live=False).language is None
