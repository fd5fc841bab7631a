"""The messages of a training: content and buttons."""

from typing import Any

import pytest

from shakelm.data.text_reading import Reading
from tests.support import tiny_models
from tests.support.discord_messages import description, embed
from tests.support.request_makers import train_request
from worker.messages import discord_json, training_messages
from worker.messages.discord_json import MAX_FIELD
from worker.protocol.model_payloads import HeldOut
from worker.protocol.training_payloads import (
    AttachedText,
    Comparison,
    Cost,
    Specimen,
    Training,
    TrainingState,
    TrainProgress,
    TrainRequest,
    UnknownTokens,
)

CHARACTERS = HeldOut(nats_per_token=1.5, perplexity=4.48, accuracy=0.553, unknown=0, nats_per_char=1.4)
WORDS = HeldOut(nats_per_token=5.1, perplexity=164.2, accuracy=0.2, unknown=0.05, nats_per_char=None)
REQUEST = TrainRequest(
    name="my_model", architecture="lstm", vocabulary="char", epochs=12, random_seed=3, requested_by="1"
)
SETTINGS = "lstm, char vocabulary, up to 12 epochs, number 3"
ID = "0" * 16


def following(
    state: TrainingState, standing: dict[str, Any] | None = None, **progress: Any
) -> discord_json.Body:
    """The message of a training in this state."""
    of = TrainProgress(state=state, epochs=12, **progress)
    return training_messages.following(Training(ID, REQUEST, of, **standing or {}))


def lines(body: discord_json.Body) -> list[str]:
    return str(embed(body)["description"]).splitlines()


def buttons(body: discord_json.Body) -> dict[str, str]:
    """Labels by custom id."""
    return {
        button["custom_id"]: button["label"] for row in body["components"] for button in row["components"]
    }


def proposal(request: TrainRequest = REQUEST, **more: Any) -> discord_json.Body:
    given: dict[str, Any] = {
        "corpus": "small.txt",
        "cost": Cost(1_234_567, 754.0),
        "ahead": 0,
        "workers": 1,
    } | more
    return training_messages.proposal(ID, request, **given)


def test_a_proposal_says_what_the_training_costs_and_asks() -> None:
    assert embed(proposal())["title"] == r"Train my\_model?"
    assert lines(proposal()) == [
        f"{SETTINGS}, corpus small.txt",
        "The model has about 1,234,567 parameters.",
        "All epochs together take about 13 min, judging by earlier trainings here.",
    ]
    assert buttons(proposal()) == {f"start-training:{ID}": "Start", f"drop-training:{ID}": "Cancel"}


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"cost": Cost(5, None)}, "no similar training"),
        ({"cost": None}, "no training worker has reported the length"),
        ({"ahead": 1}, "1 other training comes first"),
        ({"ahead": 2}, "2 other trainings come first"),
        ({"workers": 0}, "Start one with `python -m worker train`"),
        ({"cost": Cost(5, 7800.0)}, "about 2 h 10 min"),
        ({"reading": Reading(("UTF-8",), invisible=1)}, "Text: removed 1 invisible character."),
        (
            {"reading": Reading(("UTF-8", "Latin-1"), True, 1200, True, True)},
            "Text: read as UTF-8 and Latin-1; replaced line ends; removed 1,200 invisible characters; "
            "composed accents; removed Project Gutenberg's header and license.",
        ),
    ],
)
def test_a_proposal_says_what_is_not_known_and_what_is_in_the_way(more: dict[str, Any], part: str) -> None:
    assert part in "\n".join(lines(proposal(**more)))


def test_a_text_to_which_nothing_was_done_needs_no_line() -> None:
    assert lines(proposal(reading=Reading())) == lines(proposal())


def test_every_setting_that_was_chosen_is_shown() -> None:
    attached = AttachedText(name="my_poems.txt", sha256="0" * 64)
    chosen = {"preset": "best", "layers": 1, "units": 64, "dropout": 0.25, "learning_rate": 0.001}
    request = REQUEST.model_copy(update={**chosen, "attached": attached})
    assert lines(proposal(request, corpus=None))[0] == (
        f"{SETTINGS}, preset best, 64 units per layer, 1 layer, dropout 0.25, learning rate 0.001, "
        r"corpus my\_poems.txt"
    )


