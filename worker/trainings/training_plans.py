"""The plan and the cost of a training: its configuration, its command line, its size and its duration.

The duration comes from the sizes of the text and the network, and from the speed of earlier trainings.

Keys in Redis:

- `shakelm:training:rates`: hash from "HOST KIND" to parameters times tokens per second, for each kind of
  vocabulary. The parameters of the embedding do not count, because a lookup takes no time.
- `shakelm:training:corpus`: the corpus of the training workers (`WorkersCorpus`).
"""

import shlex
import socket
from typing import cast

import redis

from shakelm.configuration import Configuration, ModelConfiguration
from shakelm.data import corpus
from shakelm.data.splitting import TEST_FRACTION, VALIDATION_FRACTION
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind, fit
from shakelm.errors import ShakelmError
from shakelm.networks.layers import layers
from shakelm.training_options import command_line, plan
from worker.protocol.payload import Payload
from worker.protocol.training_payloads import Cost, TrainRequest
from worker.queue import rq_internals

_RATES = "shakelm:training:rates"
_CORPUS = "shakelm:training:corpus"


class TextSize(Payload):
    """The characters of a text. By kind of vocabulary: the tokens and the vocabulary of its training part."""

    characters: int
    tokens: dict[VocabularyKind, int]
    vocabulary: dict[VocabularyKind, int]


class WorkersCorpus(Payload):
    """The corpus of the training workers: its name, and its size if it is known."""

    name: str
    size: TextSize | None


def known_size(name: str) -> TextSize | None:
    """The size of a known corpus, which the bot does not download. None for any other text."""
    known = corpus.NAMED.get(name)
    if known is None:
        return None
    sizes = {kind: vocabulary.corpus_sizes[name] for kind, vocabulary in KINDS.items()}
    return TextSize(
        characters=known.characters,
        tokens={kind: size.tokens for kind, size in sizes.items()},
        vocabulary={kind: size.vocabulary for kind, size in sizes.items()},
    )


def configuration(request: TrainRequest) -> Configuration:
    """The configuration of the training.

    Raises:
        ShakelmError: there is no such preset, or the preset and the options do not fit each other.
    """
    return plan(**request.chosen())


def command(request: TrainRequest, source: str) -> str:
    """The command line that repeats the training with the text `source`, a known corpus or a file."""
    return shlex.join(command_line(request.name, source, request.chosen()))


def measure(text: str) -> TextSize:
    """The size of a text. Its training part is about that of `splitting.split`.

    Raises:
        ShakelmError: the text has too few tokens for a vocabulary.
    """
    learned = text[: round(len(text) * (1 - TEST_FRACTION) * (1 - VALIDATION_FRACTION))]
    vocabularies = {kind: fit(learned, kind) for kind in KINDS}
    return TextSize(
        characters=len(text),
        tokens={kind: len(vocabulary.pieces(learned)) for kind, vocabulary in vocabularies.items()},
        vocabulary={kind: len(vocabulary) for kind, vocabulary in vocabularies.items()},
    )


def publish_corpus(connection: "redis.Redis", source: str) -> None:
    """Publish the corpus of this training worker, a known corpus or a file; withdraw an unreadable one."""
    size = known_size(source)
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
    """The corpus of trainings that name no text. None if no training worker has published it."""
    record = cast("bytes | None", connection.get(_CORPUS))
    return None if record is None else WorkersCorpus.model_validate_json(record)


def cost(connection: "redis.Redis", request: TrainRequest, size: TextSize) -> Cost:
    """The cost of a training with all its epochs, on the slowest machine that may run it.

    Raises:
        ShakelmError: as in `configuration`.
    """
    planned = configuration(request)
    parameters, work = _parameters(planned.model, size.vocabulary[request.vocabulary])
    rates = _rates(connection, request.vocabulary)
    if not rates:
        return Cost(parameters, None)
    tokens = size.tokens[request.vocabulary] / (1 if planned.training.validation else 1 - VALIDATION_FRACTION)
    return Cost(parameters, work * tokens * planned.training.epochs / min(rates))


def record_speed(
    connection: "redis.Redis", model: ModelConfiguration, vocabulary_size: int, tokens_per_second: float
) -> None:
    """Record the speed of a training on this machine, for the cost of later ones."""
    _, work = _parameters(model, vocabulary_size)
    connection.hset(_RATES, _field(socket.gethostname(), model.vocabulary), work * tokens_per_second)


def _parameters(model: ModelConfiguration, vocabulary_size: int) -> tuple[int, int]:
    """The number of all parameters, and of those outside the embedding."""
    sizes = {layer.name: layer.parameters for layer in layers(model, vocabulary_size)}
    return sum(sizes.values()), sum(sizes.values()) - sizes["embedding"]


def _rates(connection: "redis.Redis", kind: VocabularyKind) -> list[float]:
    """The rates of the machines with a live training worker, or of all machines if there is none."""
    fields = cast("dict[bytes, bytes]", connection.hgetall(_RATES))
    rates = {field.decode(): float(rate) for field, rate in fields.items()}
    live = [_field(worker.host, kind) for worker in rq_internals.live_workers(connection, rq_internals.TRAIN)]
    return [rate for field, rate in rates.items() if (field in live if live else field.endswith(f" {kind}"))]


def _field(host: str, kind: VocabularyKind) -> str:
    return f"{host} {kind}"
