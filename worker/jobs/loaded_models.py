"""The settings, the store, and the loaded models of a worker process."""

from functools import cache, lru_cache

from rq import get_current_job

from shakelm.decoding import language_model
from shakelm.decoding.language_model import LanguageModel
from shakelm.networks.network import Engine
from shakelm.store.registry import ModelRegistry, open_registry
from shakelm.store.version import Version
from worker.lessons.tools import Tools
from worker.settings import WorkerSettings, read

MODELS_IN_MEMORY = 4


@cache
def settings() -> WorkerSettings:
    """The settings of this process.

    Raises:
        ShakelmError: a setting is wrong.
    """
    return read(WorkerSettings)


def store() -> ModelRegistry:
    """The store of this process. Its live alias and its versions are read again at each use."""
    return open_registry(settings().store)


def load(reference: str | None) -> LanguageModel:
    """The model of that reference, the live one for None.

    The reference is looked up each time, so that a promotion holds from the next job on.

    Raises:
        ShakelmError: there is no such version, or its files are damaged.
    """
    return _model(store().find(reference), settings().engine)


@lru_cache(maxsize=MODELS_IN_MEMORY)
def _model(version: Version, engine: Engine) -> LanguageModel:
    """The loaded version. Versions never change, so those in use stay in memory."""
    return language_model.load(version, engine)


def tools() -> Tools:
    """What lessons work with, in the job that runs."""
    return Tools(get_current_job().connection, load, lambda reference: store().find(reference))
