"""Requests for trainings: the options of the table, their ranges, and their keys in Redis."""

import json

import pytest
from pydantic import ValidationError

from shakelm.training_options import TEACHER_OPTIONS, TrainingOption
from tests.support.request_makers import train_request
from tests.support.training_choices import beyond, values
from worker.protocol.training_payloads import ALWAYS_CHOSEN, TrainRequest

NARROWED = [option for name, option in TEACHER_OPTIONS.items() if name != "preset"]


@pytest.mark.parametrize("option", TEACHER_OPTIONS.values(), ids=lambda option: option.key)
def test_every_option_is_taken_up_to_the_ends_of_its_range(option: TrainingOption) -> None:
    for value in values(option):
        assert train_request(**{option.name: value}).chosen()[option.name] == value


@pytest.mark.parametrize("option", NARROWED, ids=lambda option: option.key)
def test_no_option_is_taken_beyond(option: TrainingOption) -> None:
    for value in beyond(option):
        with pytest.raises(ValidationError):
            train_request(**{option.name: value})


@pytest.mark.parametrize("name", ["../best", "Best", ""])
def test_a_preset_has_the_form_of_a_name(name: str) -> None:
    with pytest.raises(ValidationError):
        train_request(preset=name)
    assert train_request(preset="gone-by-now").chosen()["preset"] == "gone-by-now"


def test_a_request_has_some_options_always_and_the_others_if_they_were_chosen() -> None:
    assert set(train_request().chosen()) == set(ALWAYS_CHOSEN)
    for name in ALWAYS_CHOSEN:
        with pytest.raises(ValidationError):
            train_request(**{name: None})


def test_a_version_to_go_on_from_brings_its_network() -> None:
    request = train_request(base="bard@2")
    assert set(request.chosen()) == {"base", "epochs", "random_seed"}
    assert TrainRequest.model_validate_json(request.model_dump_json()) == request
    assert '"from":"bard@2"' in request.model_dump_json()
    with pytest.raises(ValidationError):
        train_request(base="bard")


def test_nothing_else_can_be_chosen() -> None:
    with pytest.raises(ValidationError):
        train_request(patience=3)


OLD = """{"name": "small", "preset": "best", "architecture": "lstm", "vocabulary": "char", "units": 8,
"layers": 2, "dropout": 0.5, "epochs": 4, "learning_rate": 0.01, "number": 7, "corpus": null,
"attached": {"name": "a.txt", "sha256": "%s"}, "requested_by": "9", "guild": "1", "locale": "es-ES"}"""


def test_redis_keeps_its_keys() -> None:
    record = OLD % ("0" * 64)
    request = TrainRequest.model_validate_json(record)
    assert (request.random_seed, request.chosen()["units"]) == (7, 8)
    assert json.loads(request.model_dump_json()) == json.loads(record)
