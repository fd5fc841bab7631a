"""The removal of a version from Discord."""

import shutil
from pathlib import Path

import pytest

from shakelm.store.registry import PACKAGED, open_registry
from tests.support.control_client import Discord
from tests.support.discord_messages import description, is_private
from tests.support.full_stack import Stack
from worker.records import model_index


@pytest.fixture
def spare(stack: Stack) -> str:
    """A version that nobody needs, once the workers have told the bot of it."""

    def copy(folder: Path, _number: int) -> None:
        shutil.copytree(
            open_registry(PACKAGED).find("shakespeare-word").file("card.json").parent,
            folder,
            dirs_exist_ok=True,
        )

    reference = open_registry(stack.store).publish("spare", copy).reference
    index_holds(stack, reference)
    return reference


def index_holds(stack: Stack, reference: str, *, holds: bool = True) -> None:
    """Wait until the index of versions holds that one, or no longer does."""
    stack.verse_worker.until(lambda: held(stack, reference) is holds, f"an index with {reference}: {holds}")


def held(stack: Stack, reference: str) -> bool | None:
    """Whether the index of versions holds that one; None where there is no index."""
    index = model_index.load(stack.redis)
    return None if index is None else index.holds(reference)


def test_a_version_is_removed_once_that_is_confirmed(stack: Stack, discord: Discord, spare: str) -> None:
    offered = discord.complete("/admin remove model: spare", "teacher")
    assert spare in [choice["value"] for choice in offered]

    verse = discord.ask(f"/verse lines: 1 model: {spare}")
    asked = discord.ask(f"/admin remove model: {spare}", "teacher")

    assert is_private(asked)
    assert "permanently?" in description(asked)
    assert held(stack, spare)

    pressed = discord.press(f"Remove {spare}", user="teacher")
    done = discord.answer(pressed, lambda message: "was removed" in str(message["embeds"]))

    assert done["id"] == asked["id"]
    assert done["components"] == []
    index_holds(stack, spare, holds=False)
    gone = discord.ask(f"/admin remove model: {spare}", "teacher")
    assert "There is no model" in description(gone)
    again = discord.answer(discord.press("Again", verse["id"]))
    assert is_private(again)
    assert "which wrote this verse, was removed" in description(again)


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("shakespeare-word@3", "is part of the program"),
        ("shakespeare-word", "Name the version"),
        ("nobody@1", "There is no model"),
    ],
)
def test_what_cannot_be_removed_is_refused_with_a_sentence(discord: Discord, model: str, part: str) -> None:
    answer = discord.ask(f"/admin remove model: {model}", "teacher")

    assert is_private(answer)
    assert part in description(answer)
    assert answer["components"] == []


@pytest.mark.usefixtures("promotions_undone")
def test_a_version_that_became_live_before_the_confirmation_stays(
    stack: Stack, discord: Discord, spare: str
) -> None:
    discord.ask(f"/admin remove model: {spare}", "teacher")
    discord.ask(f"/admin promote model: {spare}", "teacher")

    pressed = discord.press(f"Remove {spare}", user="teacher")
    answer = discord.answer(pressed, lambda message: "did not work" in str(message["embeds"]))

    assert "Promote another model first" in description(answer)
    assert held(stack, spare)
