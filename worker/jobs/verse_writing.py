"""The job behind `/verse`."""

import logging
import time

from shakelm.decoding import generation
from shakelm.decoding.generation import Length
from shakelm.decoding.sampling import SamplingSettings
from worker.jobs.answering import connection, job_id
from worker.jobs.loaded_models import load
from worker.messages import verse_messages
from worker.messages.discord_json import Message
from worker.protocol.verse_payloads import VerseRequest, VerseResult
from worker.records import verse_records

log = logging.getLogger(__name__)


def write(wanted: VerseRequest) -> Message:
    """Write a verse, and complete its record.

    Raises:
        ShakelmError: there is no such model, or it is damaged.
    """
    result, prompt = _write(wanted)
    verse_records.complete(connection(), wanted.id, result)
    return verse_messages.verse(wanted, result, prompt)


def _write(wanted: VerseRequest) -> tuple[VerseResult, str]:
    """The verse, and the seed as the model reads it, with which it begins."""
    started = time.perf_counter()
    model = load(wanted.model)
    written = generation.generate(
        model,
        wanted.context + wanted.prompt,
        SamplingSettings(wanted.temperature, wanted.top_k, wanted.top_p, wanted.min_p),
        Length(lines=wanted.lines),
        wanted.random_seed,
    )
    seconds = time.perf_counter() - started
    log.info("%s: %d tokens by %s in %.2f s", job_id(), written.tokens, model.reference, seconds)
    result = VerseResult(
        text=written.text[len(wanted.context) :],
        model=model.reference,
        temperature=wanted.temperature,
        random_seed=wanted.random_seed,
        seconds=seconds,
        unknown=[piece for piece in written.unknown if piece in wanted.prompt],
    )
    return result, written.prompt[len(wanted.context) :].rstrip()
