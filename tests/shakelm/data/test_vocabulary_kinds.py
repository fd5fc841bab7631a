"""The contract of every registered kind of vocabulary, and that a kind is one module and one registration."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from shakelm.data.named_corpora import NAMED
from shakelm.data.vocabulary import UNKNOWN, UNKNOWN_TOKEN
from shakelm.data.vocabulary_kinds import KINDS, fit, parse
from shakelm.errors import ShakelmError

TEXT = "To be, or not to be:\nThat is the question.\n\nOr not to be; the 'tis and o'er!\n" * 2
STRANGE = "漢字 ☃☃ zyx ☃"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_others_ask_it(kind: str) -> None:
    vocabulary = KINDS[kind]
    assert vocabulary.unit.isalpha()
    assert vocabulary.units not in ("", vocabulary.unit)
    assert 2 <= vocabulary.default_sequence_length <= 4096
    assert 1 <= vocabulary.tokens_per_word <= vocabulary.tokens_per_line
    assert 1 <= vocabulary.ngram_order <= 10
    assert vocabulary.corpus_sizes.keys() == NAMED.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_learns_tokens_of_its_name(kind: str) -> None:
    vocabulary = fit(TEXT, kind)
    assert type(vocabulary) is KINDS[kind]
    assert vocabulary.kind == kind
    assert vocabulary.tokens[UNKNOWN] == UNKNOWN_TOKEN
    assert len(set(vocabulary.tokens)) == len(vocabulary.tokens) == len(vocabulary)
    assert fit(TEXT, kind) == vocabulary
    assert "\n" in vocabulary  # a verse ends by its lines


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_encoded_is_decoded(kind: str) -> None:
    vocabulary = fit(TEXT, kind)
    ids = vocabulary.encode(TEXT)
    assert ids.dtype == np.int32
    assert ids.shape == (len(vocabulary.pieces(TEXT)),)
    assert (ids != UNKNOWN).all()
    assert np.array_equal(vocabulary.encode(vocabulary.decode(ids)), ids)
    assert (vocabulary.decode(ids) == TEXT) == vocabulary.lossless
    for end in range(len(ids)):  # token by token, as a verse is written
        whole = vocabulary.decode(ids[: end + 1])
        before = vocabulary.decode(ids[:end])
        assert whole == before + vocabulary.extend(before, int(ids[end]))


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_pieces_have_the_unknown_id_and_are_named_once(kind: str) -> None:
    vocabulary = fit(TEXT, kind)
    pieces, ids = vocabulary.pieces(STRANGE), vocabulary.encode(STRANGE)
    strange = [piece for piece in pieces if piece not in vocabulary]
    assert strange
    assert [piece for piece, token in zip(pieces, ids, strict=True) if token == UNKNOWN] == strange
    assert vocabulary.unknown(STRANGE) == list(dict.fromkeys(strange))
    assert vocabulary.unknown(TEXT) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_survives_json(kind: str) -> None:
    vocabulary = fit(TEXT, kind)
    data = vocabulary.model_dump_json()
    assert list(json.loads(data))[:2] == ["kind", "tokens"]
    again = parse(data.encode())
    assert again == vocabulary
    assert np.array_equal(again.encode(TEXT), vocabulary.encode(TEXT))


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_text_is_refused(kind: str) -> None:
    with pytest.raises(ShakelmError, match=f"ewer than two (different )?{KINDS[kind].units}"):
        fit("", kind)


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("one two three", "word", "Fewer than two words occur more than once"),
        ("aaaa aa\na\n", "word", "Fewer than two words occur more than once"),
        ("天地玄黃宇宙洪荒\n" * 9, "word", "--vocabulary char"),
        ("aaaa", "char", "fewer than two different characters"),
        ("aaaa aa\na\n", "char", "fewer than two different characters"),
        ("aaaa aa\na\n", "subword", "fewer than two different pieces"),
    ],
)
def test_too_few_tokens_are_refused(text: str, kind: str, part: str) -> None:
    with pytest.raises(ShakelmError, match=part):
        fit(text, kind)
    assert len(fit("ab ab ba ba", kind)) > 2


@pytest.mark.parametrize(
    "damage",
    [
        *("", "{", '{"kind": "rune", "tokens": []}', '{"kind": "char"}', '{"kind": "char", "tokens": 3}'),
        '{"kind": "subword", "tokens": ["<unk>", "a", "bc"]}',
    ],
)
def test_a_damaged_vocabulary_is_refused(damage: str) -> None:
    with pytest.raises(ValidationError):
        parse(damage.encode())


PAIRS = '''
"""Pairs of characters, with a line end for itself."""

import re
from typing import Literal, Self

from shakelm.data.vocabulary import UNKNOWN_TOKEN, CorpusSize, Vocabulary


class PairVocabulary(Vocabulary):
    unit = "pair"
    units = "pairs"
    lossless = True
    wide_output = False
    default_sequence_length = 24
    tokens_per_line = 80
    tokens_per_word = 20
    corpus_sizes = {"shakespeare": CorpusSize(tokens=450_000, vocabulary=1_300)}

    kind: Literal["pair"] = "pair"

    @classmethod
    def learn(cls, text: str) -> Self:
        return cls(tokens=(UNKNOWN_TOKEN, *sorted(set(_pairs(text)))))

    def pieces(self, text: str) -> list[str]:
        return _pairs(text)

    def extend(self, text: str, token: int) -> str:
        return self.tokens[token]


def _pairs(text: str) -> list[str]:
    return re.findall(r"\\n|[^\\n]{1,2}", text)
'''

BY_COMMANDS = """
import contextlib
import io
import json
import sys

