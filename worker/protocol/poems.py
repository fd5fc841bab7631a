"""Verses that go on with other verses: a poem in several messages."""

from typing import Any

from worker.protocol.verse_payloads import MAX_CONTEXT_CHARACTERS, VerseRecord


def whole(record: VerseRecord) -> str:
    """The verse with all that it continues, as far as the record has it."""
    return record.context + record.written + (record.result.text if record.result else "")


def continuation(record: VerseRecord) -> dict[str, Any]:
    """The settings in which a verse that goes on with this one differs from it.

    The random seed stays, so the two are one longer verse. Where that has grown too long, the verse begins
    anew, with the last lines as its context. If nothing was written, the random seed alone differs.
    """
    if record.result is None or not record.result.text.strip():
        return {"random_seed": None}
    written = record.written + record.result.text
    if len(record.context) + len(written) <= MAX_CONTEXT_CHARACTERS:
        return {"written": written}
    return {"written": "", "prompt": "", "context": _end_of(f"{whole(record)}\n"), "random_seed": None}


def anew(record: VerseRecord) -> VerseRecord:
    """The record with what was written before as context. Then other settings can follow."""
    if not record.written:
        return record
    context = _end_of(f"{record.context}{record.written}\n")
    return record.model_copy(update={"context": context, "prompt": "", "written": ""})


def _end_of(poem: str) -> str:
    """The last lines of a poem that fit into a context."""
    if len(poem) <= MAX_CONTEXT_CHARACTERS:
        return poem
    return poem[-MAX_CONTEXT_CHARACTERS:].partition("\n")[2]
