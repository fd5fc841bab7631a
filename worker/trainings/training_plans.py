"""The plan and the cost of a training: its configuration, its command line, its size and its duration.

The duration comes from the sizes of the text and the network, and from the speed of earlier trainings.

Keys in Redis:

- `shakelm:training:rates`: hash from "HOST KIND" to parameters times tokens per second, for each kind of
  vocabulary. The parameters of the embedding do not count, because a lookup takes no time.
- `shakelm:training:corpus`: the corpus of the training workers (`WorkersCorpus`).
"""

import shlex
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import cast

import redis

from shakelm import text_preparation
from shakelm.configuration import Configuration, ModelConfiguration
from shakelm.data import corpus
from shakelm.data.named_corpora import NAMED
from shakelm.data.splitting import VALIDATION_FRACTION
from shakelm.data.vocabulary import CorpusSize
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from shakelm.errors import ShakelmError
from shakelm.networks.layers import layers
from shakelm.training_options import command_line, plan
from worker.messages.catalog import Refusal
from worker.protocol.model_payloads import ModelSummary
from worker.protocol.payload import Payload
from worker.protocol.training_payloads import Cost, TrainRequest
from worker.queue import rq_internals

_RATES = "shakelm:training:rates"
_CORPUS = "shakelm:training:corpus"

_MEASURED = [name for name, kind in KINDS.items() if kind.characters_per_token is None]
"""The kinds whose sizes a worker publishes. A bot of the former release can read no others."""


class TextSize(Payload):
    """The characters of a text. By kind of vocabulary: the tokens and the vocabulary of its training part.

    A kind that the text was not measured for, or cannot be learned with, is missing.
    """

    characters: int
    tokens: dict[VocabularyKind, int]
    vocabulary: dict[VocabularyKind, int]


class WorkersCorpus(Payload):
    """The corpus of the training workers: its name, and its size if it is known."""

    name: str
    size: TextSize | None


def known_size(name: str, kinds: Iterable[VocabularyKind] = KINDS) -> TextSize | None:
    """The size of a known corpus, which the bot does not download. None for any other text."""
    known = NAMED.get(name)
    if known is None:
        return None
    return _text_size(known.characters, {kind: KINDS[kind].corpus_sizes[name] for kind in kinds})


def _text_size(characters: int, sizes: Mapping[VocabularyKind, CorpusSize]) -> TextSize:
    return TextSize(
        characters=characters,
        tokens={kind: size.tokens for kind, size in sizes.items()},
        vocabulary={kind: size.vocabulary for kind, size in sizes.items()},
    )


def configuration(request: TrainRequest, network: ModelConfiguration | None = None) -> Configuration:
    """The configuration of the training. `network` is that of the version that it goes on from.

    Raises:
        ShakelmError: there is no such preset, or the preset and the options do not fit each other, or the
            network.
    """
    return plan(**request.chosen(), network=network)


def command(request: TrainRequest, source: str) -> str:
    """The command line that repeats the training with the text `source`, a known corpus or a file."""
    return shlex.join(command_line(request.name, source, request.chosen()))


def measure(text: str, planned: Configuration) -> TextSize:
    """The size of a text, with the vocabulary of this configuration and no other.

    It is estimated where `text_preparation.measure` estimates it.

    Raises:
        ShakelmError: the text cannot be learned from with this configuration.
    """
    return _text_size(len(text), {planned.model.vocabulary: text_preparation.measure(text, planned)})


def check(planned: Configuration, size: TextSize) -> None:
    """Check that a text of that size can be learned from with the vocabulary and settings of a training.

    Raises:
        ShakelmError: it is too short for the settings, or cannot be learned with that vocabulary.
    """
    kind = planned.model.vocabulary
    units = KINDS[kind].units
    if kind not in size.tokens:
        raise Refusal("refusal.corpus_kind", units=units)
    text_preparation.check_length(_learned(planned, size), planned.training, units)


def publish_corpus(connection: "redis.Redis", source: str) -> None:
    """Publish the corpus of this training worker: a known corpus, a file or a folder.

    What cannot be read is withdrawn.
    """
    size = known_size(source, _MEASURED)
    name = source
    if size is None:
        try:
            loaded = corpus.load(source)
        except ShakelmError:
            connection.delete(_CORPUS)
            return
        name, size = loaded.name, _measure_all(loaded.text)
    connection.set(_CORPUS, WorkersCorpus(name=name, size=size).model_dump_json())


