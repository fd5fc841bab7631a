"""What RQ runs: one function for each kind of job, by the name that its request carries.

Jobs in Redis name these functions, as in `worker.jobs.verse`, so their names stay. Answers are bound to their
requests here; `worker.protocol.job_request.Request` gives a request the name of its job.
"""

from typing import Any

from worker.jobs import registry_changes, training_job, verse_writing
from worker.jobs.answering import answers, connection
from worker.jobs.failures import apologize as apologise  # noqa: F401 - the name in Redis
from worker.jobs.loaded_models import settings, store, tools
from worker.lessons.curves import CurvesRequest
from worker.lessons.curves import answer as draw_curves
from worker.lessons.next_tokens import NextRequest, StepRequest, begin, step
from worker.lessons.temperatures import TemperaturesRequest
from worker.lessons.temperatures import answer as compare_temperatures
from worker.lessons.token_view import TokensRequest
from worker.lessons.token_view import answer as view_tokens
from worker.protocol.model_payloads import PromoteRequest, RemoveRequest, RollBackRequest
from worker.protocol.training_payloads import TrainRequest
from worker.protocol.verse_payloads import VerseRequest

verse = answers(VerseRequest, verse_writing.write)
temperatures = answers(TemperaturesRequest, lambda wanted: compare_temperatures(wanted, tools()))
next_tokens = answers(NextRequest, lambda wanted: begin(wanted, tools()))
next_step = answers(StepRequest, lambda wanted: step(wanted, tools()))
tokens = answers(TokensRequest, lambda wanted: view_tokens(wanted, tools()))
curves = answers(CurvesRequest, lambda wanted: draw_curves(wanted, tools()))
promote = answers(PromoteRequest, registry_changes.promote)
roll_back = answers(RollBackRequest, registry_changes.roll_back)
remove = answers(RemoveRequest, registry_changes.remove)


def train(training_id: str, request: dict[str, Any]) -> None:
    """Train, and publish progress and result.

    Raises:
        InterruptedTrainingError: a signal stopped the worker. Another one resumes the training.
    """
    wanted = TrainRequest.model_validate(request)
    training_job.run(connection(), store(), settings().corpus, training_id, wanted)


_PEOPLE = (verse, temperatures, next_tokens, next_step, tokens, curves)
_TEACHERS = (promote, roll_back, remove, train)

FUNCTIONS = frozenset(
    f"{__name__}.{name}" for name in (*(job.__name__ for job in (*_PEOPLE, *_TEACHERS)), "apologise")
)
"""The only functions that a job may name (`worker.process.broken_jobs`)."""
