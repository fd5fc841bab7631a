"""One prompt at several temperatures."""

import redis

from shakelm.decoding import generation
from shakelm.decoding.generation import Length
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling_settings import SamplingSettings
from tests.support.request_makers import reply_to
from worker.lessons import temperatures
from worker.lessons.temperatures import TEMPERATURES, TemperaturesRequest
from worker.lessons.tools import Tools

Connection = redis.Redis

WHO = {"author": "1", "guild": "2", "channel": "3"}


def test_each_verse_is_the_one_that_its_number_gives_alone(words: LanguageModel, tools: Tools) -> None:
    wanted = TemperaturesRequest(prompt="zounds my lord", random_seed=5, lines=2, reply_to=reply_to(), **WHO)

    (embed,) = temperatures.answer(wanted, tools).body["embeds"]

    assert [field["inline"] for field in embed["fields"]] == [True] * len(TEMPERATURES)
    bits = []
    for field, temperature in zip(embed["fields"], TEMPERATURES, strict=True):
        verse, entropy = generation.generate_with_entropy(
            words, "zounds my lord", SamplingSettings(temperature), Length(lines=2), 5
        )
        assert field["value"] == verse.text
        assert field["name"] == f"{temperature:g} · {entropy:.2f} bits per word"
        bits.append(entropy)
    assert bits[0] < bits[2] < bits[4]
    receipt = embed["footer"]["text"]
    assert receipt.startswith("shakespeare-word@3 · number 5 · ")
    assert receipt.endswith("not in the model's vocabulary: zounds")


def test_verses_without_line_ends_fit_into_one_message() -> None:
    (embed,) = temperatures.message(
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
