"""The training worker as real processes: a training, its failure, its death, its shutdown."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from shakelm.store import Store
from worker import messages, queues
from worker.payloads import MessageAt, TrainingState, TrainProgress, TrainRequest

Connection = redis.Redis
Eventually = Callable[[Callable[[], Any], str], Any]
Start = Callable[..., Any]

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    chosen = random.Random(1)  # noqa: S311 (no secret)
    path = tmp_path / "small.txt"
    path.write_text(
        "\n".join(" ".join(chosen.choices(["king", "love", "night", "truth"], k=7)) for _ in range(600))
        + "\n"
    )
    return path


@pytest.fixture
def supervisor(start: Start, corpus: Path) -> Any:
    """`python -m worker train`."""
    return start("train", SHAKELM_CORPUS=str(corpus))


def request(epochs: int, name: str = "small") -> TrainRequest:
    return TrainRequest(
        name=name,
        architecture="simple-rnn",
        vocabulary="char",
        epochs=epochs,
        number=5,
        requested_by="9",
    )


def ended(connection: Connection, training_id: str) -> TrainProgress | None:
    """The last progress of a training, once there is one."""
    progress = queues.training_progress(connection, training_id)
    return None if progress.state in (TrainingState.QUEUED, TrainingState.RUNNING) else progress


def enqueue(connection: Connection, wanted: TrainRequest) -> str:
    return queues.enqueue_training(connection, wanted, MessageAt(channel_id="1", message_id="2"))


def child(supervisor: Any) -> psutil.Process | None:
    """The process that waits for a training, or trains."""
    children = psutil.Process(supervisor.popen.pid).children()
    return children[0] if children else None


def test_a_training_leaves_a_version_figures_and_curves_and_its_process(
    supervisor: Any, connection: Connection, corpus: Path, store: Store, eventually: Eventually
) -> None:
    eventually(lambda: queues.train_workers(connection), "a training worker")
    first = child(supervisor)
    training_id = enqueue(connection, request(1))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")

    assert progress.state is TrainingState.FINISHED
    assert (progress.model, progress.share, progress.epoch, progress.error) == ("small@1", 1, 1, None)
    card = store.find("small@1").card()
    assert progress.held_out.perplexity == card.held_out.perplexity
    assert card.command == (
        "shakelm train small --architecture simple-rnn --vocabulary char "
        f"--corpus {corpus} --epochs 1 --number 5"
    )
    curves = queues.training_curves(connection, training_id)
    assert curves is not None
    assert curves.startswith(PNG)
    index = queues.model_index(connection)
    assert index is not None
    assert index.holds("small@1")
    assert store.live().reference == "letters-a@1"

    assert first is not None
    eventually(lambda: child(supervisor) not in (None, first), "another process for the next training")


def test_a_mistake_of_the_surroundings_is_a_sentence(
    start: Start, connection: Connection, eventually: Eventually
) -> None:
    start("train", SHAKELM_CORPUS="/nowhere/missing.txt")
    training_id = enqueue(connection, request(1))
    progress = eventually(lambda: ended(connection, training_id), "an error")
    assert progress.state is TrainingState.FAILED
    assert "/nowhere/missing.txt" in progress.error


def running(connection: Connection, training_id: str) -> bool:
    """Whether the training has come to where it computes."""
    return queues.training_progress(connection, training_id).loss is not None


def test_a_training_ends_with_its_worker_and_says_how(
    supervisor: Any, connection: Connection, eventually: Eventually
) -> None:
    killed = enqueue(connection, request(200))
    told_to_stop = enqueue(connection, request(200, "next"))
    eventually(lambda: running(connection, killed), "progress")
    process = child(supervisor)
    assert process is not None
    process.kill()
    process.wait()
    (dead,) = (worker for worker in queues.workers(connection, "train") if worker.busy)
    connection.expire(f"rq:worker:{dead.name}", 1)  # its last heartbeat would last longer than a test should
    progress = eventually(lambda: ended(connection, killed), "the end of the killed training")
    assert (progress.state, progress.error) == (TrainingState.FAILED, messages.TRAINING_ABANDONED)

    eventually(lambda: running(connection, told_to_stop), "progress of the next training")
    supervisor.popen.terminate()
    assert supervisor.popen.wait(timeout=30) == 0
    progress = eventually(lambda: ended(connection, told_to_stop), "the end of the next training")
    assert (progress.state, progress.error) == (TrainingState.FAILED, messages.TRAINING_INTERRUPTED)
    assert queues.train_workers(connection) == 0


def test_a_training_worker_does_not_outlive_its_supervisor(
    supervisor: Any, connection: Connection, eventually: Eventually
) -> None:
    eventually(lambda: queues.train_workers(connection), "a training worker")
    orphan = child(supervisor)
    assert orphan is not None
    supervisor.popen.kill()
    supervisor.popen.wait()
    eventually(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, "its end")
