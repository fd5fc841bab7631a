"""`/forget`: remove everything that Redis keeps about a person."""

import redis

from worker.lessons import shared_lines
from worker.records import form_drafts, verse_records
from worker.trainings import training_records


def forget(connection: "redis.Redis", person: str) -> int:
    """Remove a person's verse records, shared lines, and drafts, and their id from trainings, in all guilds.

    Requests that still wait are answered. A verse of such a request is not stored; a shared line is.

    Returns:
        The number of removed verse records.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    verses = verse_records.forget(connection, person)
    shared_lines.forget(connection, person)
    training_records.forget_person(connection, person)
    form_drafts.forget(connection, person)
    return verses
