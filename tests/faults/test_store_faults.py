"""Versions that are damaged, in the running system: verses go on, and teachers are told."""

import os
from pathlib import Path

import pytest

from shakelm.decoding import trial
from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models
from tests.support.control_client import Verse
from tests.support.discord_messages import description, is_private, title
from tests.support.full_stack import Stack
from tests.support.waiting import eventually
from worker.records import incidents, model_index


@pytest.fixture
def store(own_stack: Stack) -> ModelRegistry:
    """The store of the stack, with good@1, which is live, and bad@1, whose weights are damaged."""
    store = open_registry(own_stack.store)
    for name in ("good", "bad"):
        tiny_models.publish(store, name, "a")
    trial.promote(store, "good")
    os.truncate(store.find("bad@1").weights_file, 100)
    return store


def test_a_damaged_version_is_not_promoted_and_verses_go_on(own_stack: Stack, store: ModelRegistry) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    worker = own_stack.start_worker("verse")
    eventually(lambda: model_index.load(own_stack.redis), "an index")

    refused = discord.ask("/admin promote model: bad@1", "teacher")

    assert "damaged" in description(refused)
    assert str(own_stack.folder) not in str(refused)
    assert "shakelm" not in description(refused)
    assert store.live().reference == "good@1"
    assert Verse.read(discord.ask("/verse lines: 1")).model == "good@1"
    assert "Traceback" not in worker.output


def test_a_live_version_that_breaks_is_replaced_meanwhile(own_stack: Stack, store: ModelRegistry) -> None:
    discord = own_stack.discord
    tiny_models.publish(store, "newer", "b")
    trial.promote(store, "newer")
    os.truncate(store.find("newer@1").weights_file, 4 * 1024**3)  # sparse: it takes no room
    own_stack.start_bot()
    own_stack.start_worker("verse")

    verses = [Verse.read(discord.ask("/verse lines: 1")) for _ in range(2)]

    assert {verse.model for verse in verses} == {"good@1"}
    (incident,) = incidents.latest(own_stack.redis)
    assert "good@1 writes instead" in incident.sentence
    named = discord.ask("/verse lines: 1 model: newer@1")
    assert "The files of newer" in description(named)
    assert str(own_stack.folder) not in str(named)


def test_one_card_that_cannot_be_read_leaves_the_others(own_stack: Stack, store: ModelRegistry) -> None:
    card: Path = store.find("bad@1").file("card.json")
    card.write_text(card.read_text().replace("4.48", "NaN"))
    own_stack.start_bot()
    own_stack.start_worker("verse")
    index = eventually(lambda: model_index.load(own_stack.redis), "an index")
    assert "good@1" in [summary.reference for summary in index.versions]
    assert "bad@1" not in [summary.reference for summary in index.versions]
    assert title(own_stack.discord.ask("/models"))


def test_nothing_to_roll_back_is_told_in_private_and_names_a_command_of_discord(own_stack: Stack) -> None:
    own_stack.start_bot()
    own_stack.start_worker("verse")
    own_stack.discord.ask("/admin rollback", "teacher")
    answer = own_stack.discord.ask("/admin rollback", "teacher")
    assert is_private(answer)
    assert "`shakelm" not in description(answer)
    assert "/admin promote" in description(answer)
