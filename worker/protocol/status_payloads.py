"""Workers, queues, and open jobs at one moment, as bot and worker describe them."""

from dataclasses import dataclass
from typing import Literal

from worker.protocol.job_request import JobRequest
from worker.protocol.payload import Payload


class WorkerStatus(Payload):
    """A live worker: its name, its machine, its queue, and whether it is running a job.

    `device` is what it computes on, "" if unknown before its first training. `version` is that of shakelm.
    """

    name: str
    host: str
    queue: Literal["verse", "train"]
    busy: bool
    device: str = ""
    version: str = ""


class QueueStatus(Payload):
    """Workers and the verse queue at one moment.

    `paused`: a teacher has paused people's requests. `training_starts`: no training worker runs now, but one
    is about to start.
    """

    workers: list[WorkerStatus]
    training_starts: bool = False
    paused: bool = False
    verses_waiting: int
    verses_running: int


class Incident(Payload):
    """What went wrong, and when (Unix seconds). The person got the reference, and the log has it too."""

    reference: str
    at: float
    sentence: str


@dataclass(frozen=True)
class OpenJob:
    """A job that waits or is in progress.

    `kind` is the name of its function in `worker.jobs`. `place` is 0 while it is in progress, and counts
    from 1 while it waits. `wait_s` is the expected time to its answer in seconds, None if it is unknown: no
    worker runs, no job was measured yet, or the queue is paused.
    """

    kind: str
    request: JobRequest
    place: int
    wait_s: float | None


@dataclass(frozen=True)
class Outlook:
    """What a waiting notice says. `place` and `wait_s` are as in `OpenJob`."""

    place: int
    wait_s: float | None
    workers: int
    paused: bool
