"""Pages that are made from the code say what the code says, and no command is missing on any of them."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.commands import COMMANDS
from worker.messages import catalog

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


@pytest.mark.parametrize("name", names())
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
