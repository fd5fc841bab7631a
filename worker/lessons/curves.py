"""`/curves`: loss and accuracy of a training, as a picture and in words."""

from typing import TYPE_CHECKING

from worker.lessons.tools import MAX_ALTERNATIVE, PNG, Tools
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import Attachment, Message, clip, escape, plain
from worker.protocol.job_request import JobRequest
from worker.protocol.payload import ModelReference

if TYPE_CHECKING:
    from shakelm.store.card import Epoch, History


class CurvesRequest(JobRequest, job="curves"):
    """The curves of a version's training."""

    model: ModelReference | None = None


def answer(wanted: CurvesRequest, tools: Tools) -> Message:
    """The curves of a version's training.

    Raises:
        ShakelmError: there is no such version, or its files are damaged.
    """
    version = tools.find(wanted.model)
    return message(version.history(), version.reference, wanted.reply_to.locale)


def message(history: "History", model: str, locale: str = DEFAULT) -> Message:
    """The curves of a training as a picture, and the figures of its first, kept and last epoch."""
    from shakelm.evaluation import plots

    epochs = history.epochs
    kept = next(epoch for epoch in epochs if epoch.epoch == history.best)
    figures = [
        text(locale, "curves.first", figures=_figures(epochs[0], locale)),
        text(locale, "curves.kept", epoch=kept.epoch, figures=_figures(kept, locale)),
        text(locale, "curves.last", epoch=epochs[-1].epoch, figures=_figures(epochs[-1], locale)),
    ]
    title = text(locale, "curves.title", model=model, count=len(epochs))
    picture = Attachment(
        "curves.png",
        plots.curves(history, model),
        PNG,
        clip(" ".join([text(locale, "curves.picture", title=title), *figures]), MAX_ALTERNATIVE),
    )
    content = "\n".join([f"**{escape(title)}**", *(f"-# {line}" for line in figures)])
    return Message(plain(content) | {"embeds": [], "components": []}, picture)


def _figures(epoch: "Epoch", locale: str) -> str:
    figures = text(locale, "curves.training", loss=epoch.loss, accuracy=epoch.accuracy)
    if epoch.validation_loss is None or epoch.validation_accuracy is None:
        return figures
    validation = text(
        locale, "curves.validation", loss=epoch.validation_loss, accuracy=epoch.validation_accuracy
    )
    return f"{figures}; {validation}"
