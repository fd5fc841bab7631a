"""What a training is going to be: its configuration, its command line, and about what it costs.

The cost comes from the sizes of text and network, and from how fast trainings went before: the hash
`shakelm:training:rates` has, by host and kind of vocabulary, the parameters times tokens that were learned in
a second, without the embedding, which is looked up. `shakelm:training:corpus` tells of the text that the
training workers learn from where none is named.
"""

import shlex
import socket
from typing import cast

import redis

from shakelm.configuration import Configuration, ModelConfiguration, VocabularyKind
from shakelm.data import corpus
from shakelm.data.splitting import SHARE
from shakelm.data.vocabulary import fit, pieces
from shakelm.errors import ShakelmError
from shakelm.networks.layers import layers
from shakelm.training_options import plan
from worker.protocol.payload import Payload
from worker.protocol.training_payloads import Cost, TrainRequest
from worker.queue import rq_internals

_RATES = "shakelm:training:rates"
_CORPUS = "shakelm:training:corpus"


class TextSize(Payload):
    """A text's characters; tokens and vocabulary of its training part, by the kind of vocabulary."""

    characters: int
    tokens: dict[VocabularyKind, int]
    vocabulary: dict[VocabularyKind, int]


class WorkersCorpus(Payload):
    """The training workers' own text: its name, and its size where that is known."""

    name: str
    size: TextSize | None


KNOWN_SIZES = {
    "shakespeare": TextSize(
        characters=1_115_394,
        tokens={"word": 197_044, "char": 903_469},
        vocabulary={"word": 6_047, "char": 66},
    )
}
"""Of known corpora, which the bot never has at hand."""


def configuration(request: TrainRequest) -> Configuration:
    """What the request amounts to.

    Raises:
        ShakelmError: there is no such preset, or its sizes and those asked for do not fit each other.
    """
    given = request.model_dump(
        include={"architecture", "vocabulary", "layers", "dropout", "epochs", "learning_rate", "random_seed"},
        exclude_none=True,
        by_alias=False,
    )
    if request.units is not None:
        given["units"] = (request.units,)
    return plan(preset=request.preset, **given)


def command(request: TrainRequest, source: str) -> str:
    """The command line that repeats the training with the text `source`."""
    options = [
        ("preset", request.preset),
        ("architecture", request.architecture),
        ("vocabulary", request.vocabulary),
        ("corpus", source),
        ("units", request.units),
        ("layers", request.layers),
        ("dropout", request.dropout),
        ("epochs", request.epochs),
        ("learning-rate", request.learning_rate),
        ("number", request.random_seed),
    ]
    arguments = [part for name, value in options if value is not None for part in (f"--{name}", str(value))]
    return shlex.join(["shakelm", "train", request.name, *arguments])


def measure(text: str) -> TextSize:
    """How large a text is, with its training part cut off as `splitting.split` does.

    Raises:
        ShakelmError: it is too poor for a vocabulary.
    """
    learned = text[: round(len(text) * (1 - SHARE) ** 2)]
    kinds: tuple[VocabularyKind, ...] = ("word", "char")
    return TextSize(
        characters=len(text),
        tokens={kind: len(pieces(learned, kind)) for kind in kinds},
        vocabulary={kind: len(fit(learned, kind)) for kind in kinds},
    )


def publish_corpus(connection: "redis.Redis", source: str) -> None:
    """Tell the bot of this worker's own text, a known corpus or a file; an unreadable one is not told of."""
    size = KNOWN_SIZES.get(source)
    name = source
    if source not in corpus.NAMED:
        try:
            loaded = corpus.load(source)
            name, size = loaded.name, measure(loaded.text)
        except ShakelmError:
            connection.delete(_CORPUS)
            return
    connection.set(_CORPUS, WorkersCorpus(name=name, size=size).model_dump_json())


def workers_corpus(connection: "redis.Redis") -> WorkersCorpus | None:
    """The text that is learned from where none is named; None where no training worker has told of it."""
    record = cast("bytes | None", connection.get(_CORPUS))
    return None if record is None else WorkersCorpus.model_validate_json(record)


def cost(connection: "redis.Redis", request: TrainRequest, size: TextSize) -> Cost:
    """What a training costs if all its epochs are run, on the slowest machine that may do it.

    Raises:
        ShakelmError: as `configuration`.
    """
    planned = configuration(request)
    parameters, work = _parameters(planned.model, size.vocabulary[request.vocabulary])
    rates = _rates(connection, request.vocabulary)
    if not rates:
        return Cost(parameters, None)
    tokens = size.tokens[request.vocabulary] / (1 if planned.training.validation else 1 - SHARE)
    return Cost(parameters, work * tokens * planned.training.epochs / min(rates))


def measured(
    connection: "redis.Redis", model: ModelConfiguration, vocabulary_size: int, tokens_per_second: float
) -> None:
    """Remember how fast a training of such a network went on this machine."""
    _, work = _parameters(model, vocabulary_size)
    connection.hset(_RATES, _field(socket.gethostname(), model.vocabulary), work * tokens_per_second)


def _parameters(model: ModelConfiguration, vocabulary_size: int) -> tuple[int, int]:
    """How many there are in all, and without the embedding."""
    sizes = {layer.name: layer.parameters for layer in layers(model, vocabulary_size)}
    return sum(sizes.values()), sum(sizes.values()) - sizes["embedding"]


def _rates(connection: "redis.Redis", kind: VocabularyKind) -> list[float]:
    """Those measured on the machines whose training workers are alive, or on all where none is just now."""
    fields = cast("dict[bytes, bytes]", connection.hgetall(_RATES))
    measured = {field.decode(): float(rate) for field, rate in fields.items()}
    alive = [
        _field(worker.host, kind) for worker in rq_internals.live_workers(connection, rq_internals.TRAIN)
    ]
    return [
        rate for field, rate in measured.items() if (field in alive if alive else field.endswith(f" {kind}"))
    ]


def _field(host: str, kind: VocabularyKind) -> str:
    return f"{host} {kind}"
