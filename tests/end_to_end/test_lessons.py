"""Lessons: temperatures side by side, a line that a class writes together, tokens, curves; and forgetting."""

import re
from typing import Any

import pytest
import requests

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.prediction import predict
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.store.registry import open_registry
from tests.support.control_client import Discord
from tests.support.discord_messages import embed, is_private
from tests.support.full_stack import Stack
from worker.lessons import shared_lines
from worker.queue import pausing
from worker.records import verse_records

WORDS = "model: shakespeare-word"


@pytest.fixture(scope="module")
def words(stack: Stack) -> LanguageModel:
    """The model of words that ships."""
    return language_model.load(open_registry(stack.store).find("shakespeare-word"))


def top(message: dict[str, Any]) -> str:
    """The text on top of a shared line's message."""
    return str(message["content"].split("\n")[0].removeprefix("> "))


def choices(message: dict[str, Any]) -> list[dict[str, Any]]:
    return list(message["components"][0]["components"])


def line_of(message: dict[str, Any]) -> str:
    return str(choices(message)[0]["custom_id"].split(":")[1])


def press(discord: Discord, message: dict[str, Any], button: int, user: str = "student") -> None:
    discord.press(choices(message)[button]["custom_id"], message["id"], user)


def told(stack: Stack, user: str, sentence: str) -> None:
    """Wait until somebody is told that in private."""
    stack.bot.until(
        lambda: any(
            is_private(message) and sentence in str(message["embeds"])
            for message in stack.discord.messages(user)
        ),
        f"a private answer that says {sentence!r}",
    )


def picture(message: dict[str, Any]) -> dict[str, Any]:
    """The picture of a message, which is there and has a text in its place."""
    (attachment,) = message["attachments"]
    assert attachment["content_type"] == "image/png"
    assert requests.get(attachment["url"], timeout=30).content.startswith(b"\x89PNG\r\n\x1a\n")
    assert attachment["description"]
    return dict(attachment)


# Temperatures


def test_temperatures_are_side_by_side_each_verse_as_its_number_gives_it(
    discord: Discord, words: LanguageModel
) -> None:
    message = discord.ask(f"/temperatures seed: my lord number: 3 lines: 1 {WORDS}")

    for field, temperature in zip(embed(message)["fields"], (0.2, 0.5, 0.8, 1.0, 1.5), strict=True):
        alone = generation.generate(words, "my lord", SamplingSettings(temperature), Length(lines=1), 3)
        assert field["inline"]
        assert field["value"].replace("\\", "") == alone.text
        assert field["name"].startswith(f"{temperature:g} · ")
        assert field["name"].endswith(" bits per word")
    assert embed(message)["footer"]["text"].startswith("shakespeare-word@3 · number 3")


def test_an_unknown_model_is_one_private_sentence(discord: Discord) -> None:
    for command in ("temperatures", "next", "tokens text: a", "curves"):
        refused = discord.ask(f"/{command} model: nobody")
        assert is_private(refused)
        assert "There is no model 'nobody'" in embed(refused)["description"]


# What comes next


def test_a_class_writes_a_line_together(discord: Discord, words: LanguageModel) -> None:
    message = discord.ask(f"/next text: to be or not to {WORDS}")
    first = predict(words, "to be or not to", 5)
    assert top(message) == "to be or not to"
    assert [button["label"] for button in choices(message)] == list(first.tokens)
    assert (
        f"{first.tokens[0]} {first.distributions[1].probabilities[0]:.1%}" in picture(message)["description"]
    )

    text = f"to be or not to {first.tokens[2]}"
    press(discord, message, 2, "assistant")
    longer = discord.message(message["id"], lambda seen: top(seen) == text)
    second = predict(words, text, 5)
    assert [button["label"] for button in choices(longer)] == list(second.tokens)
    assert picture(longer)["id"] != picture(message)["id"]

    press(discord, longer, 0)
    discord.message(message["id"], lambda seen: top(seen) == f"{text} {second.tokens[0]}")
    discord.press("Undo", message["id"], "assistant")
    shorter = discord.message(message["id"], lambda seen: top(seen) == text)
    assert [button["label"] for button in choices(shorter)] == list(second.tokens)

    discord.press("Let the model choose", message["id"], "assistant")
    drawn = discord.message(message["id"], lambda seen: top(seen) != text)
    assert top(drawn).startswith(text)


@pytest.mark.parametrize(
    "line", ["/temperatures lines: 1", f"/next {WORDS}", f"/tokens text: to be {WORDS}", f"/curves {WORDS}"]
)
def test_a_lesson_can_be_private(discord: Discord, line: str) -> None:
    message = discord.ask(f"{line} private: True")
    assert is_private(message)
    assert message["id"] not in [seen["id"] for seen in discord.messages("teacher")]


def test_a_private_line_stays_private_whatever_is_pressed(stack: Stack, discord: Discord) -> None:
    message = discord.ask(f"/next text: to be {WORDS} private: True")
    discord.press("Let the model choose", message["id"])

    def longer() -> bool:
        (now,) = [seen for seen in discord.messages("student") if seen["id"] == message["id"]]
        return is_private(now) and top(now) != "to be"

    stack.bot.until(longer, "a longer line")
    assert message["id"] not in [seen["id"] for seen in discord.messages("teacher")]


