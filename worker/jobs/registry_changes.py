"""The jobs that change the model registry: promote, roll back, remove.

A second attempt of a job repeats its answer, and changes nothing more.
"""

from collections.abc import Callable

from shakelm.decoding import trial
from shakelm.store.version import Version
from worker.jobs import model_publishing
from worker.jobs.answering import connection
from worker.jobs.attempts import once
from worker.jobs.loaded_models import store
from worker.messages import admin_messages
from worker.messages.discord_json import Message
from worker.protocol.model_payloads import PromoteRequest, RemoveRequest, RollBackRequest


def promote(wanted: PromoteRequest) -> Message:
    """Make a version the live one."""
    reference = _change("promoted", lambda: trial.promote(store(), wanted.model))
    now_live = model_publishing.summary(store().find(reference), live=True)
    return Message(admin_messages.promoted(now_live, wanted.reply_to.locale))


def roll_back(wanted: RollBackRequest) -> Message:
    """Make the previous live version live again."""
    reference = _change("rolled_back", lambda: trial.roll_back(store()))
    now_live = model_publishing.summary(store().find(reference), live=True)
    return Message(admin_messages.rolled_back(now_live, wanted.reply_to.locale))


def remove(wanted: RemoveRequest) -> Message:
    """Remove a version permanently."""
    _change("removed", lambda: store().remove(wanted.model))
    return Message(admin_messages.removed(wanted.model, wanted.reply_to.locale))


def _change(what: str, change: Callable[[], Version]) -> str:
    """Change the registry once, and publish what it holds then. Returns the version's reference."""
    try:
        return once(what, change)
    finally:
        model_publishing.publish(connection(), store())
