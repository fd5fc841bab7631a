"""Pictures of trainings: whether they are ones, and whether they show what they are given."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from shakelm.plots import curves
from shakelm.version import Epoch, History


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
def test_curves_are_a_picture_of_both_figures(epochs: int) -> None:
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


def test_a_title_is_text_and_no_formula() -> None:
    assert pixels(curves(history(2, best=1), "costs $5 and \\frac{$")).size


def test_the_same_history_gives_the_same_picture() -> None:
    assert curves(history(5, best=3), "verse@1") == curves(history(5, best=3), "verse@1")
