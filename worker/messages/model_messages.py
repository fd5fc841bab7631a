"""Networks and model versions."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from shakelm.evaluation import named_baselines
from shakelm.evaluation.named_baselines import NamedBaseline
from shakelm.networks.layers import Layer, layers
from shakelm.training_options import NOTEBOOK_UNITS, plan
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import BLUE, MAX_CHOICE, Body, button, clip, embed, escape, rows
from worker.messages.formats import language_of, loss_of, short_unit, unit, units
from worker.protocol.custom_ids import ModelPage
from worker.protocol.model_payloads import ModelIndex, ModelSummary, held_out_text

MODELS_A_PAGE = 10


def architectures(kind: VocabularyKind, locale: str = DEFAULT) -> Body:
    """Each architecture with its purpose, layers, output shapes and parameters."""
    size = KINDS[kind].corpus_sizes["shakespeare"].vocabulary  # those of the shipped models
    parts = [
        text(
            locale,
            "architectures.vocabulary",
            unit=unit(kind, locale),
            units=units(kind, locale),
            size=size,
        )
    ]
    for name in NOTEBOOK_UNITS:
        network = layers(plan(name, kind).model, size)
        total = sum(layer.parameters for layer in network)
        parts.append(
            text(
                locale,
                "architectures.network",
                name=name,
                total=total,
                purpose=text(locale, f"architectures.purpose.{name.replace('-', '_')}"),
                table="\n".join(_layers(network, locale)),
            )
        )
    return embed(
        text(locale, "architectures.title"), "\n".join(parts), BLUE, text(locale, "architectures.footer")
    )


def _layers(network: Sequence[Layer], locale: str) -> Iterator[str]:
    """One line per layer, in columns."""
    cells = [
        (layer.kind, layer.output, text(locale, "architectures.parameters", parameters=layer.parameters))
        for layer in network
    ]
    kind, sizes, parameters = (max(map(len, column)) for column in zip(*cells, strict=True))
    for row in cells:
        yield f"{row[0]:<{kind}}  {row[1]:<{sizes}}  {row[2]:>{parameters}}"


def models(index: ModelIndex, page: int = 0, locale: str = DEFAULT) -> Body:
    """A page of model versions with their held-out figures, below the text that they were measured on.

    The live one comes first, then the newest. The n-gram baselines on the same text come after them.
    """
    versions = _ordered(index.versions)
    last = max(len(versions) - 1, 0) // MODELS_A_PAGE
    page = min(page, last)
    shown = versions[page * MODELS_A_PAGE :][:MODELS_A_PAGE]
    lines: list[str] = []
    for measured_on, measured in groupby(shown, lambda one: one.held_out_text):
        group = list(measured)
        if measured_on:
            lines.append(text(locale, "models.measured_on", corpus=escape(group[0].corpus)))
        lines += [_model(summary, locale) for summary in group]
        lines += [_baseline(one, locale) for one in _rungs().get(measured_on, ())]
    body = embed(text(locale, "models.title"), "\n".join(lines), BLUE, text(locale, "models.footer"))
    if last:
        body["embeds"][0]["title"] = text(locale, "models.title_of_page", page=page + 1, pages=last + 1)
        body["components"] = rows(
            [
                button(text(locale, "button.newer"), ModelPage(max(page - 1, 0)), disabled=page == 0),
                button(text(locale, "button.older"), ModelPage(page + 1), disabled=page == last),
            ]
        )
    return body


def _ordered(versions: Iterable[ModelSummary]) -> list[ModelSummary]:
    """The live version first, then the newest, but those that were measured on one text together."""
    newest = sorted(versions, key=lambda one: (one.live, one.trained_at, one.reference), reverse=True)
    texts = list(dict.fromkeys(one.held_out_text for one in newest))
    return sorted(newest, key=lambda one: texts.index(one.held_out_text))


def _model(summary: ModelSummary, locale: str) -> str:
    held_out, read = summary.held_out, units(summary.vocabulary, locale)
    if summary.language is not None:
        read = text(locale, "models.units", units=read, language=language_of(summary.language, locale))
    return text(
        locale,
        "models.line",
        units=read,
        short=short_unit(summary.vocabulary, locale),
        sign=text(locale, "models.live" if summary.live else "models.other"),
        model=escape(summary.reference),
        architecture=summary.architecture,
        day=f"<t:{summary.trained_at.timestamp():.0f}:d>",
        megabytes=summary.size / 1e6,
        nats=held_out.nats_per_token,
        perplexity=held_out.perplexity,
        accuracy=held_out.accuracy,
    )


def _rungs() -> dict[str, Sequence[NamedBaseline]]:
    """The n-gram baselines by the name of their held-out text."""
    return {
        held_out_text(sha256, "contiguous"): baselines
        for sha256, baselines in named_baselines.rungs().items()
    }


def _baseline(baseline: NamedBaseline, locale: str) -> str:
    kind, order = baseline.vocabulary, baseline.order
    name = text(locale, "models.unigram") if order == 1 else text(locale, "models.ngram", order=order)
    return text(
        locale,
        "models.baseline",
        name=name,
        size=baseline.vocabulary_size,
        units=units(kind, locale),
        short=short_unit(kind, locale),
        nats=baseline.nats_per_token,
        perplexity=baseline.perplexity,
        accuracy=baseline.accuracy,
    )


def named(model: ModelSummary, locale: str = DEFAULT) -> str:
    """A version's name with its language, if that is known."""
    if model.language is None:
        return model.reference
    return text(locale, "models.named", model=model.reference, language=language_of(model.language, locale))


def model_choice(model: ModelSummary, locale: str = DEFAULT) -> str:
    """A version in one line of plain text, as a choice of a command's option."""
    choice = text(
        locale,
        "models.live_choice" if model.live else "models.choice",
        model=named(model, locale),
        loss=loss_of(model.held_out, locale),
    )
    return clip(choice, MAX_CHOICE)
