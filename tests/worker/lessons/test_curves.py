"""Training curves as a picture and in words."""

import io

import pytest
import redis
from matplotlib.image import imread

from shakelm.store.registry import ModelRegistry
from tests.support.request_makers import reply_to
from worker.lessons import curves
from worker.lessons.curves import CurvesRequest
from worker.lessons.tools import Tools

Connection = redis.Redis

WHO = {"author": "1", "guild": "2", "channel": "3"}


@pytest.mark.parametrize("model", ["shakespeare-word", "shakespeare-char"])
def test_curves_are_a_picture_and_words(shipped: ModelRegistry, tools: Tools, model: str) -> None:
    version = shipped.find(model)
    message = curves.answer(CurvesRequest(model=model, reply_to=reply_to(), **WHO), tools)

    history = version.history()
    assert message.attachment
    assert imread(io.BytesIO(message.attachment.content)).size
    for place, epoch in (
        ("First epoch", history.epochs[0]),
        (f"Kept epoch ({history.best})", history.epochs[history.best - 1]),
        (f"Last epoch ({len(history.epochs)})", history.epochs[-1]),
    ):
        words = f"{place}: training loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.1%}"
        if epoch.validation_loss is not None:
            words += (
                f"; validation loss {epoch.validation_loss:.3f}, accuracy {epoch.validation_accuracy:.1%}"
            )
        assert f"{words}." in message.attachment.description
        assert f"-# {words}." in message.body["content"]
