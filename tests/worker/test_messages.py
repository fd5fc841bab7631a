"""Messages: escaping, limits, and that each one tells all it must."""

import re
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from worker import messages
from worker.payloads import (
    HeldOut,
    ModelIndex,
    ModelSummary,
    QueueStatus,
    TrainingState,
    TrainingStatus,
    TrainProgress,
    TrainRequest,
    VerseResult,
    WorkerStatus,
)

HELD_OUT = HeldOut(nats_per_token=1.5, perplexity=4.48, accuracy=0.553, unknown=0, nats_per_char=1.4)
LOSSY = HeldOut(nats_per_token=5.1, perplexity=164.2, accuracy=0.2, unknown=0.05, nats_per_char=None)
REQUEST = TrainRequest(
    name="my_model", architecture="lstm", vocabulary="char", epochs=12, number=3, requested_by="1"
)


def result(text: str = "To be", **changes: Any) -> VerseResult:
    settings: dict[str, Any] = {
        "model": "my_model@3",
        "temperature": 0.8,
        "number": 42,
        "seconds": 1.26,
        "unknown": [],
    }
    return VerseResult(text=text, **settings | changes)


def summary(name: str, live: bool = False, held_out: HeldOut = HELD_OUT) -> ModelSummary:
    return ModelSummary(
        name=name,
        version=1,
        live=live,
        packaged=False,
        architecture="lstm",
        vocabulary="char",
        parameters=100,
        held_out=held_out,
        trained_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


def embed(body: messages.Body) -> dict[str, Any]:
    (embed,) = body["embeds"]
    return dict(embed)


def shown(markdown: str) -> str:
    """What Discord shows of markdown whose every special character is escaped."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*a* _b_ ~~c~~ `d` ||e||", r"\*a\* \_b\_ \~\~c\~\~ \`d\` \|\|e\|\|"),
        ("a\\*b", r"a\\\*b"),
        ("> a\n# b\n-# c\n- d\n+ e\n * f", "\\> a\n\\# b\n\\-# c\n\\- d\n\\+ e\n \\* f"),
        ("1. a\n 22. b", "1\\. a\n 22\\. b"),
        ("a - b, 1.5 > 1 # c.", "a - b, 1.5 > 1 # c."),
        ("[a](https://b.c)", r"\[a\]\(https\://b.c\)"),
        ("https://b.c <https://b.c>", r"https\://b.c \<https\://b.c>"),
        ("<@1> <#2> @everyone", r"\<\@1> \<#2> \@everyone"),
        ("<:smile:1> :smile: :+1:", r"\<\:smile:1> \:smile: \:+1:"),
        ("<t:1700000000:R>", r"\<t\:1700000000:R>"),
        ("ROMEO:\nAy me!", "ROMEO:\nAy me!"),
        ("a\r\n# b\r# c", "a\n\\# b\n\\# c"),
        ("", ""),
    ],
)
def test_escaped_text_is_shown_as_it_is(text: str, escaped: str) -> None:
    assert messages.escape(text) == escaped
    assert shown(escaped) == re.sub(r"\r\n?", "\n", text)


def test_a_waiting_notice_says_the_place() -> None:
    assert messages.queued(1, 1)["content"] == "⏳ Your verse is next."
    assert messages.queued(4, 2)["content"] == "⏳ Your verse has place 4 in the queue."
    assert "No worker is running" in messages.queued(1, 0)["content"]


def test_a_verse_carries_its_receipt() -> None:
    message = messages.verse(result("To *be*\nor not"))
    assert embed(message.body)["description"] == "To \\*be\\*\nor not"
    assert embed(message.body)["footer"]["text"] == "my_model@3 · temperature 0.8 · number 42 · 1.26 s"
    assert message.attachment is None


def test_unknown_words_are_named() -> None:
    footer = embed(messages.verse(result(unknown=["selfie", "@home"])).body)["footer"]["text"]
    assert footer.endswith("\nNot in the model's vocabulary: selfie, @home")


def test_a_footer_has_a_limit() -> None:
    body = messages.verse(result("a" * 4096, unknown=["word" * 200] * 10)).body
    footer = embed(body)["footer"]["text"]
    assert len(footer) == messages.MAX_FOOTER
    assert footer.endswith("…")
    assert len(footer) + len(embed(body)["description"]) <= 6000


def test_a_verse_that_just_fits_is_whole() -> None:
    text = "*" * 2048
    message = messages.verse(result(text))
    assert len(embed(message.body)["description"]) == 4096
    assert message.attachment is None


def test_a_long_verse_is_cut_at_a_line_end_and_attached() -> None:
    text = "\n".join(f"{number}. *line*" for number in range(400))
    message = messages.verse(result(text))
    description = embed(message.body)["description"]
    assert len(description) <= 4096
    verse = shown(description.removesuffix(messages.CUT))
    assert verse != description
    assert text.startswith(verse + "\n")
    assert message.attachment == messages.Attachment("verse.txt", text.encode())


def test_one_endless_line_is_cut_between_characters() -> None:
    for shift in range(2):
        text = "a" * shift + "*" * 4000
        description = embed(messages.verse(result(text)).body)["description"]
        assert len(description) <= 4096
        head = description.removesuffix(messages.CUT)
        assert text.startswith(shown(head))
        assert messages.escape(shown(head)) == head


def test_a_blank_verse_says_so() -> None:
    assert embed(messages.verse(result(" \n")).body)["description"] == messages.EMPTY_VERSE


def test_a_problem_does_not_break_its_markdown() -> None:
    body = messages.problem("There is no model '**a**'.")
    assert embed(body)["description"] == r"There is no model '\*\*a\*\*'."


def test_a_failure_names_its_reference() -> None:
    assert "1a2b3c4d" in embed(messages.failed("1a2b3c4d"))["description"]


def test_promotions_name_the_model_and_its_figures() -> None:
    for body in (messages.promoted(summary("my_model")), messages.rolled_back(summary("my_model"))):
        assert r"my\_model\@1" in embed(body)["title"]
        assert "1.400 nats per character, perplexity 4.48, accuracy 55.3%" in embed(body)["description"]


def progress(state: TrainingState, **more: Any) -> TrainProgress:
    return TrainProgress(state=state, epochs=12, **more)


def test_a_running_training_shows_how_far_it_is() -> None:
    running = progress(
        TrainingState.RUNNING, share=0.25, epoch=3, loss=2.5, validation_loss=2.625, seconds_left=200
    )
    lines = embed(messages.training(REQUEST, running, None))["description"].splitlines()
    assert lines == [
        "lstm, char vocabulary, up to 12 epochs, number 3",
        "`█████░░░░░░░░░░░░░░░` 25%, epoch 3 of 12",
        "Loss 2.500 nats per token",
        "Validation loss 2.625 nats per token",
        "About 3 min 20 s left",
    ]


def test_a_finished_training_is_compared_with_the_live_model() -> None:
    finished = progress(TrainingState.FINISHED, share=1, epoch=12, model="my_model@3", held_out=LOSSY)
    body = messages.training(REQUEST, finished, summary("shakespeare", live=True))
    description = embed(body)["description"]
    assert r"**my\_model\@3** on text it never saw: 5.100 nats per token, perplexity 164.20" in description
    assert r"Live is shakespeare\@1: 1.400 nats per character" in description
    assert "`/admin promote model: my_model@3`" in description


def test_a_failed_training_says_why() -> None:
    failed = progress(TrainingState.FAILED, error="The file 'a_b.txt' is missing.")
    assert (
        r"The file 'a\_b.txt' is missing." in embed(messages.training(REQUEST, failed, None))["description"]
    )


def test_states_of_a_training_differ_in_words_and_colour() -> None:
    embeds = [embed(messages.training(REQUEST, progress(state), None)) for state in TrainingState]
    assert len({embed["title"] for embed in embeds}) == len(TrainingState)
    assert len({embed["color"] for embed in embeds}) == len(TrainingState)


def test_models_show_which_one_is_live() -> None:
    index = ModelIndex(versions=[summary("a"), summary("b", live=True, held_out=LOSSY)])
    assert embed(messages.models(index))["description"].splitlines() == [
        r"• **a\@1** (lstm, char): 1.400 nats per character, perplexity 4.48, accuracy 55.3%",
        r"★ live: **b\@1** (lstm, char): 5.100 nats per token, perplexity 164.20, accuracy 20.0%",
    ]


def test_very_many_models_still_fit() -> None:
    index = ModelIndex(versions=[summary(f"model-{number}") for number in range(200)])
    description = embed(messages.models(index))["description"]
    assert len(description) <= 4096
    assert description.endswith("\n…")


def test_without_an_index_there_is_a_sentence() -> None:
    assert "No worker has published" in embed(messages.models(None))["description"]


def worker(queue: Literal["verse", "train"], busy: bool) -> WorkerStatus:
    return WorkerStatus(name=f"{queue}-1", host="here", queue=queue, busy=busy)


def test_status_shows_everything() -> None:
    queues = QueueStatus(
        workers=[worker("verse", True), worker("verse", False), worker("train", True)],
        verses_waiting=3,
        verses_running=1,
        trainings=[
            TrainingStatus(
                training_id="1", request=REQUEST, progress=progress(TrainingState.RUNNING, share=0.5)
            )
        ],
    )
    body = messages.status(queues, ModelIndex(versions=[summary("a", live=True)]))
    assert embed(body)["description"].splitlines() == [
        "Verse workers: 2 running, 1 busy",
        "Training workers: 1 running, 1 busy",
        "Verses: 3 waiting, 1 being written",
        r"Training my\_model: runs, 50%",
        r"Live model: a\@1",
    ]


def test_status_without_workers_warns_with_the_cure() -> None:
    queues = QueueStatus(workers=[], verses_waiting=0, verses_running=0, trainings=[])
    description = embed(messages.status(queues, None))["description"]
    assert "⚠️ Verse workers: none is running; start one with `python -m worker verse`" in description
    assert "No training is running or waiting" in description


FINAL = [
    messages.verse(result()).body,
    messages.expired(),
    messages.failed("1"),
    messages.problem("No."),
    messages.promoted(summary("a")),
    messages.rolled_back(summary("a")),
    messages.models(None),
]


@pytest.mark.parametrize("body", [*FINAL, messages.queued(2, 0), messages.waiting("Now")])
def test_every_message_pings_nobody(body: messages.Body) -> None:
    assert body["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("body", FINAL)
def test_every_final_message_clears_the_waiting_notice(body: messages.Body) -> None:
    assert body["content"] == ""
    assert embed(body)["description"]
