"""Figures, durations and progress bars as parts of a message."""

import math

from shakelm.data.named_corpora import Language
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from worker.messages.catalog import text
from worker.protocol.model_payloads import HeldOut


def loss_of(held_out: HeldOut, locale: str) -> str:
    """The loss per character if the vocabulary is lossless, otherwise per token."""
    if held_out.nats_per_char is None:
        return text(locale, "figures.nats_per_token", nats=held_out.nats_per_token)
    return text(locale, "figures.nats_per_char", nats=held_out.nats_per_char)


def figures_of(held_out: HeldOut, locale: str) -> str:
    """The figures on held-out text in one line."""
    return text(
        locale,
        "figures.line",
        loss=loss_of(held_out, locale),
        perplexity=held_out.perplexity,
        accuracy=held_out.accuracy,
    )


def unit(kind: VocabularyKind, locale: str) -> str:
    """What one token of that kind of vocabulary is."""
    return _of_kind(kind, "unit", KINDS[kind].unit, locale)


def units(kind: VocabularyKind, locale: str) -> str:
    """The plural of `unit`."""
    return _of_kind(kind, "units", KINDS[kind].units, locale)


def short_unit(kind: VocabularyKind, locale: str) -> str:
    """A short form of `unit` for a column."""
    return _of_kind(kind, "short", kind, locale)


def _of_kind(kind: VocabularyKind, form: str, english: str, locale: str) -> str:
    """The text of a kind, or the English one of its class if the catalog has none."""
    try:
        return text(locale, f"vocabulary.{kind}.{form}")
    except KeyError:
        return english


def language_of(name: Language, locale: str) -> str:
    """A language by its name in the reader's."""
    return text(locale, f"language.{name.lower()}")


def bar(share: float, width: int = 20) -> str:
    """A progress bar of `width` characters for a share from 0 to 1."""
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def about(seconds: float, locale: str) -> str:
    """A rough duration that seldom changes: steps of 5 seconds below a minute, then whole minutes."""
    steps = max(math.ceil(seconds / 5), 1)
    if steps < 12:
        return text(locale, "duration.seconds", seconds=5 * steps)
    return text(locale, "duration.whole_minutes", minutes=round(steps / 12))


def duration(seconds: float, locale: str) -> str:
    """A duration to the second, from one hour on to the minute."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return text(locale, "duration.hours", hours=hours, minutes=minutes)
    if minutes:
        return text(locale, "duration.minutes", minutes=minutes, seconds=rest)
    return text(locale, "duration.seconds", seconds=rest)
