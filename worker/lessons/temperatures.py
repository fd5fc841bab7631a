"""`/temperatures`: one prompt and one random seed at several temperatures, side by side."""

import time
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from shakelm.data.vocabulary_kinds import VocabularyKind
from worker.lessons.tools import Tools
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import BLUE, MAX_FIELD, Message, clip, cut, embed, escape
from worker.messages.formats import unit
from worker.protocol.job_request import JobRequest
from worker.protocol.payload import ModelReference, Prompt, RandomSeed

TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.5)

MAX_COMPARED_LINES = 6
MAX_RECEIPT = 400


class TemperaturesRequest(JobRequest, job="temperatures"):
    """One prompt and one random seed, written at several temperatures."""

    prompt: Prompt = ""
    lines: Annotated[int, Field(ge=1, le=MAX_COMPARED_LINES)] = 4
    model: ModelReference | None = None
    random_seed: RandomSeed


def answer(wanted: TemperaturesRequest, tools: Tools) -> Message:
    """Each verse as the random seed gives it when it is written alone.

    Raises:
        ShakelmError: there is no such model, or it is damaged.
    """
    from shakelm.decoding import generation
    from shakelm.decoding.sampling_settings import SamplingSettings

    started = time.perf_counter()
    model = tools.load(wanted.model)
    length = generation.Length(lines=wanted.lines)
    written = [
        generation.generate_with_entropy(
            model, wanted.prompt, SamplingSettings(temperature), length, wanted.random_seed
        )
        for temperature in TEMPERATURES
    ]
    verses, entropies = zip(*written, strict=True)
    return message(
        list(zip(TEMPERATURES, (verse.text for verse in verses), entropies, strict=True)),
        kind=model.vocabulary.kind,
        model=model.reference,
        number=wanted.random_seed,
        seconds=time.perf_counter() - started,
        unknown=verses[0].unknown,
        locale=wanted.reply_to.locale,
    )


def message(
    written: Sequence[tuple[float, str, float]],
    *,
    kind: VocabularyKind,
    model: str,
    number: int,
    seconds: float,
    unknown: Sequence[str] = (),
    locale: str = DEFAULT,
) -> Message:
    """Verses side by side.

    `written` has the temperature, the text and the mean entropy in bits per token of each.
    """
    fields = [
        {
            "name": text(
                locale, "temperatures.name", temperature=temperature, bits=bits, unit=unit(kind, locale)
            ),
            "value": cut(escape(verse.strip("\n")), "…", MAX_FIELD)
            if verse.strip()
            else text(locale, "verse.empty"),
            "inline": True,
        }
        for temperature, verse, bits in written
    ]
    receipt = text(locale, "temperatures.receipt", model=model, number=number, seconds=seconds)
    if unknown:
        receipt += " · " + text(locale, "verse.unknown", unknown=list(unknown))
    body = embed(
        text(locale, "temperatures.title"),
        text(locale, "temperatures.explained"),
        BLUE,
        clip(receipt, MAX_RECEIPT),
        fields,
    )
    return Message(body)