from shakelm.cli.command_line import app

outputs = {}
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        app(arguments, standalone_mode=False)
    outputs[arguments[0]] = output.getvalue()
print(json.dumps(outputs))
"""

IN_DISCORD = """
import json

from bot.commands.admin.train_command import train
from bot.commands.lesson_commands import architectures
from worker.messages import model_messages

print(json.dumps({
    "choices": [
        [choice.value for choice in command.get_parameter("vocabulary").choices]
        for command in (train, architectures)
    ],
    "shown": str(model_messages.architectures("pair")),
}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages with a third kind: one new module and its place in the registry."""
    here = Path(__file__).parents[3]
    for package in ("shakelm", "worker", "bot"):
        shutil.copytree(here / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    data = tmp_path / "shakelm" / "data"
    (data / "pair_vocabulary.py").write_text(PAIRS)
    registry = data / "vocabulary_kinds.py"
    first, kinds = "from shakelm.data.vocabulary import Vocabulary\n", "(WordVocabulary, CharVocabulary"
    before = registry.read_text()
    after = before.replace(first, f"{first}from shakelm.data.pair_vocabulary import PairVocabulary\n")
    after = after.replace(kinds, f"{kinds}, PairVocabulary")
    assert after.count("PairVocabulary") == 2
    registry.write_text(after)
    return tmp_path


def run(checkout: Path, script: str, *arguments: str) -> Any:
    """Run the script with that copy; returns the JSON that it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(checkout),
        "SHAKELM_STORE": str(checkout / "store"),
        "CUDA_VISIBLE_DEVICES": "-1",
        "COLUMNS": "120",
    }
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_kind_is_one_module_and_one_registration(checkout: Path) -> None:
    """Models of it are trained, write, predict and are scored; slash commands offer it."""
    text = checkout / "text.txt"
    text.write_text("the king shall speak,\nand love the queen.\n" * 60)
    model, sizes = ["--model", "pairs"], ["--units", "8", "--embedding", "4", "--epochs", "1"]
    commands = [
        ["train", "pairs", "--vocabulary", "pair", "--architecture", "lstm", "--corpus", str(text), *sizes],
        ["verse", "the king", *model, "--number", "1", "--json"],
        ["next", "the king", *model, "--json"],
        ["tokens", "the king", *model],
        ["evaluate", "pairs", "--text", str(text), "--json"],
        ["baseline", "--vocabulary", "pair", "--corpus", str(text), "--json"],
        ["models"],
    ]
    outputs = run(checkout, BY_COMMANDS, json.dumps(commands))

    files = checkout / "store" / "pairs" / "1"
    assert json.loads((files / "vocabulary.json").read_text())["kind"] == "pair"
    assert json.loads((files / "configuration.json").read_text())["training"]["window"] == 24
    verse = json.loads(outputs["verse"])
    assert verse["text"].startswith("the king")
    assert verse["unknown"] == []
    likely = json.loads(outputs["next"])["tokens"]
    assert len(likely) == 10
    assert max(map(len, likely)) == 2
    assert "4 of 4 pairs known" in outputs["tokens"]
    scores = json.loads(outputs["evaluate"])
    assert scores["unknown"] == 0
    assert scores["nats_per_char"] < scores["nats_per_token"]
    orders = json.loads(outputs["baseline"])
    assert len(orders) == 5
    assert orders[-1]["nats_per_char"] < orders[0]["nats_per_char"] < orders[0]["nats_per_token"]
    assert "pair lstm" in outputs["models"]

    shown = run(checkout, IN_DISCORD)
    assert shown["choices"] == [["word", "char", "pair", "subword"]] * 2
    assert "one pair at a time" in shown["shown"]
