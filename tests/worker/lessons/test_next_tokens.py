"""What comes next, and the line that people write together."""

import dataclasses
import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis
from matplotlib.image import imread

from shakelm.decoding import language_model
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.prediction import draw, predict
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry
from tests.support.request_makers import reply_to
from worker.lessons import next_tokens, shared_lines
from worker.lessons.next_tokens import OFFERED, NextRequest, StepRequest
from worker.lessons.tools import Tools
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Message
from worker.privacy import forgetting
from worker.protocol import retention
from worker.protocol.payload import MAX_PROMPT_CHARACTERS

Connection = redis.Redis

WHO = {"author": "1", "guild": "2", "channel": "3"}


def buttons(message: Message) -> dict[str, dict[str, Any]]:
    """The buttons of a message by their custom ids without the line's id."""
    return {
        f"{action}:{more.partition(':')[2]}": button
        for row in message.body["components"]
        for button in row["components"]
        for action, _, more in [button["custom_id"].partition(":")]
    }


def text_of(message: Message) -> str:
    """The text that stands on top of a message, without its markdown."""
    quoted = [line for line in message.body["content"].split("\n") if line.startswith("> ")]
    return "\n".join(line.removeprefix("> ") for line in quoted).replace("\\", "")


@pytest.fixture
def begun(tools: Tools) -> tuple[str, Message]:
    """The id of a line that begins with "to be or not to", and its message."""
    wanted = NextRequest(text="To be or not to", reply_to=reply_to(), **WHO)
    return wanted.id, next_tokens.begin(wanted, tools)


@pytest.fixture
def step(tools: Tools) -> Callable[..., Message]:
    """Presses a button: the line, its version, and the choice, None for Undo."""

    def press(line: str, version: int, choice: int | None, **more: Any) -> Message:
        wanted = StepRequest(
            **{"line": line, "version": version, "choice": choice, "reply_to": reply_to(), **WHO} | more
        )
        return next_tokens.step(wanted, tools)

    return press


def test_a_line_begins_with_a_picture_the_same_in_words_and_buttons(
    begun: tuple[str, Message], words: LanguageModel
) -> None:
    _, message = begun
    prediction = predict(words, "To be or not to", OFFERED)

    assert text_of(message) == "To be or not to"
    assert [button["label"] for button in buttons(message).values()] == [
        *prediction.tokens,
        "Let the model choose",
        "Undo",
    ]
    assert buttons(message)["undo:0"]["disabled"]
    assert message.attachment
    assert message.attachment.media_type == "image/png"
    height, width, _ = imread(io.BytesIO(message.attachment.content)).shape
    assert width > height > 400
    for distribution in prediction.distributions:
        shares = "; ".join(
            f"{token} {share:.1%}"
            for token, share in zip(prediction.tokens, distribution.probabilities, strict=True)
        )
        assert shares in message.attachment.description
        assert shares in message.body["content"]


def test_presses_append_and_undo_takes_the_last_one_off(
    begun: tuple[str, Message], step: Callable[..., Message], words: LanguageModel
) -> None:
    line, first = begun
    second = step(line, 0, 1)
    third = step(line, 1, 4)
    back = step(line, 2, None)

    after_one = f"To be or not to {buttons(first)['append:0:1']['label']}"
    assert text_of(second) == after_one
    assert text_of(third) == f"{after_one} {buttons(second)['append:1:4']['label']}"
    assert text_of(back) == after_one
    assert not buttons(third)["undo:2"]["disabled"]
    for message, version in ((second, 1), (back, 3)):
        tokens = predict(words, after_one, OFFERED).tokens
        assert [buttons(message)[f"append:{version}:{n}"]["label"] for n in range(OFFERED)] == list(tokens)


def test_the_model_chooses_and_a_repeated_press_chooses_the_same(
    begun: tuple[str, Message], step: Callable[..., Message], words: LanguageModel
) -> None:
    line, _ = begun
    drawn = step(line, 0, None, drawn=True, id="00000000000000aa")
    again = step(line, 0, None, drawn=True, id="00000000000000aa")

    piece = draw(words, "To be or not to", SamplingSettings(), 0xAA)
    assert text_of(drawn) == text_of(again) == f"To be or not to{piece}"


