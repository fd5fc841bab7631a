"""The settings, the store, and the loaded models of a worker process."""

import logging
from contextlib import suppress
from functools import cache, lru_cache

from rq import get_current_job

from shakelm.decoding import language_model
from shakelm.decoding.language_model import LanguageModel
from shakelm.errors import ShakelmError
from shakelm.networks.network import Engine
from shakelm.store.registry import ModelRegistry, open_registry
from shakelm.store.version import Version
from worker.lessons.tools import Tools
from worker.records import incidents
from worker.settings import WorkerSettings, read

log = logging.getLogger(__name__)

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

    The reference is looked up each time, so that a promotion holds from the next job on. If the live version
    is damaged, the last good one writes meanwhile, and administrators see an incident.

    Raises:
        ShakelmError: there is no such version, or its files are damaged.
    """
    engine = settings().engine
    if reference is not None:
        return _model(store().find(reference), engine)
    try:
        return _model(store().live(), engine)
    except ShakelmError as error:
        return _last_good(error, engine)


def _last_good(error: ShakelmError, engine: Engine) -> LanguageModel:
    """The latest former live version that can be loaded, in place of the live one.

    Raises:
        ShakelmError: there is none.
    """
    for version in store().former():
        with suppress(ShakelmError):
            model = _model(version, engine)
            _note(f"the live model cannot be used: {version.reference} writes instead", error)
            return model
    raise error


@cache
def _noted() -> set[str]:
    return set()


def _note(sentence: str, error: ShakelmError) -> None:
    """Tell administrators, once in the life of this process."""
    if sentence not in _noted():
        _noted().add(sentence)
        log.error("%s: %s", sentence, error)
        incidents.note(get_current_job().connection, "live-model", sentence)


@lru_cache(maxsize=MODELS_IN_MEMORY)
def _model(version: Version, engine: Engine) -> LanguageModel:
    """The loaded version. Versions never change, so those in use stay in memory."""
    return language_model.load(version, engine)


def tools() -> Tools:
    """What lessons work with, in the job that runs."""
    return Tools(get_current_job().connection, load, lambda reference: store().find(reference))
