"""Versions small enough to write many of: what the tests of this folder share."""

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shakelm.configuration import Configuration, ModelConfiguration, TrainingConfiguration
from shakelm.store.card import Card, CorpusFacts, Epoch, Figures, History
from shakelm.store.registry import Store

FIGURES = Figures(
    tokens=100,
    characters=100,
    nats_per_token=1.5,
    perplexity=4.48,
    unknown=0.0,
    nats_per_char=1.5,
    accuracy=0.55,
)


def write_files(name: str, folder: Path, number: int) -> None:
    """Write all files of a version; the weights say which number they belong to."""
    card = Card(
        name=name,
        version=number,
        corpus=CorpusFacts(name="shakespeare", sha256="0" * 64, characters=1000),
        command=f"shakelm train {name}",
        random_seed=1,
        parameters=1234,
        weights="float32",
        epochs=1,
        seconds=1.5,
        validation=FIGURES,
        held_out=FIGURES,
        held_out_windows=FIGURES,
        trained_at=datetime(2025, 1, 1, tzinfo=UTC),
        software={"keras": "3"},
        device="CPU",
    )
    epoch = Epoch(epoch=1, loss=2.0, accuracy=0.4, validation_loss=1.9, validation_accuracy=0.45, seconds=1.5)
    configuration = Configuration(
        model=ModelConfiguration(architecture="lstm", vocabulary="char", units=(8,)),
        training=TrainingConfiguration(batch_size=8, sequence_length=16),
    )
    (folder / "weights.safetensors").write_text(f"weights of {name}@{number}")
    (folder / "vocabulary.json").write_text("{}")
    (folder / "configuration.json").write_text(configuration.model_dump_json())
    (folder / "history.json").write_text(History(epochs=[epoch], best=1).model_dump_json())
    (folder / "card.json").write_text(card.model_dump_json())


@pytest.fixture
def writer() -> Callable[[str], Callable[[Path, int], None]]:
    """Given a name, what `Store.publish` calls to write the files of a version of that name."""
    return lambda name: lambda folder, number: write_files(name, folder, number)


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A folder of versions that ship with the package: shakespeare-char@1 and shakespeare-word@1."""
    for name in ("shakespeare-char", "shakespeare-word"):
        folder = tmp_path / "packaged" / name / "1"
        folder.mkdir(parents=True)
        write_files(name, folder, 1)
    return tmp_path / "packaged"


@pytest.fixture
def store(tmp_path: Path, packaged: Path) -> Store:
    """An empty store, whose folder does not exist yet, over the packaged versions."""
    return Store(tmp_path / "store", packaged)


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
