"""Texts that administrators attach to be learned from, kept in Redis by the SHA-256 of their bytes.

The bot checks and keeps them, and the training worker reads them; no file is named by what people write.
"""

import hashlib
import re
from typing import cast

import redis

from shakelm.data.corpus import Corpus, normalise
from worker.messages.catalog import Refusal
from worker.protocol import retention
from worker.protocol.training_payloads import AttachedText

MAX_BYTES = 4 * 2**20

MIN_CHARACTERS = 5000
"""Of less nothing is learned, and too little is held out to tell so."""


def check(name: str, content: bytes) -> tuple[AttachedText, str]:
    """A file's cleaned name and checksum, and the normalised text in it.

    Raises:
        Refusal: it is too large, binary, not UTF-8, or too short to learn from.
    """
    check_size(len(content))
    if b"\0" in content:
        raise Refusal("refusal.corpus_binary", name=name)
    try:
        text = normalise(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal("refusal.corpus_encoding", name=name, byte=error.start) from error
    if len(text.strip()) < MIN_CHARACTERS:
        raise Refusal("refusal.corpus_short", name=name, least=MIN_CHARACTERS)
    cleaned = re.sub(r"[^\w.-]+", "-", name).strip("-.")[-64:]
    return AttachedText(name=cleaned or "text", sha256=hashlib.sha256(content).hexdigest()), text


def check_size(size: int) -> None:
    """Let pass a file of so many bytes.

    Raises:
        Refusal: it is too large.
    """
    if size > MAX_BYTES:
        raise Refusal("refusal.corpus_large", limit=MAX_BYTES // 2**20)


def keep(connection: "redis.Redis", attached: AttachedText, content: bytes) -> None:
    """Keep a text until the training that it came with is confirmed, or as long as it is kept already."""
    connection.set(_key(attached), content, ex=retention.PROPOSAL.seconds, nx=True)
    connection.expire(_key(attached), retention.PROPOSAL.seconds, gt=True)


def need(connection: "redis.Redis", attached: AttachedText) -> None:
    """Keep a text for a training that waits or runs; one that is gone stays so."""
    connection.expire(_key(attached), retention.ATTACHED_TEXT.seconds)


def load(connection: "redis.Redis", attached: AttachedText) -> Corpus:
    """The text to learn from.

    Raises:
        Refusal: it is no longer kept.
    """
    content = cast("bytes | None", connection.get(_key(attached)))
    if content is None:
        raise Refusal("training.error.corpus_gone", name=attached.name)
    return Corpus(attached.name, normalise(content.decode("utf-8")), attached.sha256)


def release(connection: "redis.Redis", attached: AttachedText) -> None:
    """Keep a text that no started training needs for as long as a proposed training, which may need it."""
    connection.expire(_key(attached), retention.PROPOSAL.seconds, lt=True)


def _key(attached: AttachedText) -> str:
    return f"shakelm:corpus:{attached.sha256}"
