"""Styles: sampling settings that go together, under plain names."""

from dataclasses import asdict, replace
from typing import Any

from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError

STYLES = {
    "cautious": SamplingSettings(0.4, top_k=10, top_p=0.7),
    "careful": SamplingSettings(0.6, top_k=20, top_p=0.85),
    "balanced": SamplingSettings(0.8, top_k=40, top_p=0.95),
    "lively": SamplingSettings(1.0, top_k=100, top_p=0.98),
    "wild": SamplingSettings(1.4),
}
"""The styles by name, from cautious to wild."""

DEFAULT_STYLE = "balanced"
"""The style of a verse for which no sampling setting is given."""


def choose(
    style: str | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> tuple[str | None, SamplingSettings]:
    """Choose the sampling settings of a verse from what is given; None means that it is not.

    What is given replaces a setting of the style. Without a style, what is given is all: a temperature alone
    samples from all tokens. If nothing is given, the style is `DEFAULT_STYLE`.

    Returns:
        The name of the style, None if there is none, and the settings.

    Raises:
        ShakelmError: there is no such style, or a setting is out of range.
    """
    asked = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if style is None and not given:
        style = DEFAULT_STYLE
    if style is not None and style not in STYLES:
        raise ShakelmError(f"There is no style {style!r}: choose one of {', '.join(STYLES)}.")
    return style, replace(STYLES[style] if style else SamplingSettings(), **given)


def abbreviate(style: str | None, sampling: SamplingSettings) -> tuple[str | None, dict[str, float]]:
    """Say in few words which settings a verse was written with, beside its temperature.

    A style that has a truncation which the verse lacks says something else: the style of a former version, or
    an unknown one. Then the style is left out.

    Returns:
        The name of the style, and the truncations that it does not have, by name. With the temperature, they
        give the settings again (`choose`).
    """
    truncations = {name: value for name, value in asdict(sampling).items() if name != "temperature"}
    if style in STYLES:
        own = asdict(STYLES[style])
        different = {name: value for name, value in truncations.items() if value != own[name]}
        if None not in different.values():
            return style, different
    return None, {name: value for name, value in truncations.items() if value is not None}
