"""The shipped models, loaded once for all lessons, and the tools of a lesson."""

import pytest
import redis

from shakelm.decoding import language_model
from shakelm.decoding.language_model import LanguageModel
from shakelm.store.registry import ModelRegistry, open_registry
from worker.lessons.tools import Tools


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ModelRegistry:
    """The versions that ship."""
    return open_registry(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def words(shipped: ModelRegistry) -> LanguageModel:
    return language_model.load(shipped.find("shakespeare-word"))


@pytest.fixture
def tools(connection: "redis.Redis", words: LanguageModel, shipped: ModelRegistry) -> Tools:
    """Tools whose every model is the word model."""
    return Tools(connection, lambda _: words, lambda reference: shipped.find(reference))
