"""RQ's workers as they are needed here: jobs in the worker's own process, and quick recovery.

TensorFlow does not survive `fork`, so both are `SimpleWorker`s. RQ's own `SimpleWorker` sends no heartbeat
while a job runs, looks after abandoned jobs every ten minutes, and holds the lock for that for fifteen
minutes if it is killed meanwhile; here a thread sends heartbeats, and all these times are seconds.
"""

import logging
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from worker import index, jobs
from worker.queues import TRAIN, VERSE, QueueName

HEARTBEAT_S = 3.0
"""Seconds between two heartbeats during a job."""

IDLE_S = 4
"""An idle worker sends a heartbeat and looks after abandoned jobs this often, in seconds."""

STUCK_S = 8
"""A job that was taken from the queue so many seconds ago and is not begun: its worker was killed."""

CLEANING_S = 10
"""The lock of whoever looks after abandoned jobs; passes on after that if its holder was killed."""

SOCKET_TIMEOUT_S = 20.0
"""For a worker's connection: longer than it waits for a job."""

log = logging.getLogger(__name__)


class QuickIntermediateQueue(IntermediateQueue):  # type: ignore[misc]
    """Holds a job between queue and execution; RQ's own gives a killed worker a minute there."""

    def should_be_cleaned_up(self, job_id: str) -> bool:
        """Whether the job was first seen here too long ago."""
        first_seen = self.get_first_seen(job_id)
        return first_seen is not None and datetime.now(UTC) - first_seen > timedelta(seconds=STUCK_S)


class QuickQueue(Queue):  # type: ignore[misc]
    """A queue that gets over a killed worker in seconds."""

    @property
    def intermediate_queue(self) -> QuickIntermediateQueue:
        """Where jobs are that were taken and not begun."""
        return QuickIntermediateQueue(self.key, connection=self.connection)

    def acquire_maintenance_lock(self) -> bool:
        """Whether this worker may now look after abandoned jobs."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=CLEANING_S))


class OwnProcessWorker(SimpleWorker):  # type: ignore[misc]
    """Runs each job in its own process, with heartbeats from a thread."""

    life_s: ClassVar[int] = 12
    """Seconds without heartbeat after which the worker, and the job it had, count as dead."""

    log_result_lifespan = False
    max_connection_wait_time = 5.0

    def __init__(self, queue: QueueName, connection: "redis.Redis") -> None:
        """A worker for one queue; `connection` must allow commands `SOCKET_TIMEOUT_S` seconds."""
        super().__init__(
            [queue],
            name=f"{queue}-{socket.gethostname()}-{uuid4().hex[:8]}",
            connection=connection,
            queue_class=QuickQueue,
            serializer=JSONSerializer,
            worker_ttl=self.life_s,
            maintenance_interval=IDLE_S - 1,  # due whenever waiting for a job timed out
            exception_handlers=[jobs.after_failure],
            log_job_description=False,
        )

    @property
    def told_to_stop(self) -> bool:
        """Whether a signal asked it to end."""
        return self._shutdown_requested_date is not None

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job before looking around."""
        return IDLE_S

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:  # noqa: ARG002
        """Say that the worker lives; RQ's own time-outs would count a killed one for another minute."""
        super().heartbeat(self.life_s, pipeline)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:  # noqa: ARG002
        """Seconds after its last heartbeat until a job counts as abandoned."""
        return self.life_s

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job; a thread says meanwhile that job and worker live."""
        execution = self.prepare_execution(job)
        done = threading.Event()
        beats = threading.Thread(target=self._beat, args=(job, execution, done), daemon=True)
        beats.start()
        try:
            self.perform_job(job, queue, execution)
        finally:
            done.set()
            beats.join()
        self.set_state(WorkerStatus.IDLE)

    def _beat(self, job: Job, execution: Execution, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_S):
            try:
                self.maintain_heartbeats(job, execution)
            except RedisError as error:
                log.warning("No heartbeat: %s", error)

    def run_maintenance_tasks(self) -> None:
        """Look after abandoned jobs, and be in the list of workers even if Redis has forgotten it."""
        super().run_maintenance_tasks()
        self.connection.hset(self.key, mapping=self.serialize())
        worker_registration.register(self)


class VerseWorker(OwnProcessWorker):
    """Writes verses and keeps the index of versions up to date."""

    def __init__(self, connection: "redis.Redis") -> None:
        """A worker for the queue of verses."""
        super().__init__(VERSE, connection)

    def run_maintenance_tasks(self) -> None:
        """Also publish what the store holds."""
        super().run_maintenance_tasks()
        index.publish(self.connection, jobs.store())


class TrainWorker(OwnProcessWorker):
    """Trains; made for one job. Stops when its supervisor is gone."""

    life_s = 40
    """Longer, since no thread runs while TensorFlow's libraries are loaded."""

    def __init__(self, connection: "redis.Redis") -> None:
        """A worker for the queue of trainings."""
        super().__init__(TRAIN, connection)
        self._supervisor = os.getppid()

    def handle_warm_shutdown_request(self) -> None:
        """Called at the first SIGTERM or Ctrl-C: has the training end at its next progress report."""
        super().handle_warm_shutdown_request()
        jobs.shutting_down.set()

    def run_maintenance_tasks(self) -> None:
        """Also stop where nobody would start the next worker."""
        if os.getppid() != self._supervisor:
            raise StopRequested
        super().run_maintenance_tasks()
