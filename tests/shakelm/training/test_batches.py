"""Batches of windows: each token once, shuffled, in streams, as datasets, and drawn again from a state."""

import numpy as np
import pytest

from shakelm.text_preparation import check_length
from shakelm.training.batches import Streams, Windows, dataset
from shakelm.training_options import plan


def test_windows_hold_each_token_once_and_targets_lie_one_ahead() -> None:
    ids = np.arange(103, dtype=np.int32)
    windows = Windows(ids, sequence_length=10, batch_size=4)
    batches = [windows[index] for index in range(len(windows))]
    inputs = np.concatenate([batch for batch, _ in batches])
    targets = np.concatenate([batch for _, batch in batches])
    assert inputs.ravel().tolist() == list(range(100))
    assert (targets == inputs + 1).all()


def test_shuffled_windows_shift_from_epoch_to_epoch() -> None:
    windows = Windows(np.arange(103, dtype=np.int32), 10, 4, np.random.default_rng(1))
    starts = set()
    for _ in range(30):
        inputs, targets = windows[0]
        assert (targets == inputs + 1).all()
        starts |= {int(row[0]) % 10 for row in inputs}
        windows.draw()
    assert len(starts) > 5


def test_streams_go_on_where_the_window_before_ended() -> None:
    ids = np.arange(1000, dtype=np.int32)
    streams = Streams(ids, sequence_length=10, streams=4, random=np.random.default_rng(1))
    shifts = set()
    for _ in range(20):
        batches = [streams[index] for index in range(len(streams))]
        joined = np.concatenate([inputs for inputs, _ in batches], axis=1)
        assert (np.diff(joined, axis=1) == 1).all()
        assert all((targets == inputs + 1).all() for inputs, targets in batches)
        assert len(np.unique(joined)) == joined.size
        shifts.add(int(joined[0, 0]))
        streams.draw()
    assert len(shifts) > 5


def test_the_shortest_text_that_is_allowed_fills_a_batch_of_streams() -> None:
    ids = np.arange(2 * 8 * 32 + 1, dtype=np.int32)
    settings = plan(vocabulary="char", stateful=True, batch_size=8, sequence_length=32).training
    check_length(len(ids), settings, "characters")
    streams = Streams(ids, sequence_length=32, streams=8, random=np.random.default_rng(1))
    assert len(streams) == 1
    for _ in range(100):  # every shift
        inputs, targets = streams[0]
        assert (targets == inputs + 1).all()
        streams.draw()


def test_a_stream_shorter_than_a_window_is_one_window() -> None:
    windows = Windows(np.arange(5, dtype=np.int32), 10, 4, np.random.default_rng(1))
    assert len(windows) == 1
    assert windows[0][0].tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("kind", [Windows, Streams])
def test_a_dataset_holds_the_batches_as_they_are_drawn_by_then(kind: type[Windows | Streams]) -> None:
    batches = kind(np.arange(1000, dtype=np.int32), 10, 4, np.random.default_rng(1))
    read = dataset(batches)
    before = batches[0][0]
    batches.draw()
    epoch = list(read.as_numpy_iterator())
    assert len(epoch) == len(read) == len(batches)
    assert (epoch[0][0] != before).any()
    for index, (inputs, targets) in enumerate(epoch):
        assert inputs.dtype == targets.dtype == np.int32
        assert (inputs == batches[index][0]).all()
        assert (targets == batches[index][1]).all()


@pytest.mark.parametrize("kind", [Windows, Streams])
def test_a_generator_put_back_draws_the_same_order_again(kind: type[Windows | Streams]) -> None:
    random = np.random.default_rng(1)
    batches = kind(np.arange(1000, dtype=np.int32), 10, 4, random)
    before = random.bit_generator.state
    batches.draw()
    order = batches[0][0]
    random.bit_generator.state = before
    batches.draw()
    assert (batches[0][0] == order).all()
    batches.draw()
    assert (batches[0][0] != order).any()
