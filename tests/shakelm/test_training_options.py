"""The options of a training: plans, presets, and the commands that repeat a training."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shakelm.cli.command_line import app
from shakelm.configuration import Configuration, ModelConfiguration, TrainingConfiguration
from shakelm.errors import ShakelmError
from shakelm.store.registry import PACKAGED
from shakelm.training_options import (
    TEACHER_OPTIONS,
    TRAINING_OPTIONS,
    TrainingOption,
    command_line,
    plan,
    presets,
    read_preset,
)
from tests.support.training_choices import beyond, parse, values

CARDS = sorted(PACKAGED.rglob("card.json"))
NUMBERS = [option for option in TRAINING_OPTIONS.values() if option.bounds is not None]


# Plans


def test_the_notebooks_sizes_are_the_defaults() -> None:
    assert plan("simple-rnn", "word").model.units == (150,)
    assert plan("lstm", "word").model.units == (150,)
    assert plan("stacked-lstm", "word").model.units == (150, 100)
    assert plan("stacked-lstm", "word").model.embedding == 100
    assert plan() == plan("stacked-lstm", "word")


def test_one_width_serves_all_layers() -> None:
    assert plan("lstm", "char", units=(64,), layers=3).model.units == (64, 64, 64)
    assert plan("lstm", "char", units=64, layers=2).model.units == (64, 64)
    assert plan("lstm", "char", layers=2).model.units == (150, 150)
    assert plan("lstm", "char", units=(64, 32), layers=2).model.units == (64, 32)


def test_what_is_given_replaces_the_default_and_none_does_not() -> None:
    configuration = plan("lstm", "char", epochs=3, dropout=0.5, batch_size=None)
    assert configuration.training.epochs == 3
    assert configuration.model.dropout == 0.5
    assert configuration.training.batch_size == 32
    assert configuration.training.sequence_length == 128
    assert plan("lstm", "word").training.sequence_length == 32


def test_what_is_given_replaces_what_the_preset_says_and_none_does_not() -> None:
    configuration = plan(preset="best", vocabulary=None, epochs=5, units=(16,), layers=2, batch_size=None)
    expected = plan(preset="best")
    assert configuration.model == expected.model.model_copy(update={"units": (16, 16)})
    assert configuration.training == expected.training.model_copy(update={"epochs": 5})


def test_subwords_alone_have_a_number_of_pieces() -> None:
    assert plan(vocabulary="subword").model.pieces == 1000
    assert plan(vocabulary="subword", pieces=4000).model.pieces == 4000
    assert plan(preset="quick", vocabulary="subword").model.pieces == 1000
    assert plan(vocabulary="char").model.pieces is None
    with pytest.raises(ShakelmError, match="leave out --pieces, or choose --vocabulary subword"):
        plan(vocabulary="char", pieces=1000)
    with pytest.raises(ShakelmError, match="The pieces cannot be 499: give 500 or more"):
        plan(vocabulary="subword", pieces=499)


@pytest.mark.parametrize("name", presets())
def test_presets_are_plans(name: str) -> None:
    assert plan(preset=name) == plan(**read_preset(name))


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
        ({"random_seed": -1}, "number"),
        ({"batch_size": 0}, "batch"),
        ({"sequence_length": 1}, "window"),
        ({"state_reset": 2}, "restart"),
        ({"momentum": 0.9}, "momentum"),
    ],
)
def test_what_has_no_meaning_is_refused_by_the_name_that_people_type(
    settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(ShakelmError, match=named):
        plan("lstm", "char", **settings)


def test_a_training_that_goes_on_has_the_network_of_the_version() -> None:
    network = plan("lstm", "char", units=(24,), embedding=12, dropout=0.1).model
    planned = plan(preset="quick", base="bard@1", network=network)
    assert planned.training.base == "bard@1"
    assert (planned.model.architecture, planned.model.units, planned.model.embedding) == ("lstm", (24,), 12)
    assert plan(planned.model.architecture, "char", units=(24,)).training.base is None
    assert "base" not in plan().model_dump_json()


@pytest.mark.parametrize(
    ("chosen", "flag"),
    [({"units": (8,)}, "--units"), ({"vocabulary": "word"}, "--vocabulary"), ({"layers": 1}, "--layers")],
)
def test_a_training_that_goes_on_takes_no_sizes(chosen: dict[str, Any], flag: str) -> None:
    with pytest.raises(ShakelmError, match=f"leave out {flag}"):
        plan(base="bard@1", network=plan().model, **chosen)


# The table


def test_every_field_of_the_configuration_is_an_option() -> None:
    fields = {*ModelConfiguration.model_fields, *TrainingConfiguration.model_fields}
    assert set(TRAINING_OPTIONS) == fields | {"preset", "layers"}
    assert all(option.description for option in TRAINING_OPTIONS.values())


def test_the_defaults_of_the_table_are_those_of_a_plan() -> None:
    planned = {**plan().model.model_dump(by_alias=False), **plan().training.model_dump(by_alias=False)}
    told = {name: option.default for name, option in TRAINING_OPTIONS.items() if option.default is not None}
    assert told.items() <= planned.items()
    # Those that depend on other options have none of their own.
    untold = set(TRAINING_OPTIONS) - set(told)
    assert untold == {
        *("preset", "units", "layers", "embedding_dropout", "pieces", "sequence_length", "base")
    }


def test_the_help_of_the_command_line_has_every_option_and_every_preset() -> None:
    shown = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "500", "NO_COLOR": "1"}).stdout
    for option in TRAINING_OPTIONS.values():
        assert option.flag in shown
        assert option.help in shown
    assert ", ".join(presets()) in TRAINING_OPTIONS["preset"].help


def only(option: TrainingOption, number: float) -> dict[str, Any]:
    """What `plan` gets where nothing is chosen that the option does not need."""
    return {option.name: number} | ({"vocabulary": "subword"} if option.name == "pieces" else {})


@pytest.mark.parametrize("option", NUMBERS, ids=lambda option: option.key)
def test_plan_and_command_line_keep_to_the_range(option: TrainingOption) -> None:
    for number in beyond(option):
        with pytest.raises(ShakelmError):
            plan(**only(option, number))
        with pytest.raises(ShakelmError):
            parse(command_line("x", "y", only(option, number)))
    for number in values(option):
        assert plan(**only(option, number)) == parse(command_line("x", "y", only(option, number)))


# What teachers may choose


@pytest.mark.parametrize(
    "option",
    [option for option in TEACHER_OPTIONS.values() if option.bounds is not None],
    ids=lambda option: option.key,
)
def test_teachers_have_a_part_of_the_range(option: TrainingOption) -> None:
    for number in values(option):
        assert plan(**only(option, number))


# Commands that repeat a training


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.parent.name)
def test_the_command_on_a_shipped_card_gives_the_configuration_beside_it(card: Path) -> None:
    command = shlex.split(json.loads(card.read_text(encoding="utf-8"))["command"])
    beside = card.with_name("configuration.json").read_text(encoding="utf-8")
    planned, trained = parse(command), Configuration.model_validate_json(beside)
    if planned.training.precision == "auto":  # the machine has decided
        settings = planned.training.model_copy(update={"precision": trained.training.precision})
        planned = planned.model_copy(update={"training": settings})
    assert planned == trained


def test_shipped_versions_have_cards() -> None:
    assert len(CARDS) >= 2


@pytest.mark.parametrize("name", presets())
def test_the_command_with_a_preset_gives_its_plan(name: str) -> None:
    command = command_line("some", "shakespeare", {"preset": name})
    assert command == ["shakelm", "train", "some", "--preset", name, "--corpus", "shakespeare"]
    assert parse(command) == plan(preset=name)


@pytest.mark.parametrize("name", presets())
def test_a_command_repeats_every_setting_of_a_configuration(name: str) -> None:
    planned = plan(preset=name)
    settings = {**planned.model.model_dump(by_alias=False), **planned.training.model_dump(by_alias=False)}
    command = command_line("some", "a text.txt", settings)
    assert parse(shlex.split(shlex.join(command))) == planned


def test_a_command_leaves_out_what_was_not_chosen() -> None:
    chosen: dict[str, Any] = {"units": 16, "layers": 2, "stateful": False, "validation": True, "epochs": None}
    assert command_line("some", "x", chosen)[3:-2] == [
        *("--units", "16"),
        *("--layers", "2"),
        "--validation",
        "--no-carry",
    ]
    assert parse(command_line("some", "x", chosen)) == plan(**chosen)
