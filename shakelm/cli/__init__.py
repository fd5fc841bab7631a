"""The `shakelm` command."""

import dataclasses
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

# NumPy's products here are small: its threads would wait for each other, for seconds on a busy machine. It
# reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from shakelm.cli import display
from shakelm.configuration import Architecture, Precision, Schedule, Split, VocabularyKind, choose_number
from shakelm.errors import ShakelmError
from shakelm.networks.network import Engine
from shakelm.store.registry import Store

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn

    from shakelm.data.corpus import Corpus
    from shakelm.training.progress import Progress

app = typer.Typer(
    help="Language models that write Shakespeare-like verse: use, train and compare them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models = typer.Typer(help="List, show, promote, roll back and remove versions of models.")
app.add_typer(models, name="models")

ModelArgument = Annotated[
    str | None, typer.Argument(metavar="[NAME[@VERSION]]", help="Which model; by default the live one.")
]
ModelOption = Annotated[
    str | None, typer.Option(metavar="NAME[@VERSION]", help="Which model; by default the live one.")
]
NamedModel = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which model.")]
EngineOption = Annotated[
    Engine,
    typer.Option(envvar="SHAKELM_ENGINE", help="What computes: numpy starts at once, keras uses a GPU."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run the command; a mistake ends it with one sentence and status 1."""
    try:
        app()
    except ShakelmError as error:
        sys.exit(f"shakelm: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def verse(
    seed: Annotated[str, typer.Argument(help="The text to begin with; may be left out.")] = "",
    temperature: Annotated[float, typer.Option(help="From 0 (most likely) to 2 (wild).")] = 0.8,
    lines: Annotated[int | None, typer.Option(help="Length in lines; 8 by default.")] = None,
    words: Annotated[int | None, typer.Option(help="Length in words instead.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Choose among the k most likely tokens only.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Choose among the likeliest up to this share.")] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Keep tokens of at least this share of the likeliest one's chance.")
    ] = None,
    number: Annotated[int | None, typer.Option(help="Repeats a verse exactly; random by default.")] = None,
    model: ModelOption = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Write a verse from a seed, or from nothing."""
    from shakelm.decoding import generation
    from shakelm.decoding.sampling import Sampling

    sampling = Sampling(temperature, top_k, top_p, min_p)
    length = generation.Length(8 if lines is None and words is None else lines, words)
    if number is None:
        number = choose_number()
    started = time.perf_counter()
    loaded = generation.load(_store().find(model), engine)
    written = generation.write(loaded, seed, sampling, length, number)
    seconds = time.perf_counter() - started
    if as_json:
        _print_json(
            {
                "text": written.text,
                "seed": written.seed,
                "model": loaded.reference,
                "temperature": temperature,
                "number": number,
                "seconds": round(seconds, 3),
                "tokens": written.tokens,
                "unknown": written.unknown,
            }
        )
        return
    print(written.text)
    note = f"{loaded.reference} · temperature {temperature:g} · number {number} · {seconds:.2f} s"
    if written.unknown:
        note += f" · unknown to this model: {', '.join(map(repr, written.unknown))}"
    print(f"\n{note}", file=sys.stderr)


@app.command("next")
def next_tokens(
    seed: Annotated[str, typer.Argument(help="The text before; may be left out.")] = "",
    top: Annotated[int, typer.Option(help="How many of the most likely tokens, at most 100.")] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.png", help="Draw them as a picture too.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Show the most likely next words or characters after a text, at several temperatures."""
    from shakelm.decoding import generation, prediction

    loaded = generation.load(_store().find(model), engine)
    predicted = prediction.predict(loaded, seed, top)
    title = display.after(loaded.reference, predicted.seed)
    if output is not None:
        from shakelm.evaluation import plots

        _write(output, plots.next_tokens(predicted, title), announce=not as_json)
    if as_json:
        _print_json({"model": loaded.reference, **dataclasses.asdict(predicted)})
        return
    display.print_prediction(predicted, title)
    if predicted.unknown:
        print(f"unknown to this model: {', '.join(map(repr, predicted.unknown))}", file=sys.stderr)


@app.command()
def tokens(
    text: Annotated[str, typer.Argument(help="Any text.")],
    model: ModelOption = None,
) -> None:
    """Show how a model sees a text: each word or character, its id, and what the id maps back to."""
    from shakelm.data.vocabulary import Vocabulary, check_mapping

    version = _store().find(model)
    vocabulary = version.read(version.vocabulary.name, Vocabulary)
    kind = {"word": "word", "char": "character"}[vocabulary.kind]
    mappings = check_mapping(text, vocabulary)
    known = sum(mapping.known for mapping in mappings)
    display.print_table(
        f"{version.reference}: {known} of {len(mappings)} {kind}s known",
        [kind, ">id", f"recovered {kind}", "check"],
        [
            [
                display.visible(row.piece),
                row.token,
                display.visible(row.recovered),
                "OK" if row.known else "unknown",
            ]
            for row in mappings
        ],
    )


@app.command()
def architectures(
    name: Annotated[Architecture | None, typer.Argument(help="One of them; by default all.")] = None,
    vocabulary_size: Annotated[int, typer.Option(min=3, help="Tokens of the vocabulary.")] = 6500,
    units: Annotated[str | None, typer.Option(help="Widths of recurrent layers, as in 150,100.")] = None,
    layers: Annotated[int | None, typer.Option(help="How many recurrent layers.")] = None,
    embedding: Annotated[int | None, typer.Option(help="Width of the embedding.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of features dropped in training.")] = None,
) -> None:
    """Show each architecture's layers, output shapes and parameters."""
    from shakelm.configuration import NOTEBOOK_UNITS, plan
    from shakelm.networks.layers import layers as layers_of

    for architecture in [name] if name else NOTEBOOK_UNITS:
        configuration = plan(
            architecture, "word", units=_widths(units), layers=layers, embedding=embedding, dropout=dropout
        )
        rows = layers_of(configuration.model, vocabulary_size)
        total = sum(row.parameters for row in rows)
        display.print_table(
            f"{architecture}: {total:,} parameters with a vocabulary of {vocabulary_size:,}",
            ["layer", "kind", "output shape", ">parameters"],
            [[row.name, row.kind, row.output, f"{row.parameters:,}"] for row in rows],
        )


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="What the model is called; each training adds a version.")],
    preset: Annotated[
        str | None,
        typer.Option(help="Settings that go together: notebook, best; other options override them."),
    ] = None,
    architecture: Annotated[
        Architecture | None, typer.Option(help="Kind of network; stacked-lstm by default.")
    ] = None,
    vocabulary: Annotated[
        VocabularyKind | None, typer.Option(help="What a token is; word by default.")
    ] = None,
    corpus: Annotated[
        str,
        typer.Option(
            envvar="SHAKELM_CORPUS", metavar="NAME|FILE", help="A known corpus or a UTF-8 text file."
        ),
    ] = "shakespeare",
    epochs: Annotated[int | None, typer.Option(help="Passes over the text, at most; 20 by default.")] = None,
    number: Annotated[int, typer.Option(help="Seeds everything random.")] = 1,
    units: Annotated[str | None, typer.Option(help="Widths of recurrent layers, as in 150,100.")] = None,
    layers: Annotated[int | None, typer.Option(help="How many recurrent layers.")] = None,
    embedding: Annotated[int | None, typer.Option(help="Width of the embedding; 100 by default.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of features dropped; 0 by default.")] = None,
    batch: Annotated[int | None, typer.Option(help="Windows in a batch; 32 by default.")] = None,
    window: Annotated[int | None, typer.Option(help="Tokens in a window; 32 words, 128 characters.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's step size; 0.002 by default.")] = None,
    patience: Annotated[int | None, typer.Option(help="Epochs without gain until it stops; 3.")] = None,
    split: Annotated[
        Split | None, typer.Option(help="Hold out the end of the text, or whole speeches from all over it.")
    ] = None,
    embedding_dropout: Annotated[
        float | None, typer.Option(help="Share dropped after the embedding; as --dropout by default.")
    ] = None,
    weight_dropout: Annotated[
        float | None, typer.Option(help="Share of an LSTM's recurrent weights dropped; 0 by default.")
    ] = None,
    carry: Annotated[
        bool | None, typer.Option(help="Read the text as streams and carry the state from window to window.")
    ] = None,
    restart: Annotated[
        float | None, typer.Option(help="Share of streams that start a window with an empty state; 0.")
    ] = None,
    schedule: Annotated[
        Schedule | None, typer.Option(help="How the learning rate goes on; constant by default.")
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's; 0 by default.")] = None,
    averaging: Annotated[
        float | None, typer.Option(help="Momentum of averaged weights, as in 0.999; 0 by default.")
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Of an LSTM's matrix products; float32 by default.")
    ] = None,
    validation: Annotated[
        bool | None, typer.Option(help="Validate, or learn from that text too and keep the last epoch.")
    ] = None,
) -> None:
    """Train a model and publish it as a new version; Ctrl-C keeps the best epoch so far.

    If it is killed, the same command goes on after the last whole epoch.
    """
    from shakelm.configuration import plan, read_preset

    given = {
        "architecture": architecture,
        "vocabulary": vocabulary,
        "units": _widths(units),
        "layers": layers,
        "embedding": embedding,
        "dropout": dropout,
        "embedding_dropout": embedding_dropout,
        "weight_dropout": weight_dropout,
        "epochs": epochs,
        "batch": batch,
        "window": window,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "averaging": averaging,
        "carry": carry,
        "restart": restart,
        "precision": precision,
        "patience": patience,
        "validation": validation,
        "number": number,
        "split": split,
    }
    settings: dict[str, Any] = {"architecture": "stacked-lstm", "vocabulary": "word"}
    settings |= read_preset(preset) if preset else {}
    configuration = plan(**settings | {name: value for name, value in given.items() if value is not None})
    store = _store()
    store.prepare(name)
    text = _load_corpus(corpus)
    from rich.progress import TextColumn

    from shakelm.training import training  # TensorFlow comes only once the input is known to be good

    # Rich's own estimate would take what earlier processes did for the speed of this one.
    with _bar(TextColumn("{task.fields[time_left]}", style="progress.remaining")) as bar:
        report = _TrainingReport(bar, configuration.model.vocabulary)
        version = training.train(name, text, configuration, store, _command(corpus), report.show, report.say)
    display.print_card(version)


@app.command()
def evaluate(
    text: Annotated[str, typer.Option(metavar="FILE", help="A UTF-8 text file.")],
    model: ModelArgument = None,
    window: Annotated[
        int | None, typer.Option(help="Cut into windows of so many tokens, each from an empty state.")
    ] = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Score a text: nats per token and character, perplexity, accuracy, share of unknown tokens."""
    from shakelm.data import corpus
    from shakelm.decoding import generation
    from shakelm.evaluation.scoring import score

    if window is not None and window < 1:
        raise ShakelmError(f"A window of {window} tokens holds nothing: give at least 1.")
    content = corpus.load(text, named={}).text
    loaded = generation.load(_store().find(model), engine)
    with _bar() as bar:
        task = bar.add_task(f"scoring with {loaded.reference}", total=1.0)
        figures = score(
            loaded.network,
            loaded.vocabulary,
            content,
            window,
            lambda share: bar.update(task, completed=share),
        )
    if as_json:
        _print_json(figures.model_dump())
        return
    display.print_table(f"{loaded.reference} on {text}", ["figure", ">value"], display.figure_rows(figures))


@app.command()
def plot(
    model: ModelArgument = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.png")] = Path("curves.png"),
) -> None:
    """Draw the loss and accuracy curves of a version's training."""
    from shakelm.evaluation import plots

    version = _store().find(model)
    _write(output, plots.curves(version.history(), version.reference))


@app.command()
def export(
    model: NamedModel,
    output: Annotated[Path, typer.Argument(metavar="FILE.keras", help="The file to write.")],
) -> None:
    """Write a version as a Keras file, with its vocabulary beside it, for use elsewhere."""
    if output.suffix != ".keras":
        raise ShakelmError(f"{str(output)!r} does not end in .keras: Keras needs that ending.")
    version = _store().find(model)
    from shakelm.data.vocabulary import Vocabulary

    vocabulary = version.read(version.vocabulary.name, Vocabulary)
    from shakelm.networks import architectures, network

    exported = architectures.build(version.configuration().model, len(vocabulary))
    architectures.set_weights(exported, network.load_weights(version.weights))
    try:
        exported.save(output)
    except OSError as error:
        raise _unwritable(output, error) from error
    print(f"{output}: {version.reference} as a Keras model, token ids to logits")
    _write(output.with_suffix(".vocabulary.json"), version.vocabulary.read_bytes())


@app.command()
def doctor() -> None:
    """Check what is installed and set up: each thing is OK, or has its cure."""
    from shakelm.cli.doctor import examine
    from shakelm.data import corpus

    redis_url = os.environ.get("SHAKELM_REDIS_URL", "redis://localhost:6379/0")
    findings = examine(_store_root(), corpus.default_cache(), redis_url, os.environ)
    display.print_table(
        "shakelm doctor",
        ["what", "state", "details"],
        [
            [
                finding.what,
                "OK" if finding.ok else "not OK",
                "\n".join(filter(None, (finding.detail, finding.cure))),
            ]
            for finding in findings
        ],
    )


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, as_json: JsonOption = False) -> None:
    """List all versions with their held-out figures; the live one answers where none is named."""
    if context.invoked_subcommand is not None:
        return
    store = _store()
    versions = [(version, version.card()) for version in store.versions()]
    if as_json:
        _print_json(
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
                display.figure(held_out.nats_per_token),
                display.figure(held_out.nats_per_char),
            ]
        )
    display.print_table(
        f"{len(rows)} versions, with figures on held-out text (state carried)",
        ["model", "state", "network", ">nats/token", ">nats/char"],
        rows,
    )


@models.command()
def show(model: ModelArgument = None, as_json: JsonOption = False) -> None:
    """Show a version's card: how it was trained, and how good it is."""
    version = _store().find(model)
    if as_json:
        _print_json(version.card().model_dump(mode="json"))
        return
    display.print_card(version)


@models.command()
def promote(model: NamedModel) -> None:
    """Make a version the live one."""
    print(f"{_store().promote(model).reference} is live")


@models.command()
def rollback() -> None:
    """Make the formerly live version live again."""
    print(f"{_store().roll_back().reference} is live again")


@models.command()
def remove(model: Annotated[str, typer.Argument(metavar="NAME@VERSION")]) -> None:
    """Delete a version for good; the live one and the packaged ones stay."""
    print(f"{_store().remove(model).reference} is removed")


class _TrainingReport:
    """The training's progress bar, and a line for each finished epoch that stays."""

    def __init__(self, bar: "Bar", vocabulary: VocabularyKind) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=1.0, time_left="")
        self._unit = {"char": "characters", "word": "words"}[vocabulary]
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


