"""`shakelm evaluate`, `plot` and `export`: look at a version, and take it elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from shakelm.cli import display
from shakelm.cli.console import (
    EngineOption,
    JsonOption,
    ModelArgument,
    NamedModel,
    WindowOption,
    check_window,
    load_text,
    open_store,
    picture_format,
    print_json,
    progress_bar,
    unwritable,
    write_file,
)
from shakelm.errors import ShakelmError


def evaluate(
    text: Annotated[str, typer.Option(metavar="FILE", help="A text file.")],
    model: ModelArgument = None,
    window: WindowOption = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Score a text: nats per token and character, perplexity, accuracy, share of unknown tokens.

    Lower nats, lower perplexity, and higher accuracy are better.
    """
    from shakelm.decoding import language_model
    from shakelm.evaluation.scoring import score

    check_window(window)
    read = load_text(text)
    loaded = language_model.load(open_store().find(model), engine)
    with progress_bar() as bar:
        task = bar.add_task(f"scoring with {loaded.reference}", total=1.0)
        figures = score(
            loaded.network,
            loaded.vocabulary,
            read,
            window,
            lambda share: bar.update(task, completed=share),
        )
    if as_json:
        print_json(figures.model_dump())
        return
    display.print_table(f"{loaded.reference} on {text}", ["figure", ">value"], display.figure_rows(figures))


def plot(
    model: ModelArgument = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The file to write: .png, .svg, .pdf, or .jpg."),
    ] = Path("curves.png"),
) -> None:
    """Draw the loss and accuracy curves of a version's training."""
    from shakelm.evaluation import plots

    version = open_store().find(model)
    write_file(output, plots.curves(version.history(), version.reference, picture_format(output)))


def export(
    model: NamedModel,
    output: Annotated[Path, typer.Argument(metavar="FILE.keras", help="The file to write.")],
) -> None:
    """Write a version as a Keras file, with its vocabulary beside it, for use elsewhere."""
    if output.suffix != ".keras":
        raise ShakelmError(f"{str(output)!r} does not end in .keras: give a name with that ending.")
    version = open_store().find(model)
    vocabulary = version.vocabulary()
    from shakelm.networks import architectures
    from shakelm.networks.loading import load_weights
    from shakelm.store.version import VOCABULARY

    exported = architectures.build(version.configuration().model, len(vocabulary))
    architectures.set_weights(exported, load_weights(version.weights_file))
    try:
        exported.save(output)
    except OSError as error:
        raise unwritable(output, error) from error
    print(f"{output}: {version.reference} as a Keras model, token ids to logits")
    write_file(output.with_suffix(".vocabulary.json"), version.file(VOCABULARY).read_bytes())
