"""From the store to the index of versions that the bot reads."""

import logging

import redis

from shakelm.data import named_corpora
from shakelm.errors import ShakelmError
from shakelm.store.card import Card
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version
from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary, held_out_text
from worker.records import model_index

log = logging.getLogger(__name__)


def held_out(card: Card) -> HeldOut:
    """A card's figures on the held-out text, with the state carried through all of it."""
    return HeldOut.model_validate(card.held_out.model_dump(include=set(HeldOut.model_fields)))


def summary(version: Version, live: bool) -> ModelSummary:
    """One version as the bot shows it.

    Raises:
        ShakelmError: its files are damaged.
    """
    card, configuration = version.card(), version.configuration()
    model, split = configuration.model, configuration.training.split
    return ModelSummary(
        name=version.name,
        version=version.number,
        live=live,
        packaged=version.packaged,
        architecture=model.architecture,
        vocabulary=model.vocabulary,
        parameters=card.parameters,
        held_out=held_out(card),
        trained_at=card.trained_at,
        corpus=card.corpus.name,
        language=named_corpora.language(card.corpus.name, card.corpus.characters),
        held_out_text=held_out_text(card.corpus.sha256, split),
        size=version.weights_file.stat().st_size,
        network=model,
    )


def publish(connection: "redis.Redis", store: ModelRegistry) -> None:
    """Publish what the store holds, without damaged versions.

    A store that cannot be read is logged, and the index stays as it was.
    """
    summaries, damaged = [], []
    try:
        for version in store.versions():
            live = store.is_live(version)
            try:
                summaries.append(summary(version, live))
            except ShakelmError as error:
                damaged.append(str(error))
    except ShakelmError as error:
        log.warning("The models cannot be published: %s", error)
        return
    if model_index.save(connection, ModelIndex(versions=summaries)):
        log.info("Published %d models", len(summaries))
        for sentence in damaged:
            log.warning("A model is left out: %s", sentence)