def test_of_two_presses_at_once_one_counts_and_the_late_one_is_told(stack: Stack, discord: Discord) -> None:
    message = discord.ask(f"/next text: to be or not to {WORDS}")
    words = [f"to be or not to {button['label']}" for button in choices(message)]
    pausing.pause(stack.redis)
    try:
        press(discord, message, 0)
        stack.await_waiting_verses(1)
        press(discord, message, 1, "assistant")
        stack.await_waiting_verses(2)
    finally:
        pausing.resume(stack.redis)

    told(stack, "assistant", "Somebody else was faster")
    assert top(discord.message(message["id"], lambda seen: top(seen) != "to be or not to")) == words[0]
    assert shared_lines.find(stack.redis, line_of(message)).version == 1


def test_a_press_after_somebody_elses_is_told_at_once(stack: Stack, discord: Discord) -> None:
    message = discord.ask(f"/next {WORDS}")
    assert top(message) == "*the beginning of a verse*"
    line = shared_lines.find(stack.redis, line_of(message))
    shared_lines.change(stack.redis, line, line.model_copy(update={"version": 1}))

    refused = discord.answer(discord.press(choices(message)[0]["label"], message["id"]))
    assert is_private(refused)
    assert "Somebody else was faster" in embed(refused)["description"]


@pytest.mark.usefixtures("paused")
def test_a_line_whose_press_is_withdrawn_stays_as_it_is(stack: Stack, discord: Discord) -> None:
    pausing.resume(stack.redis)
    message = discord.ask(f"/next text: o king {WORDS}")
    pausing.pause(stack.redis)
    press(discord, message, 0, "assistant")
    stack.await_waiting_verses(1)

    discord.ask("/admin queue clear", "teacher")

    told(stack, "assistant", "cleared the queue")
    (same,) = [seen for seen in discord.messages("teacher") if seen["id"] == message["id"]]
    assert (top(same), choices(same)) == ("o king", choices(message))
    pausing.resume(stack.redis)
    press(discord, same, 0)
    discord.message(message["id"], lambda seen: top(seen) == f"o king {choices(message)[0]['label']}")


# Tokens and curves


def test_tokens_are_shown_and_many_are_attached(discord: Discord) -> None:
    few = discord.ask(f"/tokens text: Good morrow zounds {WORDS}")
    assert embed(few)["title"] == r"shakespeare-word\@3 knows 2 of 3 words"
    assert "zounds    0  ✗ <unk>, unknown" in embed(few)["description"]

    many = discord.ask(f"/tokens text: {'☃' * 400} model: shakespeare-char")
    assert "the attached file has all tokens" in embed(many)["description"]
    (attachment,) = many["attachments"]
    whole = requests.get(attachment["url"], timeout=30).content.decode()
    assert whole.count("✗ <unk>, unknown") == 400


def test_curves_are_a_picture_with_its_figures_in_words(stack: Stack, discord: Discord) -> None:
    (choice,) = discord.complete("/curves model: word")
    message = discord.ask(f"/curves model: {choice['value']}")

    history = open_registry(stack.store).find("shakespeare-word").history()
    for epoch in (history.epochs[0], history.epochs[-1]):
        assert f"training loss {epoch.loss:.3f}" in picture(message)["description"]
        assert f"training loss {epoch.loss:.3f}" in message["content"]


# Networks and help


def test_each_network_is_shown_with_its_layers_whose_parameters_add_up(discord: Discord) -> None:
    message = discord.ask("/architectures")

    assert not is_private(message)
    networks = re.findall(r"\*\*(.+)\*\*, ([\d,]+) param.+\n```\n([^`]+)```", embed(message)["description"])
    assert [name for name, _, _ in networks] == ["simple-rnn", "lstm", "stacked-lstm"]
    for (_, total, table), kinds in zip(networks, (["SimpleRNN"], ["LSTM"], ["LSTM", "LSTM"]), strict=True):
        rows = [line.split() for line in table.splitlines()]
        assert [row[0] for row in rows] == ["InputLayer", "Embedding", *kinds, "Dense"]
        assert sum(int(row[-1].replace(",", "")) for row in rows) == int(total.replace(",", ""))


def test_help_and_its_topics_are_private_and_name_every_command(discord: Discord) -> None:
    topics = ["", *(f" topic: {topic}" for topic in ("Verses", "Lessons", "Privacy", "Teachers"))]
    answers = [discord.ask(f"/help{topic}") for topic in topics]

    assert all(is_private(answer) for answer in answers)
    assert len({embed(answer)["title"] for answer in answers}) == len(topics)
    texts = "\n".join(embed(answer)["description"] for answer in answers)
    commands = [name for name in discord.get("state")["commands"] if name.islower()]  # not those of menus
    assert {"verse", "temperatures", "help", "forget", "admin"} <= set(commands)
    assert [name for name in commands if f"`/{name}" not in texts and f"</{name}:" not in texts] == []


# Forgetting


def test_whoever_is_forgotten_has_no_verse_and_no_line_left(stack: Stack, discord: Discord) -> None:
    assistant = discord.state["users"]["assistant"]
    verse_records.forget(stack.redis, assistant)
    discord.ask(f"/verse lines: 1 {WORDS}", "assistant")
    line = line_of(discord.ask(f"/next text: a {WORDS}", "assistant"))

    question = discord.ask("/forget", "assistant")
    assert is_private(question)
    pressed = discord.press("Forget me", question["id"], "assistant")
    answer = discord.answer(pressed, lambda message: "Your data was removed" in str(message["embeds"]))
    assert "including 1 verse" in embed(answer)["description"]
    assert not stack.redis.exists(f"shakelm:line:{line}")

    refused = discord.answer(discord.press(f"append:{line}:0:0"))
    assert is_private(refused)
    assert "no longer stored" in embed(refused)["description"]
