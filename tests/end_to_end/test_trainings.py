"""Trainings from Discord: asked for, confirmed, watched, stopped, thrown away, compared and promoted."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import requests

from shakelm.store.registry import PACKAGED, open_registry
from tests.support.control_client import Discord
from tests.support.discord_messages import description, embed, is_private, labels, plain, title
from tests.support.full_stack import Stack
from worker.protocol import retention
from worker.records import guild_settings
from worker.trainings import attached_texts, training_records

PNG = b"\x89PNG\r\n\x1a\n"


def start(discord: Discord, options: str, **more: Any) -> tuple[dict[str, Any], str]:
    """Ask for a training and start it: the question, and the id of the message that follows it."""
    asked = discord.ask(f"/admin train {options}", "teacher", **more)
    assert labels(asked) == ["Start", "Cancel"], asked
    pressed = discord.press("Start", asked["id"], "teacher")
    started = discord.answer(pressed, lambda message: "is in the queue" in description(message))
    assert started["id"] == asked["id"]
    assert labels(started) == []
    return asked, description(started).rpartition("/")[2]


def text_file(name: str, content: bytes) -> dict[str, Any]:
    """A file as the option `text` of a command."""
    return {"text": {"name": name, "content": base64.b64encode(content).decode()}}


def ended(message: dict[str, Any]) -> bool:
    """Whether a training's message is the last word on it."""
    return any(word in title(message) for word in ("complete", "failed", "canceled"))


@dataclass(frozen=True)
class Seen:
    """A training as people saw it: the question, the texts while it ran, and the message at the end."""

    asked: dict[str, Any]
    running: list[str]
    final: dict[str, Any]


@pytest.fixture(scope="module")
def training(stack: Stack, discord: Discord) -> Seen:
    """One training, from the command to its end; the bot is killed and started anew while it runs.

    The worker is stopped for a moment at each progress that the message is to show, so that a fast
    machine cannot end the training before.
    """
    options = "architecture: lstm vocabulary: char units: 64 epochs: 5 name: sonnets number: 7"
    asked, message = start(discord, options)
    running: list[str] = []

    def says_something_new(message: dict[str, Any]) -> bool:
        return "Loss" in description(message) and description(message) not in running

    for _ in range(3):
        with stack.train_worker_stopped_after_progress():
            running.append(description(discord.message(message, says_something_new)))
    stack.bot.kill()
    assert title(discord.message(message, bool)) == "🏋️ Training sonnets"
    stack.bot = stack.start_bot()
    return Seen(asked, running, discord.message(message, ended))


def test_a_training_is_proposed_privately_with_its_cost(training: Seen) -> None:
    assert is_private(training.asked)
    assert title(training.asked) == "Train sonnets?"
    settings, parameters, time = description(training.asked).splitlines()
    assert settings == "lstm, char vocabulary, up to 5 epochs, number 7, 64 units per layer, corpus small.txt"
    assert re.fullmatch(r"The model has about 4\d,\d{3} parameters\.", parameters)
    assert "no similar training" in time


def test_a_training_shows_how_far_it_is(training: Seen) -> None:
    shares = [re.search(r"(\d+)%, epoch (\d) of 5", text) for text in training.running]
    assert all(shares), training.running
    before, between, after = (int(share[1]) for share in shares if share)
    assert 0 <= before <= between <= after < 100
    assert re.search(r"[\d,]+ tokens per second, about .+ left", training.running[-1])


def test_a_training_ends_with_figures_and_curves_though_the_bot_was_restarted(
    training: Seen, shipped: str
) -> None:
    assert title(training.final) == "✅ Training sonnets is complete"
    text = description(training.final)
    assert re.search(r"sonnets@1 on held-out text: .+ nats per character, perplexity", text)
    assert f"Live model {shipped}" in text
    assert "tokens of different kinds" in text
    (picture,) = training.final["attachments"]
    assert picture["filename"] == "curves.png"
    assert "sonnets@1" in picture["description"]
    assert requests.get(picture["url"], timeout=30).content.startswith(PNG)


def test_it_shows_two_verses_of_each_version(discord: Discord, training: Seen, shipped: str) -> None:
    fields = embed(training.final)["fields"]
    verses = {plain(field["name"]): plain(field["value"]) for field in fields}
    assert list(verses) == [
        "sonnets@1, number 7",
        f"{shipped}, number 7",
        "sonnets@1, number 8",
        f"{shipped}, number 8",
    ]
    assert discord.verse(f"number: 8 lines: 4 model: {shipped}").text == verses[f"{shipped}, number 8"]


