"""Figures of trainings, as PNG."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shakelm.version import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = 25
"""About so many are drawn on a curve: more would hide it."""


def curves(history: History, title: str) -> bytes:
    """Draw the loss (nats per token) and the accuracy (percent) of each epoch, side by side, as a PNG.

    Training is dashed with hollow circles and validation solid with squares, so that they differ
    without colour too; a dotted vertical line marks the epoch whose weights were kept. The history
    has at least one epoch.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), dpi=120, layout="constrained")
    figure.suptitle(title, parse_math=False)
    loss, accuracy = figure.subplots(1, 2, gridspec_kw={"wspace": 0.06})
    epochs = history.epochs
    loss.set(title="Loss", ylabel="nats per token")
    _draw(loss, history, [e.loss for e in epochs], _known([e.validation_loss for e in epochs]))
    accuracy.set(title="Accuracy", ylabel="tokens predicted right (%)")
    validation = [100 * share for share in _known([e.validation_accuracy for e in epochs])]
    _draw(accuracy, history, [100 * e.accuracy for e in epochs], validation)
    # One legend for both, below them, where it hides no curve.
    figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _known(figures: list[float | None]) -> list[float]:
    """The figures, or none where the training had no validation."""
    return [figure for figure in figures if figure is not None]


def _draw(axes: "Axes", history: History, training: Sequence[float], validation: Sequence[float]) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [epoch.epoch for epoch in history.epochs]
    every = -(-len(epochs) // _MARKERS)
    axes.plot(epochs, training, "--o", label="training", color="tab:blue", mfc="white", ms=8, markevery=every)
    if validation:
        axes.plot(epochs, validation, "-s", label="validation", color="tab:orange", ms=4, markevery=every)
    axes.axvline(history.best, linestyle=":", color="black", label=f"kept epoch ({history.best})", zorder=0)
    axes.set_xlabel("epoch")
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
