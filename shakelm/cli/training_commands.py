"""`shakelm train` and `architectures`: make models.

The options that choose settings come from `shakelm.training_options`.
"""

import inspect
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shakelm import defaults
from shakelm.cli import display
from shakelm.cli.console import CorpusOption, corpus_sources, load_corpus, open_store, progress_bar
from shakelm.configuration import Architecture
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from shakelm.errors import ShakelmError
from shakelm.text_preparation import prepare
from shakelm.training_options import NOTEBOOK_UNITS, TRAINING_OPTIONS, TrainingOption, plan, presets

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar

    from shakelm.training.progress import Progress

Command = Callable[..., None]


def with_training_options(*names: str) -> Callable[[Command], Command]:
    """Give a command the training options of those names, which it takes as `**chosen`.

    Each option that is left out is None, so that the preset or the default holds.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        options = [_parameter(TRAINING_OPTIONS[name]) for name in names]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # typer reads it
            parameters=[*own, *options]
        )
        return command

    return decorate


def _parameter(option: TrainingOption) -> inspect.Parameter:
    annotation: Any = option.annotation
    flags = option.flag
    more: dict[str, Any] = {}
    if annotation is bool:
        flags = f"{option.flag}/{option.negative_flag}"
    elif option.name == "preset":
        more = {
            "autocompletion": lambda incomplete: [name for name in presets() if name.startswith(incomplete)]
        }
    elif option.name == "units":
        annotation, more = str, {"parser": parse_widths, "metavar": "WIDTH[,WIDTH]"}
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation | None, typer.Option(flags, help=option.help, **more)],
    )


def parse_widths(text: str) -> tuple[int, ...]:
    """Read the widths of layers, as in `150,100`.

    Raises:
        ShakelmError: the text is not a list of whole numbers.
    """
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError as error:
        raise ShakelmError(
            f"{text!r} is not a list of widths: give whole numbers separated by commas, as in 150,100."
        ) from error


@with_training_options("units", "layers", "embedding", "dropout")
def architectures(
    name: Annotated[Architecture | None, typer.Argument(help="The architecture; by default all.")] = None,
    vocabulary_size: Annotated[
        int,
        typer.Option(min=3, help="Number of tokens in the vocabulary; by default that of a shipped model."),
    ] = KINDS["word"].corpus_sizes[defaults.CORPUS].vocabulary,
    **chosen: Any,
) -> None:
    """Show each architecture's layers, output shapes, and parameters."""
    from shakelm.networks.layers import layers

    for architecture in [name] if name else NOTEBOOK_UNITS:
        configuration = plan(architecture, "word", **chosen)
        rows = layers(configuration.model, vocabulary_size)
        total = sum(row.parameters for row in rows)
        display.print_table(
            f"{architecture}: {total:,} parameters with a vocabulary of {vocabulary_size:,}",
            ["layer", "kind", "output shape", ">parameters"],
            [[row.name, row.kind, row.output, f"{row.parameters:,}"] for row in rows],
        )


@with_training_options(*TRAINING_OPTIONS)
def train(
    name: Annotated[str, typer.Argument(help="Name of the model; each training adds a version.")],
    corpus: CorpusOption = None,
    **chosen: Any,
) -> None:
    """Train a model and publish it as a new version; Ctrl-C keeps the best epoch so far.

    If the process is killed, the same command resumes after the last complete epoch.
    """
    store = open_store()
    base = store.find(chosen["base"]) if chosen["base"] else None
    network = base.configuration().model if base is not None else None
    chosen["base"] = base.reference if base is not None else None
    configuration = plan(**chosen, network=network)
    store.prepare(name)
    sources = corpus_sources(corpus)
    text = load_corpus(sources)
    known = base.vocabulary() if base is not None else None
    prepared = prepare(text.text, configuration, text.held_out, known)
    from rich.progress import TextColumn

    from shakelm.training.train import train as train_model  # TensorFlow waits until the input is checked

    # After a resumption, Rich's own estimate would count the steps of earlier processes as those of this one.
    with progress_bar(TextColumn("{task.fields[time_left]}", style="progress.remaining")) as bar:
        report = _TrainingReport(bar, configuration.model.vocabulary)
        version = train_model(
            name,
            text,
            configuration,
            store,
            _typed_command(sources),
            on_progress=report.show,
            on_notice=report.say,
            base=base,
            prepared=prepared,
        )
    display.print_card(version)


class _TrainingReport:
    """The training's progress bar, and a line for each finished epoch that stays."""

    def __init__(self, bar: "ProgressBar", vocabulary: VocabularyKind) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=1.0, time_left="")
        self._unit = KINDS[vocabulary].units
        self._before: Progress | None = None

    def say(self, sentence: str) -> None:
        self._bar.console.print(sentence, markup=False, highlight=False)

    def show(self, progress: "Progress") -> None:
        before, self._before = self._before, progress
        if before is not None and (progress.epoch > before.epoch or progress.stage == "scoring"):
            loss, validation_loss = before.loss, progress.validation_loss
            self.say(f"epoch {before.epoch}: {display.losses(loss, validation_loss)}{self._speed(before)}")
        place = f"epoch {progress.epoch}/{progress.epochs}"
        losses = display.losses(progress.loss, progress.validation_loss)
        self._bar.update(
            self._task,
            completed=progress.share,
            time_left="" if progress.seconds_left is None else display.duration(progress.seconds_left),
            description="scoring the held-out text"
            if progress.stage == "scoring"
            else f"{place}: {losses}{self._speed(progress)}",
        )

    def _speed(self, progress: "Progress") -> str:
        speed = progress.tokens_per_second
        return "" if speed is None else f", {speed:,.0f} {self._unit}/s"


def _typed_command(sources: list[str]) -> str:
    """The command as it was typed, with the corpus even if the environment named it."""
    arguments = sys.argv[1:]
    if not any(argument.partition("=")[0] == "--corpus" for argument in arguments):
        arguments += [word for source in sources for word in ("--corpus", source)]
    return shlex.join(["shakelm", *arguments])
