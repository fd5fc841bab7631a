"""`python -m worker verse`, `python -m worker train`, `python -m worker health QUEUE`."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import redis
import typer
from redis.exceptions import RedisError

from shakelm.errors import ShakelmError
from worker.process.idle_wait import idle_wait
from worker.process.redis_outage import outage
from worker.queue import redis_client, rq_internals
from worker.settings import WorkerSettings, configure_logging, read

if TYPE_CHECKING:
    from worker.process.rq_workers import OwnProcessWorker

STEADY_S = 60.0
"""A worker that ran for more than this many seconds started without trouble."""

LONGEST_PAUSE_S = 30.0
"""The pause after an error of Redis grows to this while workers run into another one at once."""

log = logging.getLogger("worker")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def verse() -> None:
    """Write verses, one after another, until SIGTERM or Ctrl-C."""
    # A verse is bound by latency, and threads of the linear algebra only get in each other's way. NumPy reads
    # these when it is first imported.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    from worker.process.rq_workers import SOCKET_TIMEOUT_S, VerseWorker

    connection = _connect(_settings(), SOCKET_TIMEOUT_S)
    _work(partial(VerseWorker, connection))


@app.command()
def train() -> None:
    """Train, each time in a fresh process, until SIGTERM or Ctrl-C."""
    from worker.process.supervisor import supervise

    supervise(_connect(_settings()))


@app.command(hidden=True)
def train_once() -> None:
    """Wait for one training, do it and end; `train` starts this."""
    from worker.process.rq_workers import SOCKET_TIMEOUT_S, TrainWorker
    from worker.trainings import training_plans

    settings = _settings()
    connection = _connect(settings, SOCKET_TIMEOUT_S)
    training_plans.publish_corpus(connection, settings.corpus)
    _work(partial(TrainWorker, connection), jobs=1)


@app.command()
def health(queue: Annotated[Literal["verse", "train"], typer.Argument()]) -> None:
    """Exit with 0 if a live worker of this machine serves the queue, otherwise with 1."""
    connection = _connect(_settings())
    if not any(
        worker.host == socket.gethostname() for worker in rq_internals.live_workers(connection, queue)
    ):
        raise ShakelmError(
            f"No worker of this machine serves the queue {queue}: start one with `python -m worker {queue}`."
        )


def _settings() -> WorkerSettings:
    settings = read(WorkerSettings)
    configure_logging(settings.log_level)
    return settings


def _connect(settings: WorkerSettings, timeout_s: float = 5.0) -> "redis.Redis":
    return redis_client.connect(settings.redis_url, settings.redis_password, timeout_s=timeout_s)


def _work(make: "Callable[[], OwnProcessWorker]", jobs: int | None = None) -> None:
    """Work until told to stop, or until so many jobs are done. Outages of Redis are waited for.

    Raises:
        ShakelmError: the worker ended otherwise; RQ has logged why.
    """
    logging.getLogger("rq.worker").addFilter(outage)
    pause_s = 0.0
    while True:
        started = time.monotonic()
        worker = make()
        _heed_signals(worker.told_to_stop)
        log.info("%s waits for jobs", worker.name)
        try:
            if worker.work(max_jobs=jobs) and jobs is not None:
                return
            error = worker.redis_error
        except RedisError as raised:
            error = raised
        if worker.told_to_stop.is_set():
            return
        if error is None:
            raise ShakelmError("The worker ended by an unexpected error (see its log): start it again.")
        outage.begin(error)
        # Redis may answer, but refuse what a worker needs, as when it is full.
        steady = time.monotonic() - started > STEADY_S
        pause_s = 0.0 if steady else min(2 * pause_s + 1.0, LONGEST_PAUSE_S)
        if worker.told_to_stop.wait(pause_s):
            return
        outage.wait(worker.connection, worker.told_to_stop)
        if worker.told_to_stop.is_set():
            return


def _heed_signals(told_to_stop: threading.Event) -> None:
    """Stop at SIGTERM and Ctrl-C also before RQ heeds them, as while Redis refuses even the first command."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()
        idle_wait.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def main() -> None:
    """Run a command; what is wrong with the surroundings is one sentence and exit status 1."""
    try:
        app()
    except ShakelmError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