@pytest.mark.usefixtures("promotions_undone")
def test_it_is_promoted_by_its_button_and_nothing_promotes_itself(
    stack: Stack, discord: Discord, training: Seen, shipped: str
) -> None:
    worker = stack.verse_worker.popen.pid
    assert discord.verse().model == shipped
    button, message = "Promote sonnets@1", training.final["id"]
    refused = discord.answer(discord.press(button, message, "student"))
    assert is_private(refused)
    assert "Manage Server" in description(refused)
    assert discord.verse().model == shipped

    pressed = discord.press(button, message, "teacher")

    promoted = discord.answer(pressed, lambda answer: "is now live" in title(answer))
    assert promoted["id"] != message
    assert labels(discord.message(message, lambda one: not labels(one))) == []  # it is not pressed twice
    assert discord.verse().model == "sonnets@1"
    models = description(discord.ask("/models")).splitlines()
    assert [line for line in models if "live" in line] == [line for line in models if "sonnets@1" in line]
    assert stack.verse_worker.popen.pid == worker
    assert stack.verse_worker.popen.poll() is None


# A text of one's own; stop


@pytest.fixture(scope="module")
def poems() -> bytes:
    """A text as somebody might attach it, with its byte order mark and line ends."""
    chosen = np.random.default_rng(2)
    words = "o rose thou art sick the worm that flies in night has found thy bed of joy".split()  # noqa: SIM905
    lines = [" ".join(chosen.choice(words, 6)) for _ in range(1500)]
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()


@pytest.fixture(scope="module")
def stopped(stack: Stack, discord: Discord, training: Seen, poems: bytes) -> Seen:
    """A training of words on a text of one's own, which is stopped after its first epochs."""
    del training  # first, since it measures nothing else
    options = "architecture: lstm vocabulary: word units: 16 epochs: 200 learning_rate: 0.0002 name: poems"
    asked, message = start(discord, options, files=text_file("My poems!.txt", poems))
    shown = discord.message(message, lambda message: "Sample after epoch" in description(message))
    with stack.train_worker_stopped_after_progress():
        told = discord.answer(discord.press("Stop", message, "teacher"), lambda one: "will stop" in str(one))
        assert labels(told) == ["Cancel"]
        ahead = discord.ask("/admin train vocabulary: char", "teacher")
        assert "1 other training comes first." in description(ahead)
        _, other = start(discord, "architecture: lstm vocabulary: char name: later")
        waiting = discord.message(other, lambda message: "next" in description(message))
        assert labels(waiting) == ["Cancel"]
        discord.press("Cancel", other, "teacher")
        assert "was canceled" in title(discord.message(other, ended))
    return Seen(asked, [description(shown)], discord.message(message, ended))


def test_a_stopped_training_keeps_the_best_so_far(stack: Stack, stopped: Seen) -> None:
    assert title(stopped.final) == "✅ Training poems is complete"
    kept = re.search(r"after epoch (\d+) of (\d+) epochs", description(stopped.final))
    assert kept
    assert 1 <= int(kept[1]) <= int(kept[2]) < 200
    assert open_registry(stack.store).find("poems@1").history().best == int(kept[1])


def test_words_are_not_compared_with_characters(stopped: Seen) -> None:
    assert "read tokens of different kinds" in description(stopped.final)
    assert re.search(r"poems@1 on held-out text: .+ nats per token", description(stopped.final))


def test_a_version_names_the_text_that_it_learned_from(stack: Stack, stopped: Seen, poems: bytes) -> None:
    assert "corpus My_poems_.txt" in description(stopped.asked)
    card = open_registry(stack.store).find("poems@1").card()
    assert card.corpus.name == "My_poems_.txt"
    assert card.corpus.sha256 == hashlib.sha256(poems).hexdigest()
    assert "--units 16 --epochs 200" in card.command
    assert "--corpus My_poems_.txt" in card.command
    assert stack.redis.ttl(f"shakelm:corpus:{card.corpus.sha256}") <= retention.PROPOSAL.seconds


def test_how_long_a_training_takes_is_known_from_the_one_before(discord: Discord, training: Seen) -> None:
    del training
    asked = discord.ask("/admin train architecture: lstm vocabulary: char", "teacher")
    assert re.search(r"All epochs together take about .+, judging by earlier trainings", description(asked))


# Cancel


def test_a_cancelled_training_leaves_nothing(stack: Stack, discord: Discord, stopped: Seen) -> None:
    del stopped
    guild, users = discord.state["guild_id"], discord.state["users"]
    guild_settings.change(stack.redis, guild, log_channel=discord.state["channels"]["verses"])
    options = (
        "architecture: simple-rnn vocabulary: char units: 32 epochs: 200 learning_rate: 0.0002 name: doomed"
    )
    _, message = start(discord, options)
    with stack.train_worker_stopped_after_progress():
        running = discord.message(message, lambda message: "Loss" in description(message))
        assert labels(running) == ["Stop", "Cancel"]
        refused = discord.answer(discord.press("Cancel", message, "student"))
        assert is_private(refused)
        assert "Manage Server" in description(refused)
        discord.press("Cancel", message, "teacher")

    final = discord.message(message, ended)

    assert title(final) == "🗑️ Training doomed was canceled; nothing was kept"
    assert labels(final) == []
    store = open_registry(stack.store)
    assert "doomed" not in [version.name for version in store.versions()]
    assert not list(store.checkpoints.glob("doomed-*"))
    who = f"🔧 <@{users['teacher']}>:"

    def announced() -> list[str]:
        return [one["content"] for one in discord.messages("student") if one["content"].startswith("🔧")]

    stack.bot.until(lambda: announced()[-1] == f"{who} canceled training doomed", "an announcement")
    guild_settings.change(stack.redis, guild, log_channel=None)
    assert announced()[-2] == f"{who} started training doomed"


