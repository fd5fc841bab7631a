"""The job behind `/verse`."""

import logging
import time

from shakelm.decoding.generation import Length, Verse, generate
from shakelm.decoding.language_model import LanguageModel
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
    started = time.perf_counter()
    model = load(wanted.model)
    written, before = _generate(model, wanted)
    seconds = time.perf_counter() - started
    log.info("%s: %d tokens by %s in %.2f s", job_id(), written.tokens, model.reference, seconds)
    result = VerseResult(
        text=written.text[before:],
        model=model.reference,
        temperature=wanted.temperature,
        random_seed=wanted.random_seed,
        seconds=seconds,
        unknown=[piece for piece in written.unknown if piece in wanted.prompt],
    )
    verse_records.complete(connection(), wanted.id, result)
    seed = written.prompt[before:].rstrip()
    return verse_messages.verse(wanted, result, seed, exact=model.network.exact)


def _generate(model: LanguageModel, wanted: VerseRequest) -> tuple[Verse, int]:
    """The verse with all that stands before it, and the number of characters of that."""
    sampling, length, random_seed = wanted.sampling, Length(lines=wanted.lines), wanted.random_seed
    known = wanted.context + wanted.written
    prompt = wanted.context + wanted.prompt
    if not wanted.written:
        return generate(model, prompt, sampling, length, random_seed), len(wanted.context)
    written = generate(model, prompt, sampling, length, random_seed, after=len(known))
    if written.text.startswith(known):
        return written, len(known)
    # Another machine has written another text, with a model that is not exact.
    known += "\n"
    return generate(model, known, sampling, length, random_seed), len(known)