def _measure_all(text: str) -> TextSize:
    """The size of a text with each measured kind of vocabulary that it can be learned with."""
    sizes = {}
    for kind in _MEASURED:
        with suppress(ShakelmError):
            sizes[kind] = text_preparation.measure(text, plan(vocabulary=kind))
    return _text_size(len(text), sizes)


def workers_corpus(connection: "redis.Redis") -> WorkersCorpus | None:
    """The corpus of trainings that name no text. None if no training worker has published it."""
    record = cast("bytes | None", connection.get(_CORPUS))
    if record is None:
        return None
    found = WorkersCorpus.model_validate_json(record)
    return found if found.size is None else found.model_copy(update={"size": _with_estimates(found.size)})


def _with_estimates(size: TextSize) -> TextSize:
    """A size with the kinds that are not measured: those of a text that can be learned as characters."""
    sizes = {kind: CorpusSize(size.tokens[kind], size.vocabulary[kind]) for kind in size.tokens}
    if "char" in sizes:
        for kind in KINDS.keys() - set(_MEASURED):
            sizes[kind] = text_preparation.estimate(sizes["char"].tokens, plan(vocabulary=kind).model)
    return _text_size(size.characters, sizes)


def cost(
    connection: "redis.Redis", planned: Configuration, size: TextSize, base: ModelSummary | None = None
) -> Cost:
    """The cost of a training with all its epochs, on the slowest machine that may run it.

    Args:
        connection: to Redis.
        planned: the configuration.
        size: of the text.
        base: the version that the training goes on from, with its vocabulary.
    """
    kind = planned.model.vocabulary
    vocabulary_size = planned.model.pieces or size.vocabulary[kind]
    if base is not None:
        vocabulary_size = _vocabulary_size(planned.model, base.parameters)
    parameters, work = _parameters(planned.model, vocabulary_size)
    rates = _rates(connection, kind)
    if not rates:
        return Cost(parameters, None)
    return Cost(parameters, work * _learned(planned, size) * planned.training.epochs / min(rates))


def record_speed(
    connection: "redis.Redis", model: ModelConfiguration, vocabulary_size: int, tokens_per_second: float
) -> None:
    """Record the speed of a training on this machine, for the cost of later ones."""
    _, work = _parameters(model, vocabulary_size)
    connection.hset(_RATES, _field(socket.gethostname(), model.vocabulary), work * tokens_per_second)


def _learned(planned: Configuration, size: TextSize) -> int:
    """The tokens that are learned from: without validation, about those of the validation part too."""
    tokens = size.tokens[planned.model.vocabulary]
    return tokens if planned.training.validation else round(tokens / (1 - VALIDATION_FRACTION))


def _parameters(model: ModelConfiguration, vocabulary_size: int) -> tuple[int, int]:
    """The number of all parameters, and of those outside the embedding."""
    sizes = {layer.name: layer.parameters for layer in layers(model, vocabulary_size)}
    return sum(sizes.values()), sum(sizes.values()) - sizes["embedding"]


def _vocabulary_size(model: ModelConfiguration, parameters: int) -> int:
    """The size of the vocabulary of a network with so many parameters: each token has equally many."""
    (without, _), (with_one, _) = _parameters(model, 0), _parameters(model, 1)
    return (parameters - without) // (with_one - without)


def _rates(connection: "redis.Redis", kind: VocabularyKind) -> list[float]:
    """The rates of the machines with a live training worker, or of all machines if there is none."""
    fields = cast("dict[bytes, bytes]", connection.hgetall(_RATES))
    rates = {field.decode(): float(rate) for field, rate in fields.items()}
    live = [_field(worker.host, kind) for worker in rq_internals.live_workers(connection, rq_internals.TRAIN)]
    return [rate for field, rate in rates.items() if (field in live if live else field.endswith(f" {kind}"))]


def _field(host: str, kind: VocabularyKind) -> str:
    return f"{host} {kind}"