def test_a_proposal_to_go_on_says_from_which_version() -> None:
    base = tiny_models.summary("a_b", 2, language="Spanish")
    request = REQUEST.model_copy(update={"base": "a_b@2"})
    assert lines(proposal(request, base=base))[:2] == [
        rf"{SETTINGS}, from a\_b\@2, corpus small.txt",
        r"It goes on from a\_b\@2, Spanish (1.500 nats per character) with the network and the vocabulary of "
        "that version.",
    ]


@pytest.mark.parametrize("state", [TrainingState.RUNNING, TrainingState.FINISHED])
def test_what_the_vocabulary_of_the_version_lacks_is_told(state: TrainingState) -> None:
    unknown = UnknownTokens(share=0.0123, pieces=("ñ", "_", "\n"), more=True)
    progress = TrainProgress(state=state, epochs=12, unknown=unknown)
    request = REQUEST.model_copy(update={"base": "a_b@2"})
    told = lines(training_messages.following(Training(ID, request, progress)))
    assert told[-1] == (
        r"The vocabulary of a\_b\@2 does not know 1.23% of the text's characters: 'ñ', '\_', '\\n', …."
    )


def test_a_waiting_training_shows_its_place_and_can_be_cancelled() -> None:
    third = following(TrainingState.QUEUED, {"place": 3})
    assert lines(third) == [SETTINGS, "This training is number 3 in the queue."]
    assert buttons(third) == {f"cancel-training:{ID}": "Cancel"}
    assert lines(following(TrainingState.QUEUED, {"place": 1}))[-1] == "This training is next."
    assert "Start one" in lines(following(TrainingState.QUEUED, {"place": 1, "workers": 0}))[-1]


def test_a_training_that_lost_its_worker_says_that_it_goes_on() -> None:
    body = following(TrainingState.QUEUED, {"place": 1}, share=0.4, epoch=5)
    assert lines(body)[1] == (
        "The training worker stopped at 40%. A worker will resume it from the last complete epoch."
    )


def test_a_running_training_shows_how_far_it_is_what_it_writes_and_how_to_end_it() -> None:
    body = following(
        TrainingState.RUNNING,
        share=0.25,
        epoch=4,
        loss=2.5,
        validation_loss=2.625,
        tokens_per_second=12345.6,
        seconds_left=200,
        sample="thou *art*",
    )
    assert lines(body) == [
        SETTINGS,
        "`█████░░░░░░░░░░░░░░░` 25%, epoch 4 of 12",
        "Loss 2.500 nats per token, validation loss 2.625 (lower is better)",
        "12,346 tokens per second, about 3 min 20 s left",
        r"Sample after epoch 3: *thou \*art\**",
    ]
    assert buttons(body) == {f"stop-training:{ID}": "Stop", f"cancel-training:{ID}": "Cancel"}
    assert embed(body)["footer"]["text"] == "Stop keeps the best weights so far. Cancel keeps nothing."


def test_a_training_that_has_its_network_to_load_says_so() -> None:
    assert lines(following(TrainingState.RUNNING))[-1] == "The training is about to start."


@pytest.mark.parametrize(
    ("order", "part", "left"),
    [("stop", "keep the best weights so far", ["Cancel"]), ("cancel", "keep nothing", [])],
)
def test_an_order_is_shown_and_takes_its_button_away(order: str, part: str, left: list[str]) -> None:
    body = following(TrainingState.RUNNING, {"order": order}, loss=2.5, epoch=2)
    assert part in lines(body)[-1]
    assert list(buttons(body).values()) == left
    assert "footer" not in embed(body)


VERSES = tuple(
    Specimen(model=model, random_seed=number, text=f"I am *{model}*")
    for number in (3, 4)
    for model in ("my_model@3", "shakespeare-char@3")
)


