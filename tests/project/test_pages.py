"""Pages that are made from the code say what the code says, and no command is missing on any of them."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.commands import COMMANDS
from bot.commands.admin.train_command import train
from worker.messages import catalog
from worker.privacy.export import COLUMNS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_the_page_of_lifetimes_is_that_of_the_table() -> None:
    page = runpy.run_path(str(DOCS / "retention_page.py"))["page"]
    assert (DOCS / "retention.md").read_text(encoding="utf-8") == page()


def names(commands: tuple[Any, ...] = COMMANDS) -> Iterator[str]:
    """How people type each command."""
    for command in commands:
        match command:
            case app_commands.Group():
                yield from names(tuple(command.commands))
            case app_commands.ContextMenu():
                yield command.name
            case app_commands.Command():
                yield f"/{command.qualified_name}"


@pytest.mark.parametrize("name", list(names()))
def test_every_command_is_in_the_readme_in_the_help_and_on_the_page_of_commands(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    # The README lists administrators' commands without repeating `/admin`.
    assert name.removeprefix("/admin ") in readme
    assert name in (DOCS / "commands.md").read_text(encoding="utf-8")
    if name != "/help":
        topics = [
            text for key, text in catalog.load(catalog.FOLDER, catalog.DEFAULT).items() if "help." in key
        ]
        assert any(name in form for text in topics for form in text.forms.values())


def first_cells(heading: str) -> list[str]:
    """The first cell of each row of the table below a heading of the README."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].split("\n#")[0]
    return re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)


def test_the_options_of_a_training_are_in_the_readme_with_their_values() -> None:
    assert first_cells("### Options of `/admin train`") == [
        f"`{each.display_name}`" for each in train.parameters
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for option in train.parameters:
        if option.choices:
            values = ", ".join(f"`{choice.value}`" for choice in option.choices)
            assert f"| `{option.display_name}` | {values} |" in readme
        elif isinstance(option.min_value, int) and option.name != "name":
            assert f"| `{option.display_name}` | {option.min_value} to {option.max_value} |" in readme


def test_the_columns_of_the_export_are_in_the_readme() -> None:
    documented = re.findall(r"`(\w+)`", " ".join(first_cells("### Columns of `/admin export`")))
    assert documented == list(COLUMNS)