def test_a_proposal_that_nobody_wants_goes(stack: Stack, discord: Discord) -> None:
    def proposals() -> set[bytes]:
        return set(stack.redis.scan_iter("shakelm:training:*:proposal"))

    before = proposals()
    asked = discord.ask("/admin train name: nothing", "teacher")
    dropped = discord.answer(discord.press("Cancel", asked["id"], "teacher"), lambda one: not labels(one))
    assert description(dropped) == "nothing will not be trained."
    assert proposals() == before


# Refusals


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "is a binary file"),
        ("naïve ".encode() * 2000 + b"\xef", "is not valid UTF-8 text: byte 14000 is wrong"),
        (b"<!DOCTYPE html><p>" + b"naive " * 2000, "is in the format HTML"),
        (b"too short", "too short. Attach a text of at least 5,000"),
        (b"a" * (attached_texts.MAX_BYTES + 1), "at most 4 MB"),
    ],
)
def test_a_file_that_nobody_can_learn_from_is_refused(discord: Discord, content: bytes, part: str) -> None:
    answer = discord.ask("/admin train", "teacher", files=text_file("my *file*", content))

    assert is_private(answer)
    assert part in description(answer)
    assert answer["components"] == []


TEXT = b"to be or not to be\n" * 320


@pytest.mark.parametrize(
    ("options", "content", "part"),
    [
        ("vocabulary: char", b"a" * 6000, "fewer than two different characters"),
        ("vocabulary: word", b"a" * 6000, "it cannot be learned as words"),
        ("vocabulary: word", TEXT + b"=" * 1000, "held-out part of the text, near its end, has no words"),
        ("preset: best", TEXT, "too short for 32 streams with windows of 128 characters"),
    ],
)
def test_a_text_that_does_not_fit_the_options_is_refused_before_the_start(
    discord: Discord, options: str, content: bytes, part: str
) -> None:
    answer = discord.ask(f"/admin train {options}", "teacher", files=text_file("own.txt", content))

    assert is_private(answer)
    assert part in description(answer)
    assert answer["components"] == []


def test_a_text_in_windows_1252_is_offered_with_what_was_done_to_it(discord: Discord) -> None:
    content = ("être ou ne pas être – voilà\r\n" * 300).encode("windows-1252")

    answer = discord.ask("/admin train vocabulary: char", "teacher", files=text_file("hamlet.txt", content))

    assert "Text: read as Windows-1252; replaced line ends." in description(answer)
    assert "Start" in labels(answer)


def test_an_attached_text_is_offered_to_a_version_that_knows_its_words(discord: Discord) -> None:
    content = " ".join(f"word{number}" for number in range(2000)).encode()  # no word twice
    version = open_registry(PACKAGED).find("shakespeare-word")
    card = version.card()

    answer = discord.ask(
        "/admin train from: shakespeare-word", "teacher", files=text_file("own.txt", content)
    )

    told = description(answer).replace("\\", "")
    assert f"from {version.reference}, corpus own.txt" in told
    nats = f"{card.held_out.nats_per_token:.3f}"
    assert f"It goes on from {version.reference}, English ({nats} nats per token)" in told
    assert f"about {card.parameters:,} parameters" in told
    assert "Start" in labels(answer)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("preset: best layers: 3", "2 widths do not fit 3 layers"),
        ("name: ../escape", "name"),
        ("learning_rate: 0", "learning rate"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(discord: Discord, options: str, part: str) -> None:
    answer = discord.ask(f"/admin train {options}", "teacher")

    assert is_private(answer)
    assert part in description(answer)


@pytest.mark.parametrize(
    "options",
    [
        "architecture: transformer",
        "vocabulary: bytes",
        "preset: enormous",
        "corpus: bible",
        "epochs: 0",
        "epochs: 201",
        "layers: 5",
        "dropout: 1",
        "number: -1",
    ],
)
def test_discord_refuses_trainings_that_nobody_can_do(discord: Discord, options: str) -> None:
    assert discord.refusal(f"/admin train {options}", "teacher")


def test_a_proposal_that_has_expired_is_a_private_sentence(stack: Stack, discord: Discord) -> None:
    asked = discord.ask("/admin train", "teacher")
    for key in stack.redis.scan_iter("shakelm:training:*:proposal"):
        stack.redis.delete(key)

    discord.press("Start", asked["id"], "teacher")

    def told() -> bool:
        newer = [one for one in discord.messages("teacher") if int(one["id"]) > int(asked["id"])]
        return any("no longer stored" in description(one) and is_private(one) for one in newer)

    stack.bot.until(told, "a private sentence")
    assert training_records.open_trainings(stack.redis) == []


def test_where_the_bot_may_not_post_it_says_what_it_lacks(discord: Discord) -> None:
    answer = discord.ask("/admin train", "teacher", channel_id=discord.state["channels"]["announcements"])

    assert "Send Messages" in description(answer)
