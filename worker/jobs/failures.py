"""What follows when a job fails for good: a note for administrators, and an apology."""

import logging
from types import TracebackType
from typing import Any

from rq.exceptions import AbandonedJobError
from rq.job import Job

from worker.jobs import answering
from worker.messages import catalog, notices
from worker.messages.discord_json import Message
from worker.protocol.job_request import ReplyTo
from worker.protocol.training_payloads import TrainRequest
from worker.queue import enqueueing, open_requests
from worker.records import incidents
from worker.trainings import training_records

log = logging.getLogger(__name__)


def apologize(reply_to: dict[str, Any], reference: str) -> None:
    """Tell somebody that their job failed for good, with the reference that the log shows."""
    to = ReplyTo.model_validate(reply_to)
    if not answering.is_late(to):
        answering.answer(to, Message(notices.failed(reference, to.locale)), instead=True)


def after_failure(
    job: Job, kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    """RQ calls this for each unexpected exception of a job, and for each job whose worker was killed.

    While attempts are left, there is nothing to say. After the last one, the person who asked is told, with a
    reference that stands in this log line too. Raises nothing, because that would end the worker.
    """
    if job.should_retry:
        log.warning("%s: %s, tried again", job.id, kind.__name__)
        return
    reference = job.id[-8:]
    log.error("reference %s: job %s failed for good: %s", reference, job.id, kind.__name__)
    try:
        open_requests.close(job.connection, job.id)
        incidents.note(job.connection, reference, f"{job.description}: {kind.__name__}")
        if job.func_name == "worker.jobs.train":
            locale = TrainRequest.model_validate(job.args[1]).locale
            if isinstance(error, AbandonedJobError):
                sentence = catalog.text(locale, "training.error.abandoned")
            else:
                sentence = catalog.text(locale, "training.error.unexpected", reference=reference)
            training_records.end_failed(job.connection, job.id, sentence)
        elif job.func_name != "worker.jobs.apologise":
            reply_to = ReplyTo.model_validate(job.args[0]["reply_to"])
            enqueueing.enqueue_apology(job.connection, reply_to, reference)
    except Exception:
        log.exception("reference %s: nobody could be told", reference)
