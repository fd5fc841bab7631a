"""A new version beside the live one: their figures, and verses that both write."""

from collections.abc import Iterable

from shakelm.configuration import MAX_RANDOM_SEED
from shakelm.decoding import generation
from shakelm.decoding.generation import Length
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.styles import choose
from shakelm.store.card import Figures
from shakelm.store.version import Version
from worker.jobs import model_publishing
from worker.protocol.training_payloads import Comparison, Specimen, Verdict

VERSES = 2
"""Verses that each version writes."""

LENGTH = Length(lines=4)


def compare(version: Version, live: Version) -> Comparison:
    """The figures of the live version, and whether those of the new one are better.

    Raises:
        ShakelmError: files of a version are damaged.
    """
    return Comparison(
        model=live.reference, held_out=model_publishing.held_out(live.card()), verdict=_verdict(version, live)
    )


def specimens(models: Iterable[LanguageModel], random_seed: int) -> tuple[Specimen, ...]:
    """Verses of all models: first one of each with `random_seed`, then one of each with the next seed."""
    models = list(models)
    random_seeds = [(random_seed + step) % (MAX_RANDOM_SEED + 1) for step in range(VERSES)]
    return tuple(_specimen(model, seed) for seed in random_seeds for model in models)


def _verdict(version: Version, live: Version) -> Verdict:
    new_settings, live_settings = version.configuration(), live.configuration()
    new_card, live_card = version.card(), live.card()
    if new_settings.model.vocabulary != live_settings.model.vocabulary:
        return "kinds"
    new_text = (new_card.corpus.sha256, new_settings.training.split)
    live_text = (live_card.corpus.sha256, live_settings.training.split)
    if new_text != live_text:
        return "texts"
    vocabulary = version.vocabulary()
    if not vocabulary.lossless and vocabulary.tokens != live.vocabulary().tokens:
        return "words"
    return "better" if _loss(new_card.held_out) < _loss(live_card.held_out) else "worse"


def _loss(figures: Figures) -> float:
    """Nats per character, which mean the same for all tokens; per token if the vocabulary is lossy."""
    return figures.nats_per_token if figures.nats_per_char is None else figures.nats_per_char


def _specimen(model: LanguageModel, random_seed: int) -> Specimen:
    _, sampling = choose()
    verse = generation.generate(model, "", sampling, LENGTH, random_seed)
    return Specimen(model=model.reference, random_seed=random_seed, text=verse.text)
