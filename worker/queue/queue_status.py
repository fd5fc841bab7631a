"""Workers, queues, and trainings at one moment, for teachers."""

import redis

from worker.protocol.status_payloads import QueueStatus
from worker.queue import open_requests, pausing, rq_internals
from worker.queue.rq_internals import TRAIN, VERSE


def status(connection: "redis.Redis") -> QueueStatus:
    """What workers and the verse queue do at this moment.

    Raises:
        redis.RedisError: the queue cannot be reached.
    """
    verses = rq_internals.job_ids(connection, VERSE)
    waiting = {*verses.queued, *open_requests.authors(connection)} - set(verses.started)
    return QueueStatus(
        workers=rq_internals.live_workers(connection, VERSE) + rq_internals.live_workers(connection, TRAIN),
        paused=pausing.is_paused(connection),
        verses_waiting=len(waiting),
        verses_running=len(verses.started),
    )
