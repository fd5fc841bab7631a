"""`shakelm models`: list, show, promote, roll back, convert and remove versions."""

import sys
from typing import Annotated

import typer

from shakelm.cli import display
from shakelm.cli.console import (
    JsonOption,
    ModelArgument,
    complete_model,
    load_corpus,
    open_store,
    print_json,
)
from shakelm.errors import ShakelmError

models = typer.Typer(help="List, show, promote, roll back, convert, and remove versions of models.")


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: JsonOption = False) -> None:
    """List all versions with their held-out figures, and mark the live one."""
    if context.invoked_subcommand is None:
        _list(as_json)


@models.command("list")
def list_again(as_json: JsonOption = False) -> None:
    """List all versions, as `shakelm models` does."""
    _list(as_json)


def _list(as_json: bool) -> None:
    """Print the versions. One whose files are damaged is named on stderr, and the others are listed."""
    store, versions = open_store(), []
    for version in store.versions():
        try:
            version.configuration()
            versions.append((version, version.card()))
        except ShakelmError as error:
            print(f"left out: {error}", file=sys.stderr)
    if as_json:
        print_json(
            [
                {"live": store.is_live(version), "packaged": version.packaged, **card.model_dump(mode="json")}
                for version, card in versions
            ]
        )
        return
    rows = []
    for version, card in versions:
        network, held_out = version.configuration().model, card.held_out
        rows.append(
            [
                version.reference,
                "live" if store.is_live(version) else "packaged" if version.packaged else "",
                f"{network.vocabulary} {network.architecture}",
                display.corpus_name(card.corpus),
                display.figure(held_out.nats_per_token),
                display.figure(held_out.nats_per_char),
            ]
        )
    display.print_table(
        f"{len(rows)} versions, with figures on held-out text (state carried; lower is better)",
        ["model", "state", "network", "corpus", ">nats/token", ">nats/char"],
        rows,
    )


@models.command()
def show(model: ModelArgument = None, as_json: JsonOption = False) -> None:
    """Show a version's card: how it was trained, and how good it is."""
    version = open_store().find(model)
    if as_json:
        print_json(version.card().model_dump(mode="json"))
        return
    display.print_card(version)


@models.command()
def promote(
    model: Annotated[
        str,
        typer.Argument(
            metavar="NAME[@VERSION]",
            help="The model; without @VERSION, its newest version.",
            autocompletion=complete_model,
        ),
    ],
) -> None:
    """Make a version the live one, after a trial."""
    from shakelm.decoding import trial

    print(f"{trial.promote(open_store(), model).reference} is live")


@models.command()
def rollback() -> None:
    """Make the previous live version live again."""
    from shakelm.decoding import trial

    print(f"{trial.roll_back(open_store()).reference} is live again")


@models.command()
def convert(
    model: ModelArgument = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE|FOLDER",
            help="The text that it learned from; by default the corpus that its card names. May be repeated.",
        ),
    ] = None,
) -> None:
    """Add a version of a former release as a new version, whose verses are the same everywhere."""
    from shakelm.evaluation import conversion

    store = open_store()
    version = store.find(model)
    text = load_corpus(corpus or [version.card().corpus.name])
    display.print_card(conversion.convert(store, version, text))


@models.command()
def remove(
    model: Annotated[
        str, typer.Argument(metavar="NAME@VERSION", help="The version.", autocompletion=complete_model)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove it without a question.")] = False,
) -> None:
    """Remove a version permanently; the live one and the packaged ones cannot be removed."""
    if not yes and not open_store().find(model).packaged:  # which is refused anyway
        if not sys.stdin.isatty():
            raise ShakelmError(f"Nobody can be asked whether to remove {model}: add --yes if you are sure.")
        typer.confirm(f"Remove {model} permanently?", abort=True)
    print(f"{open_store().remove(model).reference} is removed")
