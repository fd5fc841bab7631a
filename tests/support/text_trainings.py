"""What tests of real trainings share: texts made up as a corpus, and the figures of a version."""

import hashlib

from shakelm.data.corpus import Corpus
from shakelm.data.corpus_downloads import default_cache, is_intact, paths
from shakelm.data.named_corpora import NAMED
from shakelm.store.version import Version


def corpus(text: str) -> Corpus:
    """A text as if it had been loaded."""
    return Corpus("synthetic", text, hashlib.sha256(text.encode()).hexdigest())


def validation_losses(version: Version) -> list[float]:
    """The validation losses of all epochs, each of which must have one."""
    losses = [epoch.validation_loss for epoch in version.history().epochs]
    known = [loss for loss in losses if loss is not None]
    assert len(known) == len(losses)
    return known


def validation_figure(version: Version) -> float:
    """Nats per token of a version's weights on the validation text."""
    figures = version.card().validation
    assert figures is not None
    return figures.nats_per_token


def at_hand(name: str) -> bool:
    """Whether all files of a named corpus are in the cache of this machine. Tests download none."""
    files = paths(name, NAMED[name], default_cache())
    return all(is_intact(path, file) for file, path in files.items())
