"""Each request is bound to its job, and each job of `worker.jobs` to its request."""

import inspect
from types import FunctionType

import pytest

from tests.support.request_makers import kinds_of_requests
from worker import jobs
from worker.protocol.job_request import Request

KINDS = kinds_of_requests(Request)

WITHOUT_REQUEST = {"train", "apologise"}
"""Jobs that answer no interaction, or that a worker enqueues."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_job_of_a_request_takes_that_request(kind: type[Request]) -> None:
    job = getattr(jobs, kind.job)
    assert job.__name__ == kind.job
    assert inspect.getclosurevars(job).nonlocals["kind"] is kind


def test_no_two_requests_have_one_job() -> None:
    assert len({kind.job for kind in KINDS}) == len(KINDS) > 0


def test_every_job_has_a_request() -> None:
    functions = {name for name, value in vars(jobs).items() if isinstance(value, FunctionType)}
    assert {kind.job for kind in KINDS} | WITHOUT_REQUEST <= functions
    bound = {name for name in functions if getattr(jobs, name).__name__ == name}
    answering = {name for name in bound if "kind" in inspect.getclosurevars(getattr(jobs, name)).nonlocals}
    assert answering == {kind.job for kind in KINDS}
