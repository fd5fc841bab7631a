"""Workers, queues, and open jobs at one moment, as bot and worker describe them."""

from dataclasses import dataclass
from typing import Literal

from worker.protocol.job_request import JobRequest
from worker.protocol.payload import Payload


class WorkerStatus(Payload):
    """A live worker: its name, its machine, the queue it serves, whether a job is in work.

    `device` is what it computes on, "" until its first training tells. `version` is that of shakelm.
    """

    name: str
    host: str
    queue: Literal["verse", "train"]
    busy: bool
    device: str = ""
    version: str = ""


class QueueStatus(Payload):
    """Workers and the verse queue at one moment. `paused`: an administrator makes people's requests wait."""

    workers: list[WorkerStatus]
    paused: bool = False
    verses_waiting: int
    verses_running: int


class Incident(Payload):
    """What went wrong: the reference that a person was told and that stands in a log, when (Unix seconds)."""

    reference: str
    at: float
    sentence: str


@dataclass(frozen=True)
class OpenJob:
    """A job that waits or is in work.

    `kind` is the name of its function in `worker.jobs`. `place` is 0 while it is in work, and counts from 1
    while it waits. `wait_s` is the expected time to its answer in seconds, None where it is unknown: no
    worker runs, no job was measured yet, or the queue is paused.
    """

    kind: str
    request: JobRequest
    place: int
    wait_s: float | None


@dataclass(frozen=True)
class Outlook:
    """What a waiting notice has to say. `place` and `wait_s` are as in `OpenJob`."""

    place: int
    wait_s: float | None
    workers: int
    paused: bool
