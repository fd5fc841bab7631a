"""What all jobs that answer an interaction share: validate the request, make the message, deliver it.

A mistake that a person can correct is an answer, not a failure. RQ retries the job after
an unexpected error. Exceptions hold no token, because RQ logs them.
"""

import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import redis
from rq import get_current_job

from shakelm.errors import ShakelmError
from worker.delivery import answer_lock, webhook_client
from worker.jobs.loaded_models import settings
from worker.messages.discord_json import Body, Message
from worker.messages.notices import problem
from worker.protocol.job_request import ReplyTo, Request

P = ParamSpec("P")
R = TypeVar("R", bound=Request)

log = logging.getLogger(__name__)


def answers(kind: type[R], make: Callable[[R], Message]) -> Callable[[dict[str, Any]], None]:
    """The job that answers requests of one kind with the message that `make` returns.

    A `ShakelmError` of `make` becomes the answer. A request whose token has expired is dropped.

    Raises:
        DeliveryFailedError: in the job: Discord could not be reached.
    """

    def job(request: dict[str, Any]) -> None:
        wanted = kind.model_validate(request)
        if is_late(wanted.reply_to):
            return
        try:
            message = make(wanted)
        except ShakelmError as error:
            say_instead(wanted.reply_to, problem(error, wanted.reply_to.locale))
        else:
            _answer(wanted.reply_to, message)

    job.__name__ = job.__qualname__ = kind.job
    return job


def is_late(reply_to: ReplyTo) -> bool:
    """Whether the token has expired. The log then says that the job is dropped."""
    if reply_to.seconds_left() > 0:
        return False
    log.warning("%s: dropped, because its token has expired", job_id())
    return True


def say_instead(reply_to: ReplyTo, body: Body) -> None:
    """Claim the answer, and say why there is none.

    Raises:
        DeliveryFailedError: Discord could not be reached.
    """
    answer_lock.claim(connection(), reply_to)
    _deliver(webhook_client.say_instead, settings().api_base, reply_to, body)


def job_id() -> str:
    """The id of the running job."""
    return str(get_current_job().id)


def connection() -> "redis.Redis":
    """The worker's connection."""
    connection: redis.Redis = get_current_job().connection
    return connection


def _answer(reply_to: ReplyTo, message: Message) -> None:
    """Claim the answer, and deliver it."""
    answer_lock.claim(connection(), reply_to)
    _deliver(webhook_client.edit_original, settings().api_base, reply_to, message.body, message.attachment)


def _deliver(send: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Send. A refusal ends the job, because Discord forbids a retry."""
    try:
        send(*args, **kwargs)
    except webhook_client.DeliveryRefusedError as error:
        log.warning("%s: answer not delivered: %s", job_id(), error)