def finished(verdict: Any = "better", held_out: HeldOut = CHARACTERS) -> discord_json.Body:
    live = Comparison(model="shakespeare-char@3", held_out=CHARACTERS, verdict=verdict)
    return following(
        TrainingState.FINISHED,
        share=1,
        epoch=9,
        model="my_model@3",
        kept=6,
        held_out=held_out,
        live=live,
        verses=VERSES,
    )


def test_a_finished_training_is_compared_with_the_live_model_and_can_be_promoted() -> None:
    body = finished()
    assert lines(body) == [
        SETTINGS,
        "The model has the weights after epoch 6 of 9 epochs.",
        r"**my\_model\@3** on held-out text: 1.400 nats per character, perplexity 4.48, accuracy 55.3%.",
        r"Live model shakespeare-char\@3: 1.400 nats per character, perplexity 4.48, accuracy 55.3%.",
        "The new model predicts the text better. "
        "Lower nats, lower perplexity, and higher accuracy are better.",
    ]
    assert buttons(body) == {"promote:my_model@3": "Promote my_model@3"}
    assert [(field["name"], field["value"]) for field in embed(body)["fields"]] == [
        (r"my\_model\@3, number 3", r"I am \*my\_model\@3\*"),
        (r"shakespeare-char\@3, number 3", r"I am \*shakespeare-char\@3\*"),
        (r"my\_model\@3, number 4", r"I am \*my\_model\@3\*"),
        (r"shakespeare-char\@3, number 4", r"I am \*shakespeare-char\@3\*"),
    ]


@pytest.mark.parametrize(
    ("verdict", "part"),
    [
        ("worse", "The live model predicts"),
        ("kinds", "tokens of different kinds"),
        ("words", "have different vocabularies"),
        ("texts", "from different texts"),
    ],
)
def test_a_sentence_says_where_figures_cannot_be_compared(verdict: str, part: str) -> None:
    assert part in lines(finished(verdict, WORDS))[-1]


def test_a_verse_that_is_too_long_for_its_field_is_cut() -> None:
    long = Specimen(model="a@1", random_seed=1, text="\n".join(["*" * 160] * 4))
    body = following(
        TrainingState.FINISHED, model="a@1", held_out=CHARACTERS, verses=(long,), epoch=1, share=1
    )
    (field,) = embed(body)["fields"]
    assert len(field["value"]) <= MAX_FIELD
    assert field["value"].endswith("…")


def test_a_failed_training_says_why_and_has_no_buttons() -> None:
    body = following(TrainingState.FAILED, error="The file 'a_b.txt' is missing.")
    assert lines(body)[-1] == r"The file 'a\_b.txt' is missing."
    assert body["components"] == []


def test_a_training_of_one_epoch_is_not_one_of_epochs() -> None:
    assert "up to 1 epoch," in lines(proposal(REQUEST.model_copy(update={"epochs": 1})))[0]


def test_a_started_training_says_where_it_is_shown() -> None:
    assert lines(training_messages.enqueued(REQUEST, "https://discord.com/1")) == [
        r"Training my\_model is in the queue: https://discord.com/1"
    ]


def test_states_of_a_training_differ_in_words() -> None:
    embeds = [embed(following(state)) for state in TrainingState]
    assert len({embed["title"] for embed in embeds}) == len(TrainingState)


def test_a_training_that_is_scored_says_so_and_not_100_percent() -> None:
    body = training_messages.following(
        Training(
            "0" * 16,
            train_request(),
            TrainProgress(state=TrainingState.RUNNING, share=0.99, epochs=4, loss=1.0),
        )
    )
    assert "scored on the held-out text" in description(body)
    assert "99%" in description(body)


def test_a_stop_in_the_first_epoch_says_what_it_waits_for_and_can_still_be_canceled() -> None:
    progress = TrainProgress(state=TrainingState.RUNNING, share=0.01, epoch=1, epochs=4, loss=3.0)
    body = training_messages.following(Training("0" * 16, train_request(), progress, order="stop"))
    assert "after its first epoch" in description(body)
    assert list(buttons(body).values()) == ["Cancel"]
