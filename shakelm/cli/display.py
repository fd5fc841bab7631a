"""Tables and figures on the terminal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from shakelm.data import named_corpora
from shakelm.data.vocabulary import visible
from shakelm.decoding.prediction import Prediction
from shakelm.store.card import CorpusFacts, Figures
from shakelm.store.version import Version


def print_table(title: str, columns: list[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table.

    Args:
        title: the line above it.
        columns: the heads. A column whose head begins with > is aligned right; the first is never wrapped.
            Without any head there is no line of heads.
        rows: the cells of each row, which are shown by `str`.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, show_header=any(columns))
    for place, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column.startswith(">") else "left"
        table.add_column(column.removeprefix(">"), justify=justify, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def figure(value: float | None) -> str:
    """A loss with four digits after the point; a dash for None."""
    return "-" if value is None else f"{value:.4f}"


def losses(loss: float | None, validation_loss: float | None) -> str:
    """Both losses with their names; one that is None is left out."""
    known = (("loss", loss), ("validation loss", validation_loss))
    return ", ".join(f"{name} {value:.4f}" for name, value in known if value is not None)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, as in 0:12:05."""
    return str(timedelta(seconds=round(seconds)))


def figure_rows(figures: Figures) -> list[tuple[str, str]]:
    """The name and the value of each figure, one in each row."""
    return [
        ("tokens", f"{figures.tokens:,}"),
        ("characters", f"{figures.characters:,}"),
        ("nats per token", figure(figures.nats_per_token)),
        ("perplexity", figure(figures.perplexity)),
        ("unknown", f"{figures.unknown:.2%}"),
        ("nats per character", figure(figures.nats_per_char)),
        ("accuracy", f"{figures.accuracy:.2%}"),
    ]


def corpus_name(corpus: CorpusFacts) -> str:
    """The name of a version's corpus, with its language if that is known."""
    language = named_corpora.language(corpus.name, corpus.characters)
    return corpus.name if language is None else f"{corpus.name} ({language})"


def print_card(version: Version) -> None:
    """Print how a version was trained and how good it is.

    Raises:
        ShakelmError: its files are damaged.
    """
    card = version.card()
    network = version.configuration().model
    rows: list[list[object]] = [
        ["architecture", f"{network.architecture}, units {network.units}, embedding {network.embedding}"],
        ["vocabulary", network.vocabulary],
        ["parameters", f"{card.parameters:,} ({card.weights})"],
        ["corpus", f"{corpus_name(card.corpus)}, {card.corpus.characters:,} characters"],
        ["SHA-256", card.corpus.sha256],
        ["command", card.command],
        ["number", card.random_seed],
        ["epochs", f"{card.epochs} in {card.seconds:,.0f} s, kept {version.history().best}"],
        ["trained", f"{card.trained_at:%Y-%m-%d %H:%M} UTC on {card.device}"],
        ["software", ", ".join(f"{name} {number}" for name, number in card.software.items())],
    ]
    print_table(version.reference, ["", ""], rows)
    scores = {"held out (carried)": card.held_out, "held out (windows)": card.held_out_windows}
    if card.validation is not None:
        scores = {"validation (windows)": card.validation} | scores
    columns = [figure_rows(figures) for figures in scores.values()]
    print_table(
        "windows: 256 tokens, each from an empty state; carried: one state for the whole text",
        ["figure", *(f">{name}" for name in scores)],
        [[row[0][0], *(cell[1] for cell in row)] for row in zip(*columns, strict=True)],
    )


def print_prediction(prediction: Prediction, title: str) -> None:
    """Print next tokens with their probabilities, one column for each temperature; entropies below."""
    distributions = prediction.distributions
    rows = [
        [visible(token), *(f"{share:.2%}" for share in shares)]
        for token, *shares in zip(prediction.tokens, *(d.probabilities for d in distributions), strict=True)
    ]
    rows.append(["all others", *(f"{d.rest:.2%}" for d in distributions)])
    rows.append(["entropy", *(f"{d.entropy:.2f} bits" for d in distributions)])
    print_table(title, ["token", *(f">temperature {d.temperature:g}" for d in distributions)], rows)
