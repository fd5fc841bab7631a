"""Networks and versions: their figures are right, and they fit into a message."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from shakelm.data.named_corpora import Language
from shakelm.data.vocabulary_kinds import KINDS
from shakelm.evaluation import named_baselines
from shakelm.networks import architectures
from shakelm.store.registry import PACKAGED, open_registry
from shakelm.training_options import NOTEBOOK_UNITS, plan
from tests.support import tiny_models
from tests.support.discord_messages import embed
from worker.messages import model_messages
from worker.messages.model_messages import MODELS_A_PAGE
from worker.protocol.model_payloads import HeldOut, ModelIndex, ModelSummary, held_out_text

LOSSY = HeldOut(nats_per_token=5.1, perplexity=164.2, accuracy=0.2, unknown=0.05, nats_per_char=None)


def summary(name: str, minute: int = 0, **changes: Any) -> ModelSummary:
    """A version that was trained at that minute."""
    trained_at = datetime(2025, 1, 1, minute // 60, minute % 60, tzinfo=UTC)
    return tiny_models.summary(name, trained_at=trained_at, **changes)


def test_models_show_which_one_is_live_and_what_their_figures_count() -> None:
    lossy = summary("b", live=True, vocabulary="word", held_out=LOSSY, size=2_540_000)
    body = model_messages.models(ModelIndex(versions=[summary("a_a", minute=1), lossy]))
    assert embed(body)["description"].splitlines() == [
        r"★ live: **b\@1** · lstm, words, 2.5 MB, <t:1735689600:d>",
        "` 5.100 nats/word    164.20 perplexity   20.0% accuracy`",
        r"• **a\_a\@1** · lstm, characters, 0.0 MB, <t:1735689660:d>",
        "` 1.500 nats/char      4.48 perplexity   55.3% accuracy`",
    ]
    assert body["components"] == []


def test_models_stand_below_the_text_that_they_were_measured_on() -> None:
    texts = [("1 blocks", "a_b"), ("2 blocks", "c"), ("1 blocks", "a_b")]
    versions = [
        summary(f"m{place}", minute=place, held_out_text=held_out_text, corpus=corpus)
        for place, (held_out_text, corpus) in enumerate(texts)
    ]
    lines = embed(model_messages.models(ModelIndex(versions=versions)))["description"].splitlines()
    assert [line.partition(" · ")[0] for line in lines if not line.startswith("`")] == [
        r"*On the held-out text of a\_b:*",
        r"• **m2\@1**",
        r"• **m0\@1**",
        "*On the held-out text of c:*",
        r"• **m1\@1**",
    ]


def test_a_model_of_a_known_corpus_stands_beside_models_that_only_count() -> None:
    sha256, rungs = next((key, found) for key, found in named_baselines.rungs().items() if len(found) == 2)
    corpus = rungs[0].corpus
    for split, shown in (("contiguous", 2), ("blocks", 0)):
        model = summary("a", corpus=corpus, held_out_text=held_out_text(sha256, split))
        _, _, figures, *baselines = embed(model_messages.models(ModelIndex(versions=[model])))[
            "description"
        ].splitlines()
        assert len(baselines) == 2 * shown
        for one, name, column in zip(rungs, baselines[::2], baselines[1::2], strict=False):
            kind = "unigram" if one.order == 1 else f"Kneser-Ney {one.order}-gram"
            assert name == f"• {kind} · {one.vocabulary_size} characters"
            assert column.startswith(f"`{one.nats_per_token:6.3f} nats/char")
            assert len(column) == len(figures)


def test_the_longest_page_with_all_baselines_fits() -> None:
    texts = [held_out_text(sha256, "contiguous") for sha256 in named_baselines.rungs()]
    versions = [
        summary(
            "m" * 63 + str(place), minute=place, language="English", corpus="c" * 64, held_out_text=held_out
        )
        for place, held_out in enumerate([*texts, *texts, *texts, texts[0]])
    ]
    description = embed(model_messages.models(ModelIndex(versions=versions)))["description"]
    assert description.count("unigram") == sum(len(found) for found in named_baselines.rungs().values()) / 2
    assert len(description) <= 4096


def test_a_model_is_shown_with_its_language_where_that_is_known() -> None:
    spanish = summary("a_a", language="Spanish", vocabulary="subword", live=True)
    line = embed(model_messages.models(ModelIndex(versions=[spanish])))["description"]
    assert line.startswith(r"★ live: **a\_a\@1** · lstm, pieces of words in Spanish, ")
    assert model_messages.model_choice(spanish) == "a_a@1, Spanish (live): 1.500 nats per character"
    assert model_messages.model_choice(summary("b")) == "b@1: 1.500 nats per character"


@pytest.mark.parametrize("language", get_args(Language))
def test_every_language_of_a_corpus_has_a_text(language: Language) -> None:
    assert model_messages.named(summary("a", language=language)) == f"a@1, {language}"


@pytest.mark.parametrize("number", [MODELS_A_PAGE, MODELS_A_PAGE + 1, 200])
def test_every_version_is_on_one_page_the_latest_first(number: int) -> None:
    longest = "m" * 60
    index = ModelIndex(
        versions=[
            summary(f"{longest}{place:03}", minute=place, language="English") for place in range(number)
        ]
    )
    pages = -(-number // MODELS_A_PAGE)
    shown = [
        line
        for page in range(pages)
        for line in embed(model_messages.models(index, page))["description"].splitlines()[::2]
    ]
    assert [line[2:67] for line in shown] == [f"**{longest}{place:03}" for place in reversed(range(number))]
    for page in range(pages):
        assert len(embed(model_messages.models(index, page))["description"]) <= 4096
    assert model_messages.models(index, pages + 7) == model_messages.models(index, pages - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_architectures_are_those_that_keras_builds(kind: Any) -> None:
    description = embed(model_messages.architectures(kind))["description"]
    size = KINDS[kind].corpus_sizes["shakespeare"].vocabulary
    for name in NOTEBOOK_UNITS:
        model = architectures.build(plan(name, kind).model, size)
        assert f"**{name}**, {model.count_params():,} parameters" in description


def test_vocabularies_are_as_large_as_those_of_the_models_that_ship() -> None:
    for version in open_registry(PACKAGED).versions():
        vocabulary = version.vocabulary()
        assert len(vocabulary) == vocabulary.corpus_sizes["shakespeare"].vocabulary
