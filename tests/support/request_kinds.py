"""All kinds of requests that people may make."""

from collections.abc import Iterator

from worker import jobs  # noqa: F401 - it imports all kinds
from worker.protocol.job_request import JobRequest, Request


def kinds_of_requests(base: type[Request] = JobRequest) -> Iterator[type[Request]]:
    """Every class of request below `base` that names a job."""
    for kind in base.__subclasses__():
        if kind.job:
            yield kind
        yield from kinds_of_requests(kind)
