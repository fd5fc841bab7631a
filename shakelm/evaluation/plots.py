"""Charts of trainings and predictions, as PNG."""

import io
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shakelm.data.vocabulary import visible
from shakelm.decoding.prediction import Prediction
from shakelm.store.card import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, DPI = 5.8, 200
"""Letters are readable at this size when Discord shows the picture 550 pixels wide."""

_MARKERS = 25
"""The approximate number of markers on a curve. More would hide it."""

_LONGEST_LABEL = 24
"""Characters of a token that a chart shows."""

_HATCHES = ("", "////", "....", "xxxx", "----")
"""One for each temperature, so that bars differ without color."""


def curves(history: History, title: str, format_: str = "png") -> bytes:
    """Draw the loss (nats per token) and the accuracy (percent) of each epoch, side by side, as a picture.

    Training is dashed with hollow circles and validation is solid with squares, so that they differ without
    color. A dotted vertical line marks the epoch whose weights were kept. The history needs an epoch.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 3.1), dpi=DPI, layout="constrained")
    figure.suptitle(title, parse_math=False, fontsize=11)
    loss, accuracy = figure.subplots(1, 2, gridspec_kw={"wspace": 0.06})
    epochs = history.epochs
    loss.set(title="Loss", ylabel="nats per token")
    _draw(loss, history, [e.loss for e in epochs], _known([e.validation_loss for e in epochs]))
    accuracy.set(title="Accuracy", ylabel="tokens predicted right (%)")
    validation = [100 * share for share in _known([e.validation_accuracy for e in epochs])]
    _draw(accuracy, history, [100 * e.accuracy for e in epochs], validation)
    # One legend for both charts, below them, hides no curve.
    figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return _picture(figure, format_)


def next_tokens(
    prediction: Prediction, title: str, label: Callable[[str], str] = visible, format_: str = "png"
) -> bytes:
    """Draw a prediction as horizontal bars, a group for each token and a bar for each temperature.

    The most likely token is at the top. Temperatures differ by their hatches as well as by color, and the
    legend gives the entropy (bits) of each distribution. At most `len(_HATCHES)` temperatures are possible.
    `label` returns the name of a token.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    distributions = prediction.distributions
    places = range(len(prediction.tokens))
    thickness = 0.8 / len(distributions)
    height = 1.5 + 0.14 * len(distributions) * len(places)
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, layout="constrained")
    figure.suptitle(textwrap.fill(title, 60), parse_math=False, fontsize=11)
    axes = figure.subplots()
    for row, distribution in enumerate(distributions):
        bars = axes.barh(
            [place + (row - (len(distributions) - 1) / 2) * thickness for place in places],
            [100 * probability for probability in distribution.probabilities],
            thickness,
            label=f"temperature {distribution.temperature:g}\nentropy {distribution.entropy:.2f} bits",
            color=colormaps["coolwarm"]((row + 0.5) / len(distributions)),
            edgecolor="black",
            linewidth=0.6,
            hatch=_HATCHES[row],
        )
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=7)
    labels = [_shortened(label(token)) for token in prediction.tokens]
    axes.set_yticks(places, labels, parse_math=False, family="monospace", fontsize=12)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlabel("probability (%)")
    axes.margins(x=0.08)
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return _picture(figure, format_)


def _picture(figure: "Figure", format_: str) -> bytes:
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the font shows a box for a glyph that it lacks
        figure.savefig(picture, format=format_)
    return picture.getvalue()


def _shortened(label: str) -> str:
    """Cut a long label, so that the bars have enough room."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _known(figures: list[float | None]) -> list[float]:
    """Drop the missing figures of a training without validation."""
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
