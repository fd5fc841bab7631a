"""Styles: sampling settings that go together, under plain names."""

from typing import NamedTuple, TypedDict

from shakelm import defaults


class Style(NamedTuple):
    """How freely a verse is written, as in `shakelm.decoding.sampling.SamplingSettings`."""

    temperature: float
    top_k: int | None
    top_p: float | None


STYLES = {
    "cautious": Style(0.4, 10, 0.7),
    "careful": Style(0.6, 20, 0.85),
    "balanced": Style(0.8, 40, 0.95),
    "lively": Style(1.0, 100, 0.98),
    "wild": Style(1.4, None, None),
}
"""The styles by name, from cautious to wild. The catalog has their texts."""


class Freedom(TypedDict):
    """The fields of `worker.protocol.verse_payloads.VerseSettings` that say how freely a verse is written."""

    style: str | None
    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None


def freedom(style: str | None, temperature: float | None) -> Freedom:
    """The settings of a style, by its name; a given temperature overrides the style's."""
    chosen = STYLES[style] if style else Style(defaults.TEMPERATURE, None, None)
    return Freedom(
        style=style,
        temperature=chosen.temperature if temperature is None else temperature,
        top_k=chosen.top_k,
        top_p=chosen.top_p,
        min_p=None,
    )
