"""The messages of verses and lessons for any model output and any user text."""

import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.validation import parse_form
from shakelm.data.vocabulary import TokenMapping
from shakelm.errors import ShakelmError
from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import readable, texts
from tests.support.request_makers import train_request, verse_request
from worker.lessons import temperatures, token_view
from worker.messages import admin_messages, notices, training_messages, verse_messages
from worker.messages.catalog import Refusal
from worker.messages.discord_json import MAX_EMBED, Message, size
from worker.messages.text_limits import length
from worker.protocol.training_payloads import Specimen, Training, TrainingState, TrainProgress
from worker.protocol.verse_payloads import VerseResult

READABLE = readable(6000)


def check(message: Message) -> None:
    """Discord takes the message, which pings nobody and has no raw control character."""
    body = json.loads(json.dumps(message.body))
    parse_form(MessageForm, body)
    assert body["allowed_mentions"] == {"parse": []}
    for embed in body.get("embeds", ()):
        assert size(embed) <= MAX_EMBED
        assert length(embed["description"]) <= 4096
        fields = embed.get("fields", ())
        assert all(length(field["value"]) <= 1024 and length(field["name"]) <= 256 for field in fields)
    assert length(body.get("content", "")) <= 2000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", str(list(texts_in(body))))
    if message.attachment:
        assert message.attachment.content.decode("utf-8")
        assert length(message.attachment.description) <= 1024


def texts_in(part: Any) -> list[str]:
    match part:
        case str():
            return [part]
        case list():
            return [text for item in part for text in texts_in(item)]
        case dict():
            return texts_in(list(part.values()))
    return []


@share(5)
@given(prompt=READABLE, verse=READABLE, unknown=st.lists(READABLE.map(lambda text: text[:9]), max_size=500))
def test_a_verse(prompt: str, verse: str, unknown: list[str]) -> None:
    request = verse_request(prompt=prompt[:500])
    result = VerseResult(text=verse, model="m@1", temperature=0.8, random_seed=7, seconds=1, unknown=unknown)
    message = verse_messages.verse(request, result)

    check(message)
    (embed,) = message.body["embeds"]
    assert embed["footer"]["text"].startswith("m@1 · temperature 0.8 · number 7 · ")


def test_a_verse_in_a_style_of_a_former_version() -> None:
    result = VerseResult(text="a", model="m@1", temperature=0.8, random_seed=7, seconds=1, unknown=[])
    check(verse_messages.verse(verse_request(style="steady"), result))


@share(2)
@example(verses=["a", " ", "\r ", "\u3000", "\n"], unknown=[])
@given(verses=st.lists(READABLE, min_size=5, max_size=5), unknown=st.lists(READABLE, max_size=20))
def test_temperatures_side_by_side(verses: list[str], unknown: list[str]) -> None:
    written = [(0.5, verse, 1.0) for verse in verses]
    check(temperatures.message(written, kind="word", model="m@1", number=7, seconds=1, unknown=unknown))


@share(2)
@given(pieces=st.lists(READABLE.map(lambda text: text[:60]), max_size=300), known=st.booleans())
def test_a_table_of_tokens(pieces: list[str], known: bool) -> None:
    mappings = [TokenMapping(piece, 7, piece if known else "<unk>") for piece in pieces]
    message = token_view.message(mappings, "char", "m@1")

    check(message)
    (embed,) = message.body["embeds"]
    assert not mappings or embed["description"].count("```") == 2


@share(2)
@example(verses=[" ", "\n \n"], error="", sample="", state=TrainingState.FINISHED)
@given(
    verses=st.lists(READABLE, max_size=2),
    error=texts(),
    sample=READABLE,
    state=st.sampled_from(TrainingState),
)
def test_a_training(verses: list[str], error: str, sample: str, state: TrainingState) -> None:
    specimens = tuple(Specimen(model="m@1", random_seed=7, text=verse) for verse in verses)
    progress = TrainProgress(
        **{"state": state, "epochs": 4, "epoch": 2, "loss": 1.0, "sample": sample, "verses": specimens},
        **{"error": re.sub("[\ud800-\udfff]", "?", error)},
    )
    check(Message(training_messages.following(Training("0" * 16, train_request(), progress))))


@share(2)
@given(written=texts(), other=texts(300))
def test_refusals_and_announcements(written: str, other: str) -> None:
    check(Message(notices.problem(Refusal("refusal.unknown_model", model=written, known=[other, written]))))
    check(Message(notices.problem(ShakelmError(written))))
    check(Message(admin_messages.announcement("1", "announcement.promotion", model=written)))
