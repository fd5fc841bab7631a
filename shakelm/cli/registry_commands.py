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
from shakelm.data.splitting import Split
from shakelm.errors import ShakelmError
from shakelm.evaluation import named_baselines
from shakelm.evaluation.named_baselines import NamedBaseline
from shakelm.store.card import Card
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import Version

models = typer.Typer(help="List, show, promote, roll back, convert, and remove versions of models.")


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: JsonOption = False) -> None:
    """List all versions and n-gram baselines with their held-out figures, and mark the live one."""
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
    # Figures compare on one text: of the same corpus, split the same way.
    measured: dict[tuple[str, Split], list[tuple[Version, Card]]] = {}
    for version, card in versions:
        split = version.configuration().training.split
        measured.setdefault((card.corpus.sha256, split), []).append((version, card))
    for (sha256, split), group in measured.items():
        rungs = named_baselines.rungs().get(sha256, ()) if split == "contiguous" else ()
        part = "text" if split == "contiguous" else split
        display.print_table(
            f"Held-out {part} of {display.corpus_name(group[0][1].corpus)}: state carried, lower is better",
            ["model", "state", "network", ">nats/token", ">nats/char"],
            [*(_row(store, *each) for each in group), *map(_baseline_row, rungs)],
        )


def _row(store: ModelRegistry, version: Version, card: Card) -> list[str]:
    network = version.configuration().model
    return [
        version.reference,
        "live" if store.is_live(version) else "packaged" if version.packaged else "",
        f"{network.vocabulary} {network.architecture}",
        display.figure(card.held_out.nats_per_token),
        display.figure(card.held_out.nats_per_char),
    ]


def _baseline_row(baseline: NamedBaseline) -> list[str]:
    return [
        "unigram" if baseline.order == 1 else f"Kneser-Ney {baseline.order}-gram",
        "baseline",
        f"{baseline.vocabulary}, {baseline.vocabulary_size:,} tokens",
        display.figure(baseline.nats_per_token),
        display.figure(baseline.nats_per_char),
    ]


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
