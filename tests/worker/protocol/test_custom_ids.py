"""Custom ids compose and match, and are written as in the messages of former versions."""

from collections.abc import Callable
from dataclasses import fields

import pytest
from pydantic import ValidationError

from worker.protocol import custom_ids
from worker.protocol.custom_ids import CustomId

RECORD = "0123456789abcdef"
LONGEST_MODEL = f"{'m' * 64}@{10**9 - 1}"

WRITTEN = {
    f"cancel:{RECORD}": custom_ids.CancelRequest(RECORD),
    f"again:{RECORD}": custom_ids.Again(RECORD),
    f"continue:{RECORD}": custom_ids.Continue(RECORD),
    f"hotter:{RECORD}": custom_ids.Hotter(RECORD),
    f"colder:{RECORD}": custom_ids.Colder(RECORD),
    f"change:{RECORD}": custom_ids.Change(RECORD),
    f"change-again:{RECORD}": custom_ids.ChangeAgain(RECORD),
    f"discard:{RECORD}": custom_ids.Discard(RECORD),
    f"append:{RECORD}:0:4": custom_ids.Append(RECORD, 0, 4),
    f"poem:{RECORD}": custom_ids.WholePoem(RECORD),
    f"draw:{RECORD}:12": custom_ids.Draw(RECORD, 12),
    f"undo:{RECORD}:12": custom_ids.Undo(RECORD, 12),
    "models:0": custom_ids.ModelPage(0),
    "models:9999": custom_ids.ModelPage(9999),
    "promote:my-model_2.0@1": custom_ids.Promote("my-model_2.0@1"),
    "remove:my-model_2.0@12": custom_ids.Remove("my-model_2.0@12"),
    "forget": custom_ids.Forget(),
    f"start-training:{RECORD}": custom_ids.StartTraining(RECORD),
    f"drop-training:{RECORD}": custom_ids.DropTraining(RECORD),
    f"stop-training:{RECORD}": custom_ids.StopTraining(RECORD),
    f"cancel-training:{RECORD}": custom_ids.CancelTraining(RECORD),
}
"""Custom ids as they stand under messages, with their values."""

FORGED = (
    "",
    ":",
    "again",
    "again:",
    f"again:{RECORD}:",
    f"again:{RECORD}:1",
    f"again:{RECORD.upper()}",
    f"again:{RECORD}\n",
    f" again:{RECORD}",
    "again:../../secrets",
    f"Again:{RECORD}",
    f"append:{RECORD}:0:5",
    f"append:{RECORD}:-1:0",
    f"append:{RECORD}:00:0",
    f"append:{RECORD}:1.0:0",
    f"append:{RECORD}:{10**9}:0",
    f"undo:{RECORD}:１",
    f"undo:{RECORD}:true",
    "models:-1",
    "models:+1",
    "models:1_0",
    "models:10000",
    f"models:{'9' * 5000}",
    "promote:model",
    "promote:model@0",
    "promote:../model@1",
    "remove:model@1@2",
    "forget:",
    f"forget:{RECORD}",
)


def matches(custom_id: str) -> list[CustomId]:
    """What all types read from a custom id."""
    return [found for found in (known.parse(custom_id) for known in custom_ids.ALL) if found is not None]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_value_composes_its_custom_id_and_no_other_type_matches_it(written: str) -> None:
    assert str(WRITTEN[written]) == written
    assert matches(written) == [WRITTEN[written]]


def test_every_type_is_among_the_examples() -> None:
    assert {type(value) for value in WRITTEN.values()} == set(custom_ids.ALL)
    assert len({known.action for known in custom_ids.ALL}) == len(custom_ids.ALL)


@pytest.mark.parametrize("custom_id", FORGED)
def test_a_foreign_or_forged_custom_id_matches_nothing(custom_id: str) -> None:
    assert matches(custom_id) == []


@pytest.mark.parametrize("known", custom_ids.ALL, ids=lambda known: known.action)
def test_the_longest_custom_id_fits(known: type[CustomId]) -> None:
    longest = {
        "record_id": RECORD,
        "line_id": RECORD,
        "version": 10**9 - 1,
        "choice": 4,
        "page": 9999,
        "model": LONGEST_MODEL,
    }
    value = known(*(longest[field.name] for field in fields(known)))
    assert len(str(value)) <= 100
    assert known.parse(str(value)) == value


@pytest.mark.parametrize(
    "compose",
    [
        lambda: custom_ids.Again("a:b"),
        lambda: custom_ids.Append(RECORD, 10**9, 0),
        lambda: custom_ids.ModelPage(-1),
        lambda: custom_ids.Promote(f"{'m' * 65}@1"),
        lambda: custom_ids.Promote("model"),
    ],
)
def test_what_could_not_be_parsed_cannot_be_composed(compose: Callable[[], CustomId]) -> None:
    with pytest.raises(ValidationError):
        compose()
