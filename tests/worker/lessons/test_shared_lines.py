"""Shared lines as Redis keeps them."""

import pytest
import redis

from worker.lessons import shared_lines
from worker.lessons.shared_lines import SharedLine
from worker.messages.catalog import Refusal

Connection = redis.Redis

WHO = {"author": "1", "guild": "2", "channel": "3"}


@pytest.fixture
def line(connection: Connection) -> SharedLine:
    line = SharedLine(**WHO, prompt="a", offered=("b",), model="m@1", changed_by="0" * 16, locale="en-US")
    shared_lines.begin(connection, line)
    return line


def test_a_line_is_changed_from_what_it_was_alone(connection: Connection, line: SharedLine) -> None:
    longer = line.model_copy(update={"added": ("b",), "version": 1})
    other = line.model_copy(update={"added": ("c",), "version": 1})
    shared_lines.change(connection, line, longer)
    with pytest.raises(Refusal, match="faster"):
        shared_lines.change(connection, line, other)
    assert shared_lines.find(connection, line.id) == shared_lines.at(connection, line.id, 1) == longer
    with pytest.raises(Refusal, match="faster"):
        shared_lines.at(connection, line.id, 0)


def test_what_is_forgotten_meanwhile_does_not_come_back(connection: Connection, line: SharedLine) -> None:
    shared_lines.forget(connection, line.author)
    with pytest.raises(Refusal, match="no longer stored"):
        shared_lines.change(connection, line, line.model_copy(update={"version": 1}))
    assert not connection.exists(f"shakelm:line:{line.id}")
