"""The `shakelm` command: all its subcommands at a glance."""

import sys

import typer

from shakelm.cli import evaluation_commands, training_commands, verse_commands
from shakelm.cli.doctor_command import doctor
from shakelm.cli.registry_commands import models
from shakelm.errors import ShakelmError

app = typer.Typer(
    help="Language models that write Shakespeare-like verse: use, train and compare them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(verse_commands.verse)
app.command("next")(verse_commands.next_tokens)
app.command()(verse_commands.tokens)
app.command()(training_commands.architectures)
app.command()(training_commands.train)
app.command()(evaluation_commands.evaluate)
app.command()(evaluation_commands.plot)
app.command()(evaluation_commands.export)
app.command()(doctor)
app.add_typer(models, name="models")


def main() -> None:
    """Run the command; a mistake ends it with one sentence and status 1."""
    try:
        app()
    except ShakelmError as error:
        sys.exit(f"shakelm: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
