"""What a model shows in class: temperatures side by side, what comes next, tokens, curves.

Each of these makes the answer to one request; texts and limits are those of `lesson_messages`.
"""

import time
from collections.abc import Callable

import redis

from shakelm.data.vocabulary import Vocabulary, check_mapping
from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel, Length
from shakelm.decoding.prediction import Prediction, predict
from shakelm.decoding.sampling import Sampling
from shakelm.store.registry import Version
from worker.messages import lesson_messages
from worker.messages.discord_json import Message
from worker.protocol.lesson_payloads import (
    NextRequest,
    SharedLine,
    StepRequest,
    TemperaturesRequest,
    TokensRequest,
)
from worker.records import shared_lines

TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.5)

OFFERED = 5
"""So many of the likeliest tokens can be appended: a row of buttons holds no more."""

Load = Callable[[str | None], LanguageModel]
"""Brings the model of that reference into memory, the live one for None."""


def temperatures(wanted: TemperaturesRequest, model: LanguageModel) -> Message:
    """The same seed and number at several temperatures, each verse as it comes when it is written alone."""
    started = time.perf_counter()
    length = Length(lines=wanted.lines)
    written = [
        generation.write_measured(model, wanted.prompt, Sampling(temperature), length, wanted.random_seed)
        for temperature in TEMPERATURES
    ]
    verses, entropies = zip(*written, strict=True)
    return lesson_messages.temperatures(
        list(zip(TEMPERATURES, (verse.text for verse in verses), entropies, strict=True)),
        kind=model.vocabulary.kind,
        model=model.reference,
        number=wanted.random_seed,
        seconds=time.perf_counter() - started,
        unknown=verses[0].unknown,
        locale=wanted.reply_to.locale,
    )


def begin_line(connection: "redis.Redis", wanted: NextRequest, model: LanguageModel) -> Message:
    """What may come after a text, as a line with which people can go on.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    prediction = predict(model, wanted.text, OFFERED)
    line = SharedLine(
        **wanted.model_dump(exclude={"text", "model", "reply_to"}),
        prompt=prediction.seed,
        offered=_pieces(model.vocabulary, prediction),
        model=model.reference,
        changed_by=wanted.id,
        locale=wanted.reply_to.locale,
    )
    shared_lines.begin(connection, line)
    return lesson_messages.shared_line(line, prediction)


def step(connection: "redis.Redis", wanted: StepRequest, load: Load) -> Message:
    """The line after a press: longer by what was chosen, or shorter by what was appended last.

    Raises:
        Refusal: the line has expired, or somebody was quicker.
        ShakelmError: the line's model is gone.
        redis.RedisError: the queue cannot be reached.
    """
    line = shared_lines.find(connection, wanted.line)
    if line.changed_by == wanted.id:  # by an earlier attempt, whose answer did not get through
        return lesson_messages.shared_line(line, predict(load(line.model), line.text, OFFERED))
    before = shared_lines.at(connection, wanted.line, wanted.version)
    added = before.added[:-1] if wanted.choice is None else (*before.added, before.offered[wanted.choice])
    longer = before.model_copy(
        update={"added": added, "version": before.version + 1, "changed_by": wanted.id}
    )
    model = load(before.model)
    prediction = predict(model, longer.text, OFFERED)
    after = longer.model_copy(update={"offered": _pieces(model.vocabulary, prediction)})
    shared_lines.change(connection, before, after)
    return lesson_messages.shared_line(after, prediction)


def _pieces(vocabulary: Vocabulary, prediction: Prediction) -> tuple[str, ...]:
    """What each predicted token adds to the text."""
    return tuple(
        vocabulary.extend(prediction.seed, int(vocabulary.encode(token)[0])) for token in prediction.tokens
    )


def tokens(wanted: TokensRequest, version: Version) -> Message:
    """How a version's vocabulary sees a text.

    Raises:
        ShakelmError: the version's files are damaged.
    """
    vocabulary = version.read(version.vocabulary.name, Vocabulary)
    mappings = check_mapping(wanted.text, vocabulary)
    return lesson_messages.tokens(mappings, vocabulary.kind, version.reference, wanted.reply_to.locale)


def curves(version: Version, locale: str) -> Message:
    """Loss and accuracy of a version's training, as a picture.

    Raises:
        ShakelmError: the version's files are damaged.
    """
    return lesson_messages.curves(version.history(), version.reference, locale)
