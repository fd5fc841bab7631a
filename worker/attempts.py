"""What later attempts of a job have to know of earlier ones, in what RQ keeps of the job."""

from collections.abc import Callable

from rq import get_current_job

from shakelm.store import Version


def once(what: str, change: Callable[[], Version]) -> str:
    """The reference that a change of the store returns, unless an earlier attempt of the job has done it."""
    job = get_current_job()
    done: str | None = job.get_meta(refresh=False).get(what)
    if done is None:
        done = job.meta[what] = change().reference
        job.save_meta()
    return done
