"""Shared lines as Redis keeps them."""

from collections.abc import Callable

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


@pytest.mark.parametrize(
    "damage", [lambda _: "{", lambda _: "[]", lambda stored: stored.replace('["b"]', "[]")]
)
def test_a_damaged_line_is_gone(
    connection: Connection, line: SharedLine, damage: Callable[[str], str]
) -> None:
    connection.set(f"shakelm:line:{line.id}", damage(line.model_dump_json()))
    for look in (
        lambda: shared_lines.find(connection, line.id),
        lambda: shared_lines.change(connection, line, line.model_copy(update={"version": 1})),
    ):
        with pytest.raises(Refusal, match="no longer stored"):
            look()
