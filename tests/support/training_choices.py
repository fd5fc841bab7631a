"""What a training's options may be, at the ends of their ranges, and what `shakelm train` makes of them."""

from typing import Any

import typer.main

from shakelm.cli.command_line import app
from shakelm.configuration import Configuration
from shakelm.training_options import TrainingOption, plan

SMALL = 1e-9
"""Less than any option's range of fractions."""


def values(option: TrainingOption) -> list[Any]:
    """All choices, or the ends of the range."""
    if option.bounds is None:
        return list(option.choices)
    low = option.bounds.minimum + (SMALL if option.bounds.excludes_minimum else 0)
    high = option.bounds.maximum - (SMALL if option.bounds.excludes_maximum else 0)
    return [low, high]


def beyond(option: TrainingOption) -> list[Any]:
    """The numbers nearest to the range that are not in it, or a word that is no choice."""
    if option.bounds is None:
        return ["no choice"]
    step = SMALL if option.annotation is float else 1
    below = option.bounds.minimum - (0 if option.bounds.excludes_minimum else step)
    above = option.bounds.maximum + (0 if option.bounds.excludes_maximum else step)
    return [below, above]


def parse(command: list[str]) -> Configuration:
    """What the command line's own parser makes of `shakelm train …`.

    Raises:
        ShakelmError: a value is out of its range.
    """
    program, subcommand, *arguments = command
    assert program == "shakelm"
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    context = group.commands[subcommand].make_context(subcommand, arguments)
    chosen = {name: value for name, value in context.params.items() if name not in ("name", "corpus")}
    return plan(**chosen)
