"""The training worker as real processes: a training, its failure, its worker's death and shutdown."""

import contextlib
import random
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from shakelm.data.corpus import load
from shakelm.store.registry import ModelRegistry
from shakelm.training import checkpoints
from tests.support import rq_records
from tests.support.module_process import Process, Start
from tests.support.request_makers import start_training
from tests.support.waiting import eventually
from worker.protocol.training_payloads import (
    AttachedText,
    MessageAt,
    TrainingState,
    TrainProgress,
    TrainRequest,
    UnknownTokens,
)
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN, live_workers
from worker.records import model_index
from worker.trainings import attached_texts, training_plans, training_records

Connection = redis.Redis

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
def supervisor(start: Start, corpus: Path) -> Process:
    """`python -m worker train`."""
    return start("train", SHAKELM_CORPUS=str(corpus))


def abc_text(connection: Connection, more: str) -> AttachedText:
    """A text of letters that letters-a@1 knows, with more at the end of each line, kept for a training."""
    attached, _ = attached_texts.check("abc.txt", content := f"abccba{more}\n".encode() * 1000)
    attached_texts.keep(connection, attached, content)
    return attached


def request(epochs: int) -> TrainRequest:
    return TrainRequest(
        name="small",
        architecture="simple-rnn",
        vocabulary="char",
        epochs=epochs,
        random_seed=5,
        requested_by="9",
    )


def ended(connection: Connection, training_id: str) -> TrainProgress | None:
    """The last progress of a training, once there is one."""
    progress = training_records.progress(connection, training_id)
    return None if progress.state in (TrainingState.QUEUED, TrainingState.RUNNING) else progress


def enqueue(connection: Connection, wanted: TrainRequest) -> str:
    return start_training(connection, wanted, MessageAt(channel_id="1", message_id="2"))


def child(supervisor: Process) -> psutil.Process | None:
    """The process that waits for a training, or trains."""
    children = psutil.Process(supervisor.popen.pid).children()
    return children[0] if children else None


def test_a_training_leaves_a_version_figures_and_curves_and_its_process(
    supervisor: Process, connection: Connection, corpus: Path, store: ModelRegistry
) -> None:
    eventually(lambda: len(live_workers(connection, TRAIN)), "a training worker")
    first = child(supervisor)
    training_id = enqueue(connection, request(1))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")

    job = rq_records.fetch(connection, training_id)
    assert job.meta == {"trained": "small@1"}  # for another attempt, should this one not come to its end
    assert progress.state is TrainingState.FINISHED
    assert (progress.model, progress.share, progress.epoch, progress.error) == ("small@1", 1, 1, None)
    card = store.find("small@1").card()
    assert progress.held_out
    assert progress.held_out.perplexity == card.held_out.perplexity
    assert progress.kept == 1
    assert progress.live
    assert progress.live.model == "letters-a@1"
    assert progress.live.verdict == "texts"
    assert [(verse.model, verse.random_seed) for verse in progress.verses] == [
        ("small@1", 5),
        ("letters-a@1", 5),
        ("small@1", 6),
        ("letters-a@1", 6),
    ]
    assert set(progress.verses[1].text) <= set("abc\n")
    assert "small@1" in progress.curves
    assert card.command == (
        "shakelm train small --architecture simple-rnn --vocabulary char --epochs 1 --number 5 "
        f"--corpus {corpus}"
    )
    curves = training_records.curves(connection, training_id)
    assert curves is not None
    assert curves.startswith(PNG)
    index = model_index.load(connection)
    assert index is not None
    assert index.holds("small@1")
    assert store.live().reference == "letters-a@1"

    assert first is not None
    eventually(lambda: child(supervisor) not in (None, first), "another process for the next training")


def test_a_training_whose_version_is_published_is_not_repeated(
    start: Start, connection: Connection, corpus: Path, store: ModelRegistry
) -> None:
    training_id = enqueue(connection, request(1))
    job = rq_records.fetch(connection, training_id)
    job.meta["trained"] = "letters-a@1"  # by an attempt whose worker was killed before it could say so
    job.save_meta()
    before = [version.reference for version in store.versions()]

    start("train", SHAKELM_CORPUS=str(corpus))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")

    assert (progress.state, progress.model) == (TrainingState.FINISHED, "letters-a@1")
    assert [version.reference for version in store.versions()] == before


def test_a_mistake_of_the_surroundings_is_a_sentence(start: Start, connection: Connection) -> None:
    start("train", SHAKELM_CORPUS="/nowhere/missing.txt")
    training_id = enqueue(connection, request(1))
    progress = eventually(lambda: ended(connection, training_id), "an error")
    assert progress.state is TrainingState.FAILED
    assert "/nowhere/missing.txt" in str(progress.error)


def running(connection: Connection, training_id: str) -> bool:
    """Whether the training computes."""
    return training_records.progress(connection, training_id).state is TrainingState.RUNNING


def waits_to_go_on(connection: Connection, training_id: str) -> bool:
    """Whether the training was begun, and has no worker."""
    progress = training_records.progress(connection, training_id)
    return progress.state is TrainingState.QUEUED and progress.share > 0


