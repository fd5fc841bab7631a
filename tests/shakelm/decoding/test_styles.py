"""Styles: what a verse is written with, from what is given, and the few words that say it."""

import itertools
from typing import Any

import pytest

import shakelm
from shakelm.decoding import generation
from shakelm.decoding.generation import Length
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.styles import DEFAULT_STYLE, STYLES, abbreviate, choose
from shakelm.errors import ShakelmError
from shakelm.store.registry import PACKAGED

BALANCED = STYLES["balanced"]


def test_without_any_setting_a_verse_is_balanced() -> None:
    assert DEFAULT_STYLE == "balanced"
    assert choose() == ("balanced", BALANCED)


@pytest.mark.parametrize(
    "given", [{"temperature": 0.0}, {"temperature": 0.8}, {"top_k": 5}, {"top_p": 0.5}, {"min_p": 0.1}]
)
def test_a_setting_without_a_style_is_the_only_one(given: dict[str, Any]) -> None:
    assert choose(**given) == (None, SamplingSettings(**given))


@pytest.mark.parametrize("style", STYLES)
def test_what_is_given_replaces_that_of_the_style(style: str) -> None:
    assert choose(style) == (style, STYLES[style])
    own = STYLES[style]
    assert choose(style, 0.0) == (style, SamplingSettings(0.0, own.top_k, own.top_p, own.min_p))
    assert choose(style, top_k=3, top_p=0.5, min_p=0.2) == (
        style,
        SamplingSettings(own.temperature, 3, 0.5, 0.2),
    )


def test_an_unknown_style_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(ShakelmError, match="no style 'sonnet': choose one of cautious, careful, balanced"):
        choose("sonnet")
    with pytest.raises(ShakelmError, match="no style ''"):
        choose("")


def test_a_style_stands_for_its_truncations() -> None:
    assert abbreviate("balanced", BALANCED) == ("balanced", {})
    assert abbreviate(*choose("balanced", 1.4)) == ("balanced", {})
    assert abbreviate(*choose("wild", min_p=0.1)) == ("wild", {"min_p": 0.1})
    assert abbreviate(*choose("cautious", top_k=5)) == ("cautious", {"top_k": 5})
    assert abbreviate(None, SamplingSettings(0.8, top_k=5)) == (None, {"top_k": 5})


@pytest.mark.parametrize("style", ["balanced", "sonnet"])
def test_a_style_of_a_former_version_is_written_out(style: str) -> None:
    assert abbreviate(style, SamplingSettings(0.7, min_p=0.2)) == (None, {"min_p": 0.2})


def test_what_is_said_gives_the_settings_again() -> None:
    truncations = itertools.product((None, 40), (None, 0.7, 0.95), (None, 0.05))
    for style, (top_k, top_p, min_p) in itertools.product((None, *STYLES), truncations):
        sampling = SamplingSettings(0.9, top_k, top_p, min_p)
        named, different = abbreviate(style, sampling)
        given: dict[str, Any] = different
        assert choose(named, sampling.temperature, **given) == (named, sampling)


@pytest.mark.parametrize(
    ("given", "sampling"),
    [
        ({}, BALANCED),
        ({"temperature": 0.8}, SamplingSettings(0.8)),
        ({"style": "cautious"}, STYLES["cautious"]),
        ({"style": "balanced", "temperature": 1.5}, choose("balanced", 1.5)[1]),
    ],
)
def test_the_library_writes_a_verse_by_this_rule(given: dict[str, Any], sampling: SamplingSettings) -> None:
    model = shakelm.load("shakespeare-char", PACKAGED)
    text = shakelm.generate(model, "my lord", lines=4, number=7, **given)
    assert text == generation.generate(model, "my lord", sampling, Length(lines=4), 7).text
