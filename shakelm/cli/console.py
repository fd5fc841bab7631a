"""What the commands share: options, the store, progress bars, and ways to print and write results."""

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shakelm import defaults
from shakelm.errors import ShakelmError
from shakelm.networks.network import Engine
from shakelm.store.registry import ModelRegistry, open_registry

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar
    from rich.progress import ProgressColumn

    from shakelm.data.corpus import Corpus

ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME[@VERSION]]",
        help="The model; by default the live one.",
        autocompletion=lambda incomplete: complete_model(incomplete),
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[@VERSION]",
        help="The model; by default the live one. NAME alone: the live version of that name, or its newest.",
        autocompletion=lambda incomplete: complete_model(incomplete),
    ),
]
NamedModel = Annotated[
    str,
    typer.Argument(
        metavar="NAME[@VERSION]",
        help="The model. NAME alone: the live version of that name, or its newest.",
        autocompletion=lambda incomplete: complete_model(incomplete),
    ),
]
EngineOption = Annotated[
    Engine,
    typer.Option(envvar="SHAKELM_ENGINE", help="What computes: numpy starts at once, keras can use a GPU."),
]
CorpusOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|FILE|FOLDER",
        help="A known corpus, a text file, or a folder of them (.txt); may be repeated (default "
        f"SHAKELM_CORPUS, or else {defaults.CORPUS}).",
    ),
]
WindowOption = Annotated[
    int | None,
    typer.Option(help="Cut the text into windows of this many tokens, each from an empty state."),
]
PICTURES = {".png": "png", ".svg": "svg", ".pdf": "pdf", ".jpg": "jpeg", ".jpeg": "jpeg"}
"""matplotlib's name of each format that a picture can have."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def print_version(wanted: bool) -> None:
    """Print the version of the package and end, if it is wanted."""
    if wanted:
        print(f"shakelm {metadata.version('shakelm')}")
        raise typer.Exit


def complete_model(incomplete: str) -> list[str]:
    """The references that begin as typed, for the shell's completion."""
    try:
        return [one.reference for one in open_store().versions() if one.reference.startswith(incomplete)]
    except ShakelmError:
        return []


def corpus_sources(chosen: list[str] | None) -> list[str]:
    """What `--corpus` chose, or else `SHAKELM_CORPUS`, or else the default corpus."""
    # Typer would cut the variable at blanks, which paths may have.
    return chosen or [os.environ.get("SHAKELM_CORPUS") or defaults.CORPUS]


def load_corpus(sources: list[str]) -> "Corpus":
    """Load a corpus with a progress bar of its download, and tell on stderr how its files were read.

    Raises:
        ShakelmError: as `corpus.load`.
    """
    from shakelm.data import corpus

    with progress_bar() as bar:
        task = bar.add_task(f"downloading {', '.join(sources)}", visible=False)
        loaded = corpus.load(
            sources,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    _tell_reading(loaded)
    return loaded


def load_text(file: str) -> str:
    """Load the text of a file or folder, and tell on stderr how it was read.

    Raises:
        ShakelmError: as `corpus.load`.
    """
    from shakelm.data import corpus

    loaded = corpus.load(file, named={})
    _tell_reading(loaded)
    return loaded.text


def _tell_reading(loaded: "Corpus") -> None:
    if loaded.reading.summary:
        print(f"{loaded.name}: {loaded.reading.summary}", file=sys.stderr)


def check_window(window: int | None) -> None:
    """Check that windows hold something.

    Raises:
        ShakelmError: they do not.
    """
    if window is not None and window < 1:
        raise ShakelmError(f"A window of {window} tokens holds nothing: give at least 1.")


def picture_format(path: Path) -> str:
    """The format of a picture, by the ending of its file.

    Raises:
        ShakelmError: no such picture can be made.
    """
    format_ = PICTURES.get(path.suffix.lower())
    if format_ is None:
        raise ShakelmError(
            f"{str(path)!r} does not end in {', '.join(PICTURES)}: give a name with one of these endings."
        )
    return format_


def store_root() -> Path | None:
    """The store's folder in `SHAKELM_STORE`; None for the default place."""
    root = os.environ.get("SHAKELM_STORE")
    return Path(root) if root else None


def open_store() -> ModelRegistry:
    """The user's store."""
    return open_registry(store_root())


def progress_bar(time_left: "ProgressColumn | None" = None) -> "ProgressBar":
    """A progress bar on stderr, which disappears at the end; off a terminal it is not drawn.

    Args:
        time_left: the last column, if Rich's estimate of the remaining time does not fit.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        time_left or TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def print_json(content: object) -> None:
    """Print a result as indented JSON."""
    import json

    print(json.dumps(content, ensure_ascii=False, indent=1))


def write_file(path: Path, data: bytes, announce: bool = True) -> None:
    """Write a result to a file, and print its path if `announce`.

    Raises:
        ShakelmError: the file cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise unwritable(path, error) from error
    if announce:
        print(path)


def unwritable(path: Path, error: OSError) -> ShakelmError:
    """The error that says that a file cannot be written."""
    return ShakelmError(f"{str(path)!r} cannot be written ({error.strerror or error}): choose another place.")