def _command(corpus: str) -> str:
    """The command line that was typed, with the corpus even where the environment named it."""
    arguments = sys.argv[1:]
    if not any(argument.partition("=")[0] == "--corpus" for argument in arguments):
        arguments += ["--corpus", corpus]
    return shlex.join(["shakelm", *arguments])


def _store_root() -> Path | None:
    root = os.environ.get("SHAKELM_STORE")
    return Path(root) if root else None


def _store() -> Store:
    return Store(_store_root())


def _load_corpus(source: str) -> "Corpus":
    from shakelm.data import corpus

    with _bar() as bar:
        task = bar.add_task(f"downloading {source}", visible=False)
        return corpus.load(
            source,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )


def _widths(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError as error:
        raise ShakelmError(
            f"{text!r} is no list of widths: give whole numbers with commas between, as in 150,100."
        ) from error


def _bar(time_left: "ProgressColumn | None" = None) -> "Bar":
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


def _print_json(content: object) -> None:
    import json

    print(json.dumps(content, ensure_ascii=False, indent=1))


def _write(path: Path, data: bytes, announce: bool = True) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from error
    if announce:
        print(path)


def _unwritable(path: Path, error: OSError) -> ShakelmError:
    return ShakelmError(f"{str(path)!r} cannot be written ({error.strerror or error}): choose another place.")
