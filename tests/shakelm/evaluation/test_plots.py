"""Plots of trainings and predictions: they are PNG files, and they show the figures."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from shakelm.decoding.prediction import Distribution, Prediction
from shakelm.evaluation.plots import curves, next_tokens
from shakelm.store.card import Epoch, History


def history(epochs: int, best: int, slope: float = 1.0) -> History:
    return History(
        epochs=[
            Epoch(
                epoch=epoch,
                loss=3.0 - slope * epoch / epochs,
                accuracy=0.2 + 0.3 * epoch / epochs,
                validation_loss=3.1 - slope * epoch / epochs,
                validation_accuracy=0.2 + 0.25 * epoch / epochs,
                seconds=1.0,
            )
            for epoch in range(1, epochs + 1)
        ],
        best=best,
    )


def pixels(picture: bytes) -> NDArray[np.float32]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(imread(io.BytesIO(picture), format="png"))


@pytest.mark.parametrize("epochs", [1, 2, 30, 200])
def test_curves_show_training_and_validation_in_both_plots(epochs: int) -> None:
    image = pixels(curves(history(epochs, best=1), "verse@1"))
    height, width, _ = image.shape
    assert width > height > 400
    for half in (image[:, : width // 2], image[:, width // 2 :]):
        blue = (half[..., 2] > half[..., 0] + 0.3).sum()
        orange = (half[..., 0] > half[..., 2] + 0.3).sum()
        assert blue > 20
        assert orange > 20


def test_curves_show_losses_best_epoch_and_title() -> None:
    picture = pixels(curves(history(10, best=3), "verse@1"))
    for other in (
        curves(history(10, best=7), "verse@1"),
        curves(history(10, best=3, slope=2.0), "verse@1"),
        curves(history(10, best=3), "verse@2"),
    ):
        assert (pixels(other) != picture).any()


def test_a_title_is_not_read_as_a_formula() -> None:
    assert pixels(curves(history(2, best=1), "costs $5 and \\frac{$")).size


def test_the_same_history_gives_the_same_file() -> None:
    assert curves(history(5, best=3), "verse@1") == curves(history(5, best=3), "verse@1")


def prediction(tokens: int, temperatures: int = 3, share: float = 0.4, entropy: float = 2.5) -> Prediction:
    return Prediction(
        prompt="to be",
        unknown=[],
        tokens=tuple(f"token {place}" for place in range(tokens)),
        distributions=tuple(
            Distribution(0.5 * (row + 1), tuple(share / (place + 1) for place in range(tokens)), entropy)
            for row in range(temperatures)
        ),
    )


@pytest.mark.parametrize("tokens", [1, 10, 100])
@pytest.mark.parametrize("temperatures", [1, 3, 5])
def test_a_plot_of_next_tokens_grows_with_their_number(tokens: int, temperatures: int) -> None:
    height, width, _ = pixels(next_tokens(prediction(tokens, temperatures), "verse@1")).shape
    assert width == 1160
    assert height >= 18 * tokens * temperatures


def test_next_tokens_show_probabilities_entropy_and_title() -> None:
    picture = pixels(next_tokens(prediction(5), "verse@1"))
    for other in (
        next_tokens(prediction(5, share=0.3), "verse@1"),
        next_tokens(prediction(5, entropy=1.0), "verse@1"),
        next_tokens(prediction(5), "verse@2"),
    ):
        assert (pixels(other) != picture).any()


def test_temperatures_differ_without_color() -> None:
    """Each bar of a single token has another share of dark pixels, those of its hatch."""
    gray = pixels(next_tokens(prediction(1), "verse@1"))[..., :3].mean(axis=-1)
    edges = np.flatnonzero((gray[:, 200:600] < 0.3).mean(axis=1) > 0.95)
    top, bottom = edges[0], edges[edges < len(gray) * 0.6][-1]
    third = (bottom - top) / 3
    shares = [
        (gray[round(top + row * third) + 6 : round(top + (row + 1) * third) - 5, 200:600] < 0.3).mean()
        for row in range(3)
    ]
    assert shares[0] == 0
    assert min(shares[1], shares[2], abs(shares[1] - shares[2])) > 0.01


def test_labels_are_not_read_as_formulas_and_missing_glyphs_give_no_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    strange = Prediction("", [], ("$x_1$", "\\frac{$", "\n", "漢" * 40), prediction(4).distributions)
    assert pixels(next_tokens(strange, "costs $5 and \\frac{$ 漢字")).size
    assert not recwarn.list