def test_a_training_outlives_its_worker_be_that_killed_or_told_to_stop(
    supervisor: Process, start: Start, connection: Connection, corpus: Path
) -> None:
    training_id = enqueue(connection, request(200))
    eventually(lambda: training_records.progress(connection, training_id).epoch > 1, "a whole epoch")
    process = child(supervisor)
    assert process is not None
    process.kill()
    process.wait()
    (dead,) = (worker for worker in live_workers(connection, TRAIN) if worker.busy)
    # The last heartbeats would last longer than a test should.
    rq_records.end_heartbeats_of_worker(connection, dead.name)
    assert waits_to_go_on(connection, training_id)
    rq_records.end_heartbeats_of_jobs(connection, TRAIN)

    goes_on = f"{training_id}: Going on after epoch "
    eventually(lambda: goes_on in supervisor.output, "the same training again")
    eventually(lambda: running(connection, training_id), "its progress")
    other = enqueue(connection, request(1))
    assert supervisor.stop() == 0
    assert len(live_workers(connection, TRAIN)) == 0
    assert waits_to_go_on(connection, training_id)
    assert rq_internals.open_queue(connection, "train").job_ids == [training_id, other]

    training_records.order(connection, training_id, "stop")
    last = start("train", SHAKELM_CORPUS=str(corpus))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.FINISHED
    assert goes_on in last.output


def test_a_training_that_is_cancelled_while_it_waits_to_go_on_leaves_no_checkpoint(
    start: Start, connection: Connection, corpus: Path, store: ModelRegistry
) -> None:
    wanted = request(200)
    training_id = enqueue(connection, wanted)
    begun = TrainProgress(state=TrainingState.RUNNING, share=0.5, epochs=200)
    training_records.save_progress(connection, training_id, begun)
    text, configuration = load(str(corpus)), training_plans.configuration(wanted)
    with (
        contextlib.suppress(ZeroDivisionError),
        checkpoints.claim(store.checkpoints, wanted.name, text.sha256, configuration) as file,
    ):
        file.path.touch()
        raise ZeroDivisionError
    assert file.path.exists()
    training_records.cancel(connection, training_id)
    assert waits_to_go_on(connection, training_id)

    start("train", SHAKELM_CORPUS=str(corpus))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.CANCELLED
    assert not list(store.checkpoints.iterdir())


def test_a_training_worker_does_not_outlive_its_supervisor(
    supervisor: Process, connection: Connection
) -> None:
    eventually(lambda: len(live_workers(connection, TRAIN)), "a training worker")
    orphan = child(supervisor)
    assert orphan is not None
    supervisor.popen.kill()
    supervisor.wait()
    eventually(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, "its end")


def test_a_loss_that_is_no_number_ends_the_training_with_a_sentence(
    supervisor: Process, connection: Connection, store: ModelRegistry
) -> None:
    del supervisor
    wild = request(5).model_copy(update={"units": 512, "layers": 2, "learning_rate": 1.0})
    training_id = enqueue(connection, wild)
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.FAILED
    assert progress.error == (
        "The loss is no longer a number, so nothing was learned. Train with a lower learning rate."
    )
    assert "small" not in [version.name for version in store.versions()]


def test_an_attached_text_in_another_encoding_is_learned_as_it_was_measured(
    supervisor: Process, connection: Connection, store: ModelRegistry
) -> None:
    content = ("être ou ne pas être – voilà\r\n" * 300).encode("windows-1252")
    attached, checked = attached_texts.check("hamlet.txt", content)
    attached_texts.keep(connection, attached, content)
    training_id = enqueue(connection, request(1).model_copy(update={"attached": attached}))
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.FINISHED
    assert f"{training_id}: hamlet.txt: read as Windows-1252; replaced line ends" in supervisor.output
    version = store.find("small@1")
    assert version.card().corpus.characters == len(checked.text)
    assert {"ê", "–", "\n"} < set(version.vocabulary().tokens)
    assert "\r" not in version.vocabulary()


def test_a_training_goes_on_from_a_version_and_tells_what_it_does_not_know(
    supervisor: Process, connection: Connection, store: ModelRegistry
) -> None:
    del supervisor
    wanted = request(1).model_copy(update={"base": "letters-a@1", "attached": abc_text(connection, "d")})
    training_id = enqueue(connection, wanted)
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.FINISHED, progress.error
    assert progress.unknown == UnknownTokens(share=1 / 8, pieces=("d",), more=False)
    version, base = store.find("small@1"), store.find("letters-a@1")
    assert version.configuration().training.base == base.reference
    assert version.configuration().model.units == base.configuration().model.units
    assert version.vocabulary() == base.vocabulary()
    assert version.card().command == (
        "shakelm train small --epochs 1 --number 5 --from letters-a@1 --corpus abc.txt"
    )


@pytest.mark.parametrize(
    ("changes", "more", "sentence"),
    [
        ({"base": "letters-z@1"}, "", "The model letters-z@1 is not in the store"),
        ({"base": "letters-a@1", "units": 8}, "", "Leave out the option units"),
        ({"base": "letters-a@1"}, "xyz is unknown here", "does not know 7"),
    ],
)
def test_what_cannot_go_on_from_a_version_is_a_sentence(
    supervisor: Process, connection: Connection, changes: dict[str, Any], more: str, sentence: str
) -> None:
    del supervisor
    wanted = request(1).model_copy(update=changes | {"attached": abc_text(connection, more)})
    training_id = enqueue(connection, wanted)
    progress = eventually(lambda: ended(connection, training_id), "the end of the training")
    assert progress.state is TrainingState.FAILED
    assert sentence in str(progress.error)
