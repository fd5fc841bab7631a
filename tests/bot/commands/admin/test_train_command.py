"""`/admin train`: its options come from the table, and what was chosen becomes a proposal."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from shakelm.data.named_corpora import NAMED
from shakelm.networks.layers import layers
from shakelm.training_options import TEACHER_OPTIONS, TrainingOption, plan
from tests.support import tiny_models
from tests.support.bot_room import Room
from tests.support.discord_messages import embed, is_private
from worker.messages.catalog import DEFAULT, text
from worker.protocol.model_payloads import ModelIndex, ModelSummary
from worker.protocol.training_payloads import TrainRequest
from worker.records import model_index
from worker.trainings import training_plans

OWN = ["corpus", "text", "name"]


def registered(room: Room) -> dict[str, dict[str, Any]]:
    """The options of `/admin train` that Discord was told, by name, in their order."""
    (admin,) = (found for found in room.sandbox.world.commands.values() if found["name"] == "admin")
    (train,) = (found for found in admin["options"] if found["name"] == "train")
    return {option["name"]: option for option in train["options"]}


async def test_every_option_of_the_table_is_registered_with_its_range_and_text(room: Room) -> None:
    told = registered(room)
    assert told["from"]["autocomplete"]
    *keys, random_seed = (option.key for option in TEACHER_OPTIONS.values())
    assert list(told) == [*keys, *OWN, random_seed]
    for key, option in ((option.key, option) for option in TEACHER_OPTIONS.values()):
        assert told[key]["description"] == text(DEFAULT, f"command.admin.train.{key}")
        assert not told[key].get("required")
        assert [choice["value"] for choice in told[key].get("choices", [])] == list(option.choices)
        if option.bounds is not None:
            given = (told[key]["min_value"], told[key]["max_value"])
            assert given == (option.bounds.minimum, option.bounds.maximum)


@pytest.mark.parametrize("option", TEACHER_OPTIONS.values(), ids=lambda option: option.key)
def test_a_default_in_a_text_is_that_of_the_table(option: TrainingOption) -> None:
    told = re.search(r"\((.+)\)$", text(DEFAULT, f"command.admin.train.{option.key}"))
    assert told is None or told[1] == f"default {option.default}"


def proposed(room: Room) -> TrainRequest:
    """The only proposal."""
    (key,) = room.bot.connection.keys("shakelm:training:*:proposal")
    stored = room.bot.connection.get(key)
    assert isinstance(stored, bytes)
    return TrainRequest.model_validate_json(stored)


async def test_what_was_chosen_is_proposed(room: Room) -> None:
    await room.ask("/admin train preset: quick units: 8 number: 5 corpus: shakespeare", "teacher")
    request = proposed(room)
    assert request.chosen().items() >= {"preset": "quick", "units": 8, "random_seed": 5}.items()
    assert (request.corpus, request.attached) == ("shakespeare", None)
    assert request.name == f"{request.architecture}-{request.vocabulary}"
    assert "layers" not in request.chosen()


async def test_without_options_the_request_has_the_defaults_and_a_random_seed(room: Room) -> None:
    await room.ask("/admin train", "teacher")
    request = proposed(room)
    always = {name: TEACHER_OPTIONS[name].default for name in ("architecture", "vocabulary", "epochs")}
    assert request.chosen() == always | {"random_seed": request.random_seed}


async def check_refused(room: Room, options: str, part: str) -> None:
    """A training with these options is refused in one private sentence, and nothing is proposed."""
    refused = await room.ask(f"/admin train {options}", "teacher")
    assert is_private(refused)
    assert part in embed(refused)["description"]
    assert not room.bot.connection.keys("shakelm:training:*:proposal")


async def test_what_does_not_fit_is_refused_in_one_private_sentence(room: Room) -> None:
    for options, part in (
        ("learning_rate: 0", "learning rate"),
        ("preset: best layers: 3", "do not fit 3 layers"),
    ):
        await check_refused(room, options, part)


async def test_a_workers_corpus_that_cannot_be_learned_as_chosen_is_refused_before_the_start(
    room: Room, tmp_path: Path
) -> None:
    (tmp_path / "dna.txt").write_text("GATTACA" * 900)  # of 5103 characters in its training part
    training_plans.publish_corpus(room.bot.connection, str(tmp_path / "dna.txt"))
    for options, part in (
        ("vocabulary: word", "corpus cannot be learned as words"),
        ("preset: best", "5,670 characters to learn from, and 8,193 are needed"),
    ):
        await check_refused(room, options, part)
    await room.ask("/admin train preset: quick", "teacher")
    assert proposed(room).vocabulary == "char"


async def test_subwords_are_offered_where_the_bot_cannot_learn_them(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    (tmp_path / "dna.txt").write_text("GATTACA" * 900)
    training_plans.publish_corpus(room.bot.connection, str(tmp_path / "dna.txt"))
    await check_refused(room, "preset: best vocabulary: subword", "2,268 pieces to learn from")
    for options in ("", "corpus: shakespeare", "preset: quick corpus: quijote"):
        asked = await room.ask(f"/admin train vocabulary: subword {options}", "teacher")
        assert "subword vocabulary" in embed(asked)["description"]
        assert "parameters" in embed(asked)["description"]


async def test_each_named_corpus_is_offered_with_its_cost(room: Room) -> None:
    for name in NAMED:
        asked = await room.ask(f"/admin train preset: quick corpus: {name}", "teacher")
        assert f"corpus {name}" in embed(asked)["description"].replace("\\", "")
        assert "parameters" in embed(asked)["description"]


def going_on(room: Room) -> ModelSummary:
    """bard@1 and bard@2, which is live, in the index. Returns the second."""
    network = plan("lstm", "subword", units=(24,), embedding=12).model
    known: dict[str, Any] = {"vocabulary": "subword", "network": network}
    known["parameters"] = sum(layer.parameters for layer in layers(network, 700))
    versions = [tiny_models.summary("bard", number, live=number == 2, **known) for number in (1, 2)]
    model_index.save(room.bot.connection, ModelIndex(versions=versions))
    return versions[1]


async def test_a_training_goes_on_from_a_version(room: Room) -> None:
    base = going_on(room)
    asked = await room.ask("/admin train from: bard corpus: quijote epochs: 2", "teacher")
    told = embed(asked)["description"].replace("\\", "")
    assert "from bard@2, corpus quijote" in told
    assert "It goes on from bard@2 (1.500 nats per character)" in told
    assert f"about {base.parameters:,} parameters" in told
    request = proposed(room)
    assert (request.base, request.architecture, request.vocabulary) == ("bard@2", "lstm", "subword")
    assert request.chosen() == {"base": "bard@2", "epochs": 2, "random_seed": request.random_seed}


async def test_what_cannot_go_on_is_refused_in_one_private_sentence(room: Room) -> None:
    await check_refused(room, "from: bard", "No worker has published its models yet")
    going_on(room)
    for options, part in (
        ("from: nobody", "There is no model 'nobody'"),
        ("from: bard@3", "There is no model 'bard"),
        ("from: bard vocabulary: char", "Leave out the option vocabulary"),
        ("from: bard architecture: lstm", "Leave out the option architecture"),
        ("from: bard pieces: 600", "Leave out the option pieces"),
        ("from: bard units: 8", "Leave out the option units"),
        ("from: bard layers: 2", "Leave out the option layers"),
        ("pieces: 600", "Leave out the option pieces, or choose vocabulary: subword"),
    ):
        await check_refused(room, options, part)


async def test_pieces_belong_to_a_subword_vocabulary(room: Room) -> None:
    await room.ask("/admin train vocabulary: subword pieces: 600 corpus: shakespeare", "teacher")
    assert proposed(room).chosen()["pieces"] == 600


async def test_an_index_of_a_former_release_names_no_version_to_go_on_from(room: Room) -> None:
    index = ModelIndex(versions=[tiny_models.summary("bard")])
    model_index.save(room.bot.connection, index)
    await check_refused(room, "from: bard", "No worker has published its models yet")
