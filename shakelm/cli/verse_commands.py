"""`shakelm verse`, `next` and `tokens`: use a model."""

import dataclasses
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from shakelm import defaults
from shakelm.cli import display
from shakelm.cli.console import (
    EngineOption,
    JsonOption,
    ModelOption,
    open_store,
    picture_format,
    print_json,
    write_file,
)
from shakelm.configuration import choose_random_seed
from shakelm.decoding.styles import DEFAULT_STYLE, STYLES, abbreviate, choose


def verse(
    seed: Annotated[str, typer.Argument(help="The text to begin with; may be left out.")] = "",
    style: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Sampling settings that go together: {', '.join(STYLES)}. What else is given replaces the "
            f"style's. Without any of these settings, the style is {DEFAULT_STYLE}.",
            autocompletion=lambda incomplete: [name for name in STYLES if name.startswith(incomplete)],
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help=f"From 0 (always the most likely token) to {defaults.MAX_TEMPERATURE:g} (wild). Without a "
            "style, it samples from all tokens."
        ),
    ] = None,
    lines: Annotated[int | None, typer.Option(help=f"Length in lines; {defaults.LINES} by default.")] = None,
    words: Annotated[int | None, typer.Option(help="Length in words instead.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Choose only among the k most likely tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Choose only among the most likely tokens up to this probability.")
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Drop tokens below this share of the highest probability.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(help="The same number with the same settings repeats the verse; random by default."),
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Write a verse from a seed, or without one."""
    from shakelm.decoding import generation, language_model

    style, sampling = choose(style, temperature, top_k, top_p, min_p)
    length = generation.Length(defaults.LINES if lines is None and words is None else lines, words)
    if number is None:
        number = choose_random_seed()
    started = time.perf_counter()
    loaded = language_model.load(open_store().find(model), engine)
    written = generation.generate(loaded, seed, sampling, length, number)
    seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "text": written.text,
                "seed": written.prompt,
                "model": loaded.reference,
                "style": style,
                **dataclasses.asdict(sampling),
                "lines": length.lines,
                "words": length.words,
                "number": number,
                "exact": loaded.network.exact,
                "seconds": round(seconds, 3),
                "tokens": written.tokens,
                "unknown": written.unknown,
            }
        )
        return
    print(written.text)
    note = f"{loaded.reference} · temperature {sampling.temperature:g} · number {number} · {seconds:.2f} s"
    named, truncations = abbreviate(style, sampling)
    if named is not None:
        note += f" · style {named}"
    note += "".join(f" · {name.replace('_', '-')} {value}" for name, value in truncations.items())
    if not loaded.network.exact:
        note += " · may differ on another machine"
    if written.unknown:
        note += f" · unknown to this model: {', '.join(map(repr, written.unknown))}"
    print(f"\n{note}", file=sys.stderr)


def next_tokens(
    seed: Annotated[str, typer.Argument(help="The text to continue; may be left out.")] = "",
    top: Annotated[int, typer.Option(help="Number of tokens to show, most likely first, at most 100.")] = 10,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Draw them too: .png, .svg, .pdf, or .jpg."),
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Show the most likely next words, pieces, or characters after a text, at several temperatures."""
    from shakelm.decoding import language_model, prediction

    loaded = language_model.load(open_store().find(model), engine)
    predicted = prediction.predict(loaded, seed, top)
    title = prediction.title_after(loaded.reference, predicted.prompt)
    if output is not None:
        from shakelm.evaluation import plots

        picture = plots.next_tokens(predicted, title, format_=picture_format(output))
        write_file(output, picture, announce=not as_json)
    if as_json:
        content = dataclasses.asdict(predicted)
        print_json({"model": loaded.reference, "seed": content.pop("prompt"), **content})
        return
    display.print_prediction(predicted, title)
    if predicted.unknown:
        print(f"unknown to this model: {', '.join(map(repr, predicted.unknown))}", file=sys.stderr)


def tokens(
    text: Annotated[str, typer.Argument(help="The text to split into tokens.")],
    model: ModelOption = None,
) -> None:
    """Show how a model reads a text: each word, piece, or character, its id, and what the id decodes to."""
    from shakelm.data.vocabulary import check_mapping, visible

    version = open_store().find(model)
    vocabulary = version.vocabulary()
    mappings = check_mapping(text, vocabulary)
    known = sum(mapping.known for mapping in mappings)
    display.print_table(
        f"{version.reference}: {known} of {len(mappings)} {vocabulary.units} known",
        [vocabulary.unit, ">id", f"recovered {vocabulary.unit}", "check"],
        [
            [
                visible(row.piece),
                row.token,
                visible(row.recovered),
                "OK" if row.known else "unknown",
            ]
            for row in mappings
        ],
    )
