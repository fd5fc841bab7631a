"""`shakelm baseline`: n-gram models, which a network has to beat."""

from typing import Annotated

import typer

from shakelm.cli import display
from shakelm.cli.console import (
    CorpusOption,
    JsonOption,
    WindowOption,
    check_window,
    corpus_sources,
    load_corpus,
    load_text,
    print_json,
)
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from shakelm.errors import ShakelmError
from shakelm.training_options import DEFAULT_VOCABULARY, plan

MAX_ORDER = 10
"""Higher orders gain little on texts of a few million tokens, and each takes more memory."""


def baseline(
    corpus: CorpusOption = None,
    vocabulary: Annotated[VocabularyKind, typer.Option(help="What a token is.")] = DEFAULT_VOCABULARY,
    order: Annotated[
        int | None,
        typer.Option(
            help=f"The highest order, 1 (the unigram) to {MAX_ORDER} (default "
            f"{', '.join(f'{kind.ngram_order} for {kind.units}' for kind in KINDS.values())})."
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="FILE", help="A text file to score in place of the held-out part.")
    ] = None,
    window: WindowOption = None,
    validation: Annotated[
        bool, typer.Option(help="Leave out the validation text, as a training that validates does.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train n-gram models (Kneser-Ney) on a corpus, and score each on the corpus's held-out part.

    They learn from all the other text, as `shakelm train --no-validation` does. Lower nats, lower perplexity,
    and higher accuracy are better. The seconds of an order include those of the orders below it.
    """
    from shakelm.evaluation.ngram_scoring import baselines
    from shakelm.text_preparation import prepare

    check_window(window)
    highest = KINDS[vocabulary].ngram_order if order is None else order
    if not 1 <= highest <= MAX_ORDER:
        raise ShakelmError(f"An order of {highest} is out of range: give one from 1 to {MAX_ORDER}.")
    learned_from = load_corpus(corpus_sources(corpus))
    prepared = prepare(
        learned_from.text, plan(vocabulary=vocabulary, validation=validation), learned_from.held_out
    )
    scored = prepared.parts.held_out if text is None else load_text(text)
    results = list(baselines(prepared.vocabulary, prepared.learned, scored, highest, window))
    if as_json:
        print_json(
            [
                {
                    "corpus": learned_from.name,
                    "sha256": learned_from.sha256,
                    "vocabulary": vocabulary,
                    "vocabulary_size": len(prepared.vocabulary),
                    "order": result.order,
                    **result.figures.model_dump(),
                    "seconds": round(result.seconds, 1),
                }
                for result in results
            ]
        )
        return
    figures = results[0].figures
    display.print_table(
        f"n-grams of {prepared.vocabulary.units} from {learned_from.name} ({prepared.tokens:,} tokens) on "
        f"{text or 'its held-out part'} ({figures.tokens:,} tokens, {figures.unknown:.2%} unknown)",
        ["order", ">nats/token", ">nats/char", ">perplexity", ">accuracy", ">seconds"],
        [
            [
                result.order,
                display.figure(result.figures.nats_per_token),
                display.figure(result.figures.nats_per_char),
                f"{result.figures.perplexity:.2f}",
                f"{result.figures.accuracy:.2%}",
                f"{result.seconds:.1f}",
            ]
            for result in results
        ],
    )
