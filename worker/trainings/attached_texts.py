"""Texts that teachers attach to `/admin train`, in Redis under the SHA-256 of their bytes.

The bot checks and stores them. The training worker reads them. No file has a name that a person chose.
"""

import hashlib
import re
from typing import cast

import redis

from shakelm.data import text_reading
from shakelm.data.corpus import Corpus
from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.protocol.training_payloads import AttachedText

MAX_BYTES = 4 * 2**20

MIN_CHARACTERS = 5000
"""A shorter text has too few tokens to learn from, and too few to test with."""


def check(name: str, content: bytes) -> tuple[AttachedText, Corpus]:
    """Check a file, and return its cleaned name with its checksum, and its text as a corpus.

    Raises:
        ShakelmError: the file is too large, is no text that can be read (`text_reading.read`), or is too
            short to learn from.
    """
    check_size(len(content))
    text, reading = text_reading.read(content, name)
    if len(text.strip()) < MIN_CHARACTERS:
        raise Refusal("refusal.corpus_short", name=name, least=MIN_CHARACTERS)
    # Python's `\w` has characters that the payload's does not, such as ².
    kept = (each if each.isalpha() or each.isdecimal() or each in "_.-" else " " for each in name)
    cleaned = re.sub(" +", "-", "".join(kept)).strip("-.")[-64:]
    attached = AttachedText(name=cleaned or "text", sha256=hashlib.sha256(content).hexdigest())
    return attached, Corpus(attached.name, text, attached.sha256, reading=reading)


def check_size(size: int) -> None:
    """Check the size of a file, in bytes.

    Raises:
        Refusal: the file is too large.
    """
    if size > MAX_BYTES:
        raise Refusal("refusal.corpus_large", limit=MAX_BYTES // 2**20)


def keep(connection: "redis.Redis", attached: AttachedText, content: bytes) -> None:
    """Store a text for the lifetime of a proposal. A text that is stored for longer stays as it is."""
    connection.set(_key(attached), content, ex=retention.PROPOSAL.seconds, nx=True)
    connection.expire(_key(attached), retention.PROPOSAL.seconds, gt=True)


def need(connection: "redis.Redis", attached: AttachedText) -> None:
    """Keep a stored text for a training that waits or runs."""
    connection.expire(_key(attached), retention.ATTACHED_TEXT.seconds)


def load(connection: "redis.Redis", attached: AttachedText) -> Corpus:
    """The text as a corpus.

    Raises:
        ShakelmError: the text is no longer stored, or a former release stored what this one cannot read.
    """
    content = cast("bytes | None", connection.get(_key(attached)))
    if content is None:
        raise Refusal("training.error.corpus_gone", name=attached.name)
    text, reading = text_reading.read(content, attached.name)
    return Corpus(attached.name, text, attached.sha256, reading=reading)


def release(connection: "redis.Redis", attached: AttachedText) -> None:
    """Let a text that no started training needs expire with the proposals that may need it."""
    connection.expire(_key(attached), retention.PROPOSAL.seconds, lt=True)


def _key(attached: AttachedText) -> str:
    return f"shakelm:corpus:{attached.sha256}"
