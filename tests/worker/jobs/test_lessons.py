"""Lessons: what a model shows, and the line that people write together."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis
from matplotlib.image import imread

from shakelm.decoding import generation
from shakelm.decoding.generation import LanguageModel, Length
from shakelm.decoding.prediction import predict
from shakelm.decoding.sampling import Sampling
from shakelm.errors import ShakelmError
from shakelm.store.registry import Store
from worker.jobs import lessons
from worker.jobs.lessons import OFFERED, TEMPERATURES
from worker.messages import lesson_messages
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Message
from worker.privacy import forgetting
from worker.protocol import retention
from worker.protocol.lesson_payloads import (
    NextRequest,
    SharedLine,
    StepRequest,
    TemperaturesRequest,
    TokensRequest,
)
from worker.protocol.payload import MAX_PROMPT_CHARACTERS
from worker.records import shared_lines

Connection = redis.Redis
MakeReplyTo = Callable[..., Any]

WHO = {"author": "1", "guild": "2", "channel": "3"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The versions that ship."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def words(shipped: Store) -> LanguageModel:
    return generation.load(shipped.find("shakespeare-word"))


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


# Temperatures


def test_each_verse_is_the_one_that_its_number_gives_alone(
    words: LanguageModel, reply_to: MakeReplyTo
) -> None:
    wanted = TemperaturesRequest(prompt="zounds my lord", random_seed=5, lines=2, reply_to=reply_to(), **WHO)

    (embed,) = lessons.temperatures(wanted, words).body["embeds"]

    assert [field["inline"] for field in embed["fields"]] == [True] * len(TEMPERATURES)
    bits = []
    for field, temperature in zip(embed["fields"], TEMPERATURES, strict=True):
        verse, entropy = generation.write_measured(
            words, "zounds my lord", Sampling(temperature), Length(lines=2), 5
        )
        assert field["value"] == verse.text
        assert field["name"] == f"{temperature:g} · {entropy:.2f} bits per word"
        bits.append(entropy)
    assert bits[0] < bits[2] < bits[4]
    receipt = embed["footer"]["text"]
    assert receipt.startswith("shakespeare-word@2 · number 5 · ")
    assert receipt.endswith("not in the model's vocabulary: zounds")


def test_verses_without_line_ends_fit_into_one_message() -> None:
    (embed,) = lesson_messages.temperatures(
        [(temperature, "*" * 2000, 1.5) for temperature in TEMPERATURES],
        kind="char",
        model="m" * 64 + "@1",
        number=7,
        seconds=1.5,
        unknown=["☃"] * 500,
    ).body["embeds"]
    texts = [embed["title"], embed["description"], embed["footer"]["text"]]
    for field in embed["fields"]:
        assert len(field["value"]) <= 1024
        texts += [field["name"], field["value"]]
    assert sum(map(len, texts)) <= 6000


# A line that people write together


@pytest.fixture
def begun(connection: Connection, words: LanguageModel, reply_to: MakeReplyTo) -> tuple[str, Message]:
    """The id of a line that begins with "to be or not to", and its message."""
    wanted = NextRequest(text="To be or not to", reply_to=reply_to(), **WHO)
    return wanted.id, lessons.begin_line(connection, wanted, words)


@pytest.fixture
def step(connection: Connection, words: LanguageModel, reply_to: MakeReplyTo) -> Callable[..., Message]:
    """Presses a button: the line, its version, and the choice, None for Undo."""

    def press(line: str, version: int, choice: int | None, **more: Any) -> Message:
        wanted = StepRequest(
            **{"line": line, "version": version, "choice": choice, "reply_to": reply_to(), **WHO} | more
        )
        return lessons.step(connection, wanted, lambda _: words)

    return press


def test_a_line_begins_with_a_picture_the_same_in_words_and_buttons(
    begun: tuple[str, Message], words: LanguageModel
) -> None:
    _, message = begun
    prediction = predict(words, "To be or not to", OFFERED)

    assert text_of(message) == "To be or not to"
    assert [button["label"] for button in buttons(message).values()] == [*prediction.tokens, "Undo"]
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
    connection: Connection, begun: tuple[str, Message], words: LanguageModel, reply_to: MakeReplyTo
) -> None:
    line, _ = begun
    asked: list[str | None] = []

    def load(reference: str | None) -> LanguageModel:
        asked.append(reference)
        return words

    lessons.step(connection, StepRequest(line=line, version=0, choice=0, reply_to=reply_to(), **WHO), load)
    assert asked == ["shakespeare-word@2"]


def test_a_model_that_is_gone_leaves_the_line_as_it_is(
    connection: Connection, begun: tuple[str, Message], reply_to: MakeReplyTo
) -> None:
    line, _ = begun

    def load(reference: str | None) -> LanguageModel:
        raise ShakelmError(f"There is no model {reference}.")

    wanted = StepRequest(line=line, version=0, choice=0, reply_to=reply_to(), **WHO)
    with pytest.raises(ShakelmError, match="no model"):
        lessons.step(connection, wanted, load)
    assert shared_lines.find(connection, line).version == 0


def test_a_forgotten_line_is_gone(
    connection: Connection, begun: tuple[str, Message], step: Callable[..., Message]
) -> None:
    line, _ = begun
    assert 0 < connection.ttl(f"shakelm:line:{line}") <= retention.SHARED_LINE.seconds
    forgetting.forget(connection, "1")
    with pytest.raises(Refusal, match="no longer stored"):
        step(line, 0, 0)


@pytest.mark.parametrize("text", ["to be ", "*\n", "<@1>@everyone "])
def test_nothing_is_appended_to_a_text_of_full_length(
    connection: Connection, words: LanguageModel, reply_to: MakeReplyTo, text: str
) -> None:
    long = (text * MAX_PROMPT_CHARACTERS)[: MAX_PROMPT_CHARACTERS - 1] + "x"
    message = lessons.begin_line(connection, NextRequest(text=long, reply_to=reply_to(), **WHO), words)

    assert all(button["disabled"] for button in buttons(message).values())
    assert "maximum length of 500 characters" in message.body["content"]
    assert len(message.body["content"]) <= 2000
    assert "<@1>" not in message.body["content"]
    assert message.body["allowed_mentions"] == {"parse": []}


def test_blanks_have_names_and_every_character_its_place(
    connection: Connection, shipped: Store, reply_to: MakeReplyTo
) -> None:
    model = generation.load(shipped.find("shakespeare-char"))
    message = lessons.begin_line(
        connection, NextRequest(text="KING HENRY VI:", reply_to=reply_to(), **WHO), model
    )
    labels = {button["label"]: custom_id for custom_id, button in buttons(message).items()}
    assert labels.keys() > {"␣ space", "↵ line end"}
    line = message.body["components"][0]["components"][0]["custom_id"].split(":")[1]
    offered = shared_lines.find(connection, line).offered
    assert offered[int(labels["↵ line end"].rpartition(":")[2])] == "\n"


# Tokens and curves


def test_tokens_are_shown_with_ids_and_unknown_ones_in_words(shipped: Store, reply_to: MakeReplyTo) -> None:
    wanted = TokensRequest(text="Good, zounds\n", reply_to=reply_to(), **WHO)
    message = lessons.tokens(wanted, shipped.find("shakespeare-word"))

    (embed,) = message.body["embeds"]
    assert embed["title"] == r"shakespeare-word\@2 knows 2 of 3 words"
    fence, _, *rows, end = embed["description"].split("\n")
    assert (fence, end) == ("```", "```")
    assert [row.split("  ", 1)[0].strip() for row in rows] == ["good", "zounds", "↵ line end"]
    assert ["✗ <unk>, unknown" in row for row in rows] == [False, True, False]
    assert message.attachment is None


def test_many_tokens_are_cut_with_a_sentence_and_attached_as_a_whole(
    shipped: Store, reply_to: MakeReplyTo
) -> None:
    text = "`" * MAX_PROMPT_CHARACTERS
    wanted = TokensRequest(text=text, reply_to=reply_to(), **WHO)
    message = lessons.tokens(wanted, shipped.find("shakespeare-char"))

    description = message.body["embeds"][0]["description"]
    assert len(description) <= 4096
    assert description.count("```") == 2
    assert description.endswith("```\n… (shortened; the attached file has all tokens)")
    assert message.attachment
    assert message.attachment.content.decode().count("✗ <unk>, unknown") == MAX_PROMPT_CHARACTERS


def test_a_text_without_tokens_says_so(shipped: Store, reply_to: MakeReplyTo) -> None:
    wanted = TokensRequest(text="?!", reply_to=reply_to(), **WHO)
    message = lessons.tokens(wanted, shipped.find("shakespeare-word"))
    assert "no tokens for this model" in message.body["embeds"][0]["description"]


@pytest.mark.parametrize("model", ["shakespeare-word", "shakespeare-char"])
def test_curves_are_a_picture_and_words(shipped: Store, model: str) -> None:
    version = shipped.find(model)
    message = lessons.curves(version, "en-US")

    history = version.history()
    assert message.attachment
    assert imread(io.BytesIO(message.attachment.content)).size
    for place, epoch in (
        ("First epoch", history.epochs[0]),
        (f"Best epoch ({history.best})", history.epochs[history.best - 1]),
        (f"Last epoch ({len(history.epochs)})", history.epochs[-1]),
    ):
        words = f"{place}: training loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.1%}"
        if epoch.validation_loss is not None:
            words += (
                f"; validation loss {epoch.validation_loss:.3f}, accuracy {epoch.validation_accuracy:.1%}"
            )
        assert f"{words}." in message.attachment.description
        assert f"-# {words}." in message.body["content"]


# Lines as they are kept


@pytest.fixture
def line(connection: Connection) -> SharedLine:
    line = SharedLine(**WHO, prompt="a", offered=("b",), model="m@1", changed_by="0" * 16, locale="en-US")
    shared_lines.begin(connection, line)
    return line


def test_a_line_is_changed_from_what_it_was_alone(connection: Connection, line: SharedLine) -> None:
    longer = line.model_copy(update={"added": ("b",), "version": 1})
    other = line.model_copy(update={"added": ("c",), "version": 1})
    shared_lines.change(connection, line, longer)
    with pytest.raises(Refusal, match="faster"):
        shared_lines.change(connection, line, other)
    assert shared_lines.find(connection, line.id) == shared_lines.at(connection, line.id, 1) == longer
    with pytest.raises(Refusal, match="faster"):
        shared_lines.at(connection, line.id, 0)


def test_what_is_forgotten_meanwhile_does_not_come_back(connection: Connection, line: SharedLine) -> None:
    shared_lines.forget(connection, line.author)
    with pytest.raises(Refusal, match="no longer stored"):
        shared_lines.change(connection, line, line.model_copy(update={"version": 1}))
    assert not connection.exists(f"shakelm:line:{line.id}")
