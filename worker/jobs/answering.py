"""What all jobs that answer an interaction share: validate the request, make the message, send it off.

A mistake that a person can correct is an answer, not a failure. RQ retries the job after
an unexpected error. Exceptions hold no token, because RQ logs them.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from rq import get_current_job

from shakelm.errors import ShakelmError
from worker.delivery import answer_lock, outbox
from worker.delivery.outbox import Sender
from worker.messages.discord_json import Message
from worker.messages.notices import problem
from worker.protocol.job_request import JobRequest, ReplyTo, Request

R = TypeVar("R", bound=Request)

log = logging.getLogger(__name__)


def answers(kind: type[R], make: Callable[[R], Message]) -> Callable[[dict[str, Any]], None]:
    """The job that answers requests of one kind with the message that `make` returns.

    A `ShakelmError` of `make` becomes the answer. A request whose token has expired is dropped, and so is one
    whose answer is written already. The refusal of what only teachers can ask for is theirs alone to read.
    """
    to_person_only = not issubclass(kind, JobRequest)

    def job(request: dict[str, Any]) -> None:
        wanted = kind.model_validate(request)
        if is_late(wanted.reply_to) or _is_written(wanted.reply_to):
            return
        try:
            message, instead = make(wanted), False
        except ShakelmError as error:
            message, instead = Message(problem(error, wanted.reply_to.locale)), True
        answer(wanted.reply_to, message, _sender(wanted), instead=instead, to_person_only=to_person_only)

    job.__name__ = job.__qualname__ = kind.job
    return job


def is_late(reply_to: ReplyTo) -> bool:
    """Whether the token has expired. The log then says that the job is dropped."""
    if reply_to.seconds_left() > 0:
        return False
    log.warning("%s: dropped, because its token has expired", job_id())
    return True


def answer(
    reply_to: ReplyTo,
    message: Message,
    sender: Sender | None = None,
    *,
    instead: bool = False,
    to_person_only: bool = False,
) -> None:
    """Claim the answer, and put it into the outbox.

    With `instead`, it says why there is no answer, `to_person_only` if nobody else may read that.
    """
    if not answer_lock.claim(connection(), reply_to):
        log.warning("%s: somebody else has answered", job_id())
        return
    wanted = outbox.answer(
        job_id(), reply_to, message, sender or Sender(), instead=instead, to_person_only=to_person_only
    )
    outbox.put(connection(), wanted)


def job_id() -> str:
    """The id of the running job."""
    return str(get_current_job().id)


def connection() -> "redis.Redis":
    """The worker's connection."""
    connection: redis.Redis = get_current_job().connection
    return connection


def _is_written(reply_to: ReplyTo) -> bool:
    """Whether an earlier attempt, or another worker, has written the answer."""
    if not (outbox.holds(connection(), job_id()) or answer_lock.is_closed(connection(), reply_to)):
        return False
    log.info("%s: answered already", job_id())
    return True


def _sender(request: Request) -> Sender:
    if not isinstance(request, JobRequest):
        return Sender()
    return Sender(request.author, request.channel, request.private)
