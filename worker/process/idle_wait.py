"""The wait for a job: the only place where a signal interrupts a worker.

RQ stops an idle worker wherever it is, even halfway through the recovery of somebody's job.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rq.exceptions import StopRequested


class IdleWait:
    """Whether this process waits for a job. `idle_wait` is that of this process."""

    def __init__(self) -> None:
        self._under_way = False
        self._told_to_stop = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait within the context, which a signal may end.

        Raises:
            StopRequested: the process is told to stop, or was told before.
        """
        self._under_way = True
        try:
            if self._told_to_stop:
                raise StopRequested
            yield
        finally:
            self._under_way = False

    def end(self) -> None:
        """End the wait under way, and each later one. For signal handlers.

        Raises:
            StopRequested: a wait is under way.
        """
        self._told_to_stop = True
        if self._under_way:
            raise StopRequested


idle_wait = IdleWait()
