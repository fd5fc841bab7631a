"""A new version beside the live one: the verdict, and the verses of both."""

import json
from typing import Any

import pytest

import shakelm
from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.decoding import language_model
from shakelm.store.registry import PACKAGED, ModelRegistry
from shakelm.store.version import Version
from tests.support import tiny_models
from worker.jobs import live_comparison

WORDS = {"kind": "word", "tokens": ["<unk>", "\n", "a", "b", "c"]}
FIGURES = tiny_models.FIGURES.model_dump()
LOSSY = FIGURES | {"nats_per_char": None}


def publish(store: ModelRegistry, files: dict[str, dict[str, Any]]) -> Version:
    """A version with these changes to its JSON files."""
    version = tiny_models.publish(store, "letters-c", "c")
    for file, changes in files.items():
        path = version.file(f"{file}.json")
        content = json.loads(path.read_text())
        for key, value in changes.items():
            content[key] = content[key] | value if isinstance(value, dict) else value
        path.write_text(json.dumps(content))
    return version


def files(held_out: dict[str, Any], **others: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"card": {"held_out": held_out}} | others


WORD_MODEL = {"model": {"vocabulary": "word"}}


@pytest.mark.parametrize(
    ("new", "live", "verdict"),
    [
        (files(FIGURES | {"nats_per_char": 1.4}), files(FIGURES), "better"),
        (files(FIGURES | {"nats_per_char": 1.6}), files(FIGURES), "worse"),
        (files(FIGURES), files(FIGURES), "worse"),
        (files(FIGURES | {"nats_per_char": 1.4}, vocabulary={"tokens": ["<unk>", "a", "b"]}), {}, "better"),
        (files(LOSSY, configuration=WORD_MODEL, vocabulary=WORDS), {}, "kinds"),
        ({"card": {"corpus": {"sha256": "1" * 64}}}, {}, "texts"),
        ({"configuration": {"training": {"split": "blocks"}}}, {}, "texts"),
        (
            files(LOSSY | {"nats_per_token": 1.4}, configuration=WORD_MODEL, vocabulary=WORDS),
            files(LOSSY, configuration=WORD_MODEL, vocabulary=WORDS),
            "better",
        ),
        (
            files(LOSSY, configuration=WORD_MODEL, vocabulary=WORDS | {"tokens": ["<unk>", "\n", "a"]}),
            files(LOSSY, configuration=WORD_MODEL, vocabulary=WORDS),
            "words",
        ),
    ],
)
def test_figures_are_compared_where_they_mean_the_same(
    store: ModelRegistry, new: dict[str, Any], live: dict[str, Any], verdict: str
) -> None:
    live_version = publish(store, live)
    comparison = live_comparison.compare(publish(store, new), live_version)
    assert (comparison.model, comparison.verdict) == (live_version.reference, verdict)
    assert comparison.held_out.nats_per_char == live_version.card().held_out.nats_per_char


def test_all_models_write_with_the_same_random_seeds(store: ModelRegistry) -> None:
    models = [language_model.load(store.find(name)) for name in ("letters-a", "letters-b")]
    specimens = live_comparison.specimens(models, MAX_RANDOM_SEED)
    assert [(verse.model, verse.random_seed) for verse in specimens] == [
        ("letters-a@1", MAX_RANDOM_SEED),
        ("letters-b@1", MAX_RANDOM_SEED),
        ("letters-a@1", 0),
        ("letters-b@1", 0),
    ]
    assert specimens[0].text != specimens[2].text


def test_specimens_are_the_verses_that_their_numbers_give_without_other_settings() -> None:
    model = shakelm.load("shakespeare-char", PACKAGED)
    for verse in live_comparison.specimens([model], 7):
        assert verse.text == shakelm.generate(model, lines=4, number=verse.random_seed)
