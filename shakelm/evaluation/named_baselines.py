"""n-gram baselines on the held-out text of the named corpora: rungs beside the figures of every version.

`docs/baseline_figures.py` makes `named_baselines.json` with `shakelm baseline`. They are known for versions
of any release, no training takes longer for them, and nothing is computed to show them. For a text of one's
own, the same command gives them in seconds.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from shakelm.data.vocabulary_kinds import VocabularyKind
from shakelm.store.card import Figures

FILE = Path(__file__).with_suffix(".json")


class NamedBaseline(Figures):
    """An n-gram model and its scores on held-out text, with the context carried through all of it.

    Attributes:
        command: made it.
        corpus: the name of the corpus; its last part is the held-out text.
        sha256: of the corpus, as on cards.
        vocabulary: the kind of its tokens.
        vocabulary_size: the number of different tokens that it knows.
        order: tokens in an n-gram.
        seconds: the time that this order and those below it took.
    """

    command: str
    corpus: str
    sha256: str
    vocabulary: VocabularyKind
    vocabulary_size: int
    order: int
    seconds: float


_LIST = TypeAdapter(list[NamedBaseline])


def read() -> list[NamedBaseline]:
    """All orders of each command, from the unigram on."""
    return _LIST.validate_json(FILE.read_bytes())


@cache
def rungs() -> Mapping[str, Sequence[NamedBaseline]]:
    """The unigram and the best n-gram model of each kind of vocabulary, by the SHA-256 of the corpus.

    Each was scored on the contiguous held-out part of the corpus.
    """
    series: dict[str, list[NamedBaseline]] = {}
    for baseline in read():
        series.setdefault(baseline.command, []).append(baseline)
    found: dict[str, list[NamedBaseline]] = {}
    for orders in series.values():
        best = min(orders, key=lambda one: one.nats_per_token)
        found.setdefault(best.sha256, []).extend((best, orders[0]))
    return found