def test_of_presses_at_the_same_time_one_counts_and_the_others_are_told(
    connection: Connection, begun: tuple[str, Message], step: Callable[..., Message]
) -> None:
    line, _ = begun
    together = threading.Barrier(4)
    outcomes: list[Any] = []

    def press(choice: int) -> None:
        together.wait()
        try:
            outcomes.append(step(line, 0, choice))
        except Refusal as refusal:
            outcomes.append(refusal.key)

    threads = [threading.Thread(target=press, args=(choice,)) for choice in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (won,) = [outcome for outcome in outcomes if isinstance(outcome, Message)]
    assert outcomes.count("refusal.quicker") == 3
    kept = shared_lines.find(connection, line)
    assert (kept.version, len(kept.added)) == (1, 1)
    assert text_of(won) == kept.text


def test_a_press_that_is_answered_late_counts_once(
    connection: Connection, begun: tuple[str, Message], step: Callable[..., Message]
) -> None:
    line, _ = begun
    first = step(line, 0, 0, id="0123456789abcdef")
    again = step(line, 0, 0, id="0123456789abcdef")

    assert again == first
    assert shared_lines.find(connection, line).version == 1


def test_a_line_keeps_its_model_whatever_is_live(
    begun: tuple[str, Message], words: LanguageModel, tools: Tools
) -> None:
    line, _ = begun
    asked: list[str | None] = []

    def load(reference: str | None) -> LanguageModel:
        asked.append(reference)
        return words

    wanted = StepRequest(line=line, version=0, choice=0, reply_to=reply_to(), **WHO)
    next_tokens.step(wanted, dataclasses.replace(tools, load=load))
    assert asked == ["shakespeare-word@3"]


def test_a_model_that_is_gone_leaves_the_line_as_it_is(
    connection: Connection, begun: tuple[str, Message], tools: Tools
) -> None:
    line, _ = begun

    def load(reference: str | None) -> LanguageModel:
        raise ShakelmError(f"There is no model {reference}.")

    wanted = StepRequest(line=line, version=0, choice=0, reply_to=reply_to(), **WHO)
    with pytest.raises(ShakelmError, match="no model"):
        next_tokens.step(wanted, dataclasses.replace(tools, load=load))
    assert shared_lines.find(connection, line).version == 0


def test_a_forgotten_line_is_gone(
    connection: Connection, begun: tuple[str, Message], step: Callable[..., Message]
) -> None:
    line, _ = begun
    assert 0 < connection.ttl(f"shakelm:line:{line}") <= retention.SHARED_LINE.seconds
    forgetting.forget(connection, "1")
    with pytest.raises(Refusal, match="no longer stored"):
        step(line, 0, 0)


def test_a_choice_that_a_damaged_line_does_not_offer_is_gone(
    connection: Connection, begun: tuple[str, Message], step: Callable[..., Message]
) -> None:
    line, _ = begun
    stored = shared_lines.find(connection, line)
    damaged = stored.model_copy(update={"offered": stored.offered[:1]})
    connection.set(f"shakelm:line:{line}", damaged.model_dump_json())
    with pytest.raises(Refusal, match="no longer stored"):
        step(line, 0, 1)


@pytest.mark.parametrize("text", ["to be ", "*\n", "<@1>@everyone "])
def test_nothing_is_appended_to_a_text_of_full_length(tools: Tools, text: str) -> None:
    long = (text * MAX_PROMPT_CHARACTERS)[: MAX_PROMPT_CHARACTERS - 1] + "x"
    message = next_tokens.begin(NextRequest(text=long, reply_to=reply_to(), **WHO), tools)

    assert all(button["disabled"] for button in buttons(message).values())
    assert "maximum length of 500 characters" in message.body["content"]
    assert len(message.body["content"]) <= 2000
    assert "<@1>" not in message.body["content"]
    assert message.body["allowed_mentions"] == {"parse": []}


def test_blanks_have_names_and_every_character_its_place(
    connection: Connection, shipped: ModelRegistry, tools: Tools
) -> None:
    model = language_model.load(shipped.find("shakespeare-char"))
    wanted = NextRequest(text="KING HENRY VI:", reply_to=reply_to(), **WHO)
    message = next_tokens.begin(wanted, dataclasses.replace(tools, load=lambda _: model))
    labels = {button["label"]: custom_id for custom_id, button in buttons(message).items()}
    assert labels.keys() > {"␣ space", "↵ line end"}
    line = message.body["components"][0]["components"][0]["custom_id"].split(":")[1]
    offered = shared_lines.find(connection, line).offered
    assert offered[int(labels["↵ line end"].rpartition(":")[2])] == "\n"
