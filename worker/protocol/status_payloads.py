"""The state of workers and queues at one moment."""

from typing import Literal

from worker.protocol.payload import Payload
from worker.protocol.training_payloads import TrainingStatus


class WorkerStatus(Payload):
    """A worker that is alive: its name, its machine, the queue it serves, whether it has a job at hand.

    `device` is what it computes on, "" where only its first training will tell; `version` is of shakelm.
    """

    name: str
    host: str
    queue: Literal["verse", "train"]
    busy: bool
    device: str = ""
    version: str = ""


class QueueStatus(Payload):
    """What the queues hold at one moment: live workers, verses by number, trainings that have not ended.

    `paused` is whether an administrator lets verses wait.
    """

    workers: list[WorkerStatus]
    paused: bool = False
    verses_waiting: int
    verses_running: int
    trainings: list[TrainingStatus]
