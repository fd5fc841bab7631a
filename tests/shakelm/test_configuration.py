import pytest

from shakelm.errors import ShakelmError
from shakelm.training_options import plan, read_preset


def test_the_notebooks_sizes_are_the_defaults() -> None:
    assert plan("simple-rnn", "word").model.units == (150,)
    assert plan("lstm", "word").model.units == (150,)
    assert plan("stacked-lstm", "word").model.units == (150, 100)
    assert plan("stacked-lstm", "word").model.embedding == 100


def test_one_width_serves_all_layers() -> None:
    assert plan("lstm", "char", units=(64,), layers=3).model.units == (64, 64, 64)
    assert plan("lstm", "char", layers=2).model.units == (150, 150)
    assert plan("lstm", "char", units=(64, 32), layers=2).model.units == (64, 32)


def test_what_is_given_replaces_the_default_and_none_does_not() -> None:
    configuration = plan("lstm", "char", epochs=3, dropout=0.5, batch=None)
    assert configuration.training.epochs == 3
    assert configuration.model.dropout == 0.5
    assert configuration.training.batch == 32
    assert configuration.training.window == 128
    assert plan("lstm", "word").training.window == 32


@pytest.mark.parametrize("name", ["best", "notebook"])
def test_presets_are_plans(name: str) -> None:
    assert plan(**read_preset(name))


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ShakelmError, match=r"no preset '\.\./best': choose one of best, notebook"):
        read_preset("../best")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"units": (64, 32), "layers": 3}, "2 widths do not fit 3 layers"),
        ({"epochs": 0}, "epochs"),
        ({"dropout": 1.0}, "dropout"),
        ({"units": (0,)}, "units"),
        ({"learning_rate": float("nan")}, "learning rate"),
        ({"number": -1}, "number"),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(settings: dict[str, float], named: str) -> None:
    with pytest.raises(ShakelmError, match=named):
        plan("lstm", "char", **settings)  # type: ignore[arg-type]
