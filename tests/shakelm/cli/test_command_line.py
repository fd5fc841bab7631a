"""The `shakelm` command as a user runs it: in processes of its own."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from shakelm.decoding import language_model
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.styles import STYLES
from shakelm.store.registry import open_registry

Shakelm = Callable[..., subprocess.CompletedProcess[str]]

SPEECH = "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small corpus, and a store in which `tiny` was trained on it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "corpus.txt").write_text(SPEECH * 60, encoding="utf-8")
    arguments = "train tiny --architecture lstm --vocabulary char --units 16 --epochs 2 --batch 8 --window 32"
    result = run(folder, *arguments.split())
    assert result.returncode == 0, result.stderr
    assert "tiny@1" in result.stdout
    return folder


def run(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shakelm.cli", *arguments],
        cwd=place,
        env=os.environ
        | {
            "SHAKELM_STORE": str(place / "store"),
            "SHAKELM_CORPUS": str(place / "corpus.txt"),
            "COLUMNS": "120",
        }
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def shakelm(place: Path) -> Shakelm:
    return lambda *arguments, **environment: run(place, *arguments, **environment)


def test_a_verse_and_its_number(shakelm: Shakelm) -> None:
    first = shakelm("verse", "Speak", "--model", "tiny", "--lines", "3", "--number", "7")
    assert first.returncode == 0
    assert first.stdout.startswith("Speak")
    assert "tiny@1 · temperature 0.8 · number 7" in first.stderr
    again = json.loads(
        shakelm("verse", "Speak", "--model", "tiny@1", "--lines", "3", "--number", "7", "--json").stdout
    )
    assert again["text"] == first.stdout.rstrip("\n")
    assert again["model"] == "tiny@1"


@pytest.mark.parametrize(
    ("options", "style", "sampling", "receipt"),
    [
        ("", "balanced", STYLES["balanced"], " · style balanced"),
        ("--temperature 0.8", None, SamplingSettings(0.8), ""),
        (
            "--style wild --min-p 0.02",
            "wild",
            SamplingSettings(1.4, min_p=0.02),
            " · style wild · min-p 0.02",
        ),
    ],
)
def test_a_verse_has_its_style(
    shakelm: Shakelm, place: Path, options: str, style: str | None, sampling: SamplingSettings, receipt: str
) -> None:
    asked = ("verse", "Speak", "--model", "tiny", "--lines", "8", "--number", "7", *options.split())
    written = json.loads(shakelm(*asked, "--json").stdout)
    assert (written["style"], {name: written[name] for name in asdict(sampling)}) == (style, asdict(sampling))
    assert shakelm(*asked).stderr.rstrip().endswith(f" s{receipt}")
    model = language_model.load(open_registry(place / "store").find("tiny"))
    assert written["text"] == generate(model, "Speak", sampling, Length(lines=8), 7).text


def test_the_help_lists_the_styles(shakelm: Shakelm) -> None:
    shown = " ".join(shakelm("verse", "--help").stdout.replace("│", " ").split())
    assert f"{', '.join(STYLES)}. What else is given" in shown
    assert "Without any of these settings, the style is balanced." in shown


def test_both_engines_write_the_same_verse(shakelm: Shakelm) -> None:
    # From all tokens: where a style cuts between equally likely ones, the last bit of a sum decides.
    asked = ("verse", "--model", "tiny", "--temperature", "0.8", "--words", "8", "--number", "3")
    texts = [shakelm(*asked, SHAKELM_ENGINE=engine).stdout for engine in ("numpy", "keras")]
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("command", ["verse", "next"])
def test_what_reads_a_seed_needs_no_tensorflow(place: Path, command: str) -> None:
    code = f"""
import sys
from shakelm import cli
sys.argv = ["shakelm", "{command}", "--model", "tiny"]
try:
    cli.main()
finally:
    print([name for name in ("tensorflow", "keras", "sklearn", "matplotlib") if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"SHAKELM_STORE": str(place / "store")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.endswith("[]\n")


def test_next_tokens_have_a_table_and_a_picture(shakelm: Shakelm, place: Path) -> None:
    result = shakelm("next", "Speak☃", "--model", "tiny", "--top", "5", "-o", "next.png")
    assert result.returncode == 0, result.stderr
    path, title, *table = result.stdout.splitlines()
    assert path == "next.png"
    assert (place / "next.png").read_bytes().startswith(b"\x89PNG")
    assert title.rstrip() == "tiny@1 after 'Speak☃'"
    rows = [line for line in table if re.search(r"( +\d+\.\d\d%){3}", line)]
    assert len(rows) == 5 + 1
    for column in range(3):
        shares = [float(re.findall(r"(\d+\.\d\d)%", row)[column]) for row in rows]
        assert sum(shares) == pytest.approx(100, abs=0.1)
    assert re.search(r"temperature 0\.5 +temperature 1 +temperature 1\.5", result.stdout)
    assert re.search(r"entropy( +\d\.\d\d bits){3} *$", result.stdout.rstrip())
    assert result.stderr == "unknown to this model: '☃'\n"


def test_next_tokens_as_json(shakelm: Shakelm, place: Path) -> None:
    picture = place / "beside.png"
    arguments = ("next", "Speak ☃", "--model", "tiny", "--top", "4", "--json", "-o", picture.name)
    content = json.loads(shakelm(*arguments).stdout)
    assert content["model"] == "tiny@1"
    assert content["seed"] == "Speak ☃"
    assert content["unknown"] == ["☃"]
    assert len(content["tokens"]) == 4
    assert [d["temperature"] for d in content["distributions"]] == [0.5, 1.0, 1.5]
    assert all(len(d["probabilities"]) == 4 and d["entropy"] > 0 for d in content["distributions"])
    assert picture.exists()


def test_tokens_are_shown_with_what_they_map_back_to(shakelm: Shakelm) -> None:
    output = shakelm("tokens", "Be ☃", "--model", "tiny").stdout
    assert "3 of 4 characters known" in output
    assert re.search(r"☃ +0 +<unk> +unknown", output)
    assert re.search(r"B +\d+ +B +OK", output)


def test_architectures_have_shape_tables(shakelm: Shakelm) -> None:
    output = shakelm("architectures").stdout
    for name in ("simple-rnn", "lstm", "stacked-lstm"):
        assert f"{name}: " in output
    assert output.count("with a vocabulary of 6,047") == 3
    assert re.search(r"recurrent_1 +LSTM +\(batch, time, 100\) +100,400", output)


def test_evaluation_agrees_with_the_card(shakelm: Shakelm, place: Path) -> None:
    text = (place / "corpus.txt").read_text()
    (place / "tail.txt").write_text(text[-len(text) // 10 :])
    figures = json.loads(
        shakelm("evaluate", "tiny", "--text", "tail.txt", "--window", "256", "--json").stdout
    )
    assert set(figures) == {
        "tokens",
        "characters",
        "nats_per_token",
        "perplexity",
        "unknown",
        "nats_per_char",
        "accuracy",
    }
    card = json.loads(shakelm("models", "show", "tiny", "--json").stdout)
    assert figures["nats_per_char"] == pytest.approx(card["held_out_windows"]["nats_per_char"], abs=1e-6)
    assert card["command"].startswith("shakelm train tiny --architecture lstm")
    assert card["command"].endswith(f"--corpus {place / 'corpus.txt'}")


def test_versions_are_promoted_rolled_back_and_removed(shakelm: Shakelm) -> None:
    assert shakelm("models", "promote", "tiny").stdout == "tiny@1 is live\n"
    assert shakelm("verse", "--number", "1").stderr.strip().startswith("tiny@1")
    assert re.search(r"tiny@1 +live", shakelm("models").stdout)
    refused = shakelm("models", "remove", "tiny@1", "--yes")
    assert refused.returncode == 1
    assert "live" in refused.stderr
    assert "shakespeare-plays" in shakelm("models", "rollback").stdout
    listed = json.loads(shakelm("models", "--json").stdout)
    assert {"shakespeare-plays", "shakespeare-word", "tiny"} <= {version["name"] for version in listed}


def test_versions_stand_beside_baselines_on_the_same_text(shakelm: Shakelm) -> None:
    _, *texts = shakelm("models").stdout.split("Held-out text of ")
    (own,) = [text for text in texts if text.startswith("corpus.txt:")]
    (shipped,) = [text for text in texts if text.startswith("shakespeare (English)")]
    assert "tiny@1" in own and "tiny@1" not in shipped
    assert "baseline" not in own
    for vocabulary in ("char, 66 tokens", "word, 6,047 tokens"):
        rung = rf"^ +(\S+.*?) +baseline +{vocabulary} +(\d\.\d+) +(\S+) *$"
        (best, nats, _), (unigram, more, _) = re.findall(rung, shipped, re.MULTILINE)
        assert re.fullmatch(r"Kneser-Ney \d+-gram", best)
        assert unigram == "unigram"
        assert float(nats) < float(more)
    live = shakelm("models", "show").stdout
    assert "corpus         shakespeare-plays (English), 4,673,247 characters" in live


def test_curves_are_a_picture(shakelm: Shakelm, place: Path) -> None:
    assert shakelm("plot", "tiny", "-o", "curves.png").stdout == "curves.png\n"
    assert (place / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_an_exported_model_gives_the_same_logits(shakelm: Shakelm, place: Path) -> None:
    import keras
    import numpy as np

    from shakelm.decoding import language_model
    from shakelm.store.registry import open_registry

    assert shakelm("export", "tiny", "tiny.keras").returncode == 0
    loaded = language_model.load(open_registry(place / "store").find("tiny"))
    tokens = loaded.vocabulary.encode("Speak, speak.")[np.newaxis]
    expected, _ = loaded.network.forward(tokens, loaded.network.empty_state(1))
    exported = keras.saving.load_model(place / "tiny.keras")
    # Of the hidden states, the exported model keeps what 8 bits do not hold.
    np.testing.assert_allclose(exported.predict(tokens, verbose=0), expected, atol=0.02)
    vocabulary = json.loads((place / "tiny.vocabulary.json").read_text())
    assert vocabulary["tokens"] == list(loaded.vocabulary.tokens)


def test_the_doctor_reports_each_thing(shakelm: Shakelm) -> None:
    result = shakelm("doctor", SHAKELM_REDIS_URL="redis://127.0.0.1:1/0")
    assert result.returncode == 1
    for what in ("Python", "TensorFlow", "Devices", "Store", "Redis", "Discord token"):
        assert what in result.stdout
    assert "not OK" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("verse --temperature -1", "temperature -1.0 is out of range"),
        ("verse --style sonnet", "no style 'sonnet'"),
        ("verse --temperature nan", "temperature nan is out of range"),
        ("verse --temperature 1e309", "temperature inf is out of range"),
        ("verse --number -5", "number -5 is out of range"),
        ("verse --lines 0", "length 0"),
        ("verse --lines 100000000", "length of at most 10,000"),
        ("verse --words 10001", "length of at most 10,000"),
        ("verse --lines 2 --words 2", "lines or in words"),
        ("verse --model nobody", "no model 'nobody'"),
        ("verse --model ../../etc", "does not name a model"),
        ("train a/b", "does not name a model"),
        ("train ..", "does not name a model"),
        ("train x --corpus missing.txt", "no file 'missing.txt'"),
        ("train x --corpus empty.txt", "is empty"),
        ("train x --corpus binary.bin", "is a binary file"),
        ("train x --corpus page.html", "is in the format HTML"),
        ("train x --corpus folder", "has no text file"),
        ("train x --corpus dna.txt --corpus missing.txt", "no file 'missing.txt'"),
        (
            "train x --corpus dna.txt",
            "learn it as characters (--vocabulary char)",
        ),
        ("train x --corpus letter.txt --vocabulary char", "fewer than two different characters"),
        ("train x --corpus corpus.txt --preset best", "too short for 32 streams with windows of 128"),
        ("train x --units many", "not a list of widths"),
        ("train x --preset nothing", "no preset 'nothing'"),
        ("train x --epochs 0", "epochs cannot be 0: give 1 or more"),
        ("train x --batch 0", "batch cannot be 0: give 1 or more"),
        ("train x --restart 2", "restart cannot be 2.0: give 1 or less"),
        ("evaluate --text missing.txt", "no file 'missing.txt'"),
        ("evaluate --text empty.txt", "is empty"),
        ("evaluate --text binary.bin", "is a binary file"),
        ("evaluate --text corpus.txt --window 0", "window of 0"),
        ("next --top 0", "from 1 to 100"),
        ("next --top 101", "from 1 to 100"),
        ("next --model nobody", "no model 'nobody'"),
        ("next -o no/such/folder/x.png", "cannot be written"),
        ("plot tiny -o no/such/folder/x.png", "cannot be written"),
        ("export tiny x.h5", "does not end in .keras"),
        ("models promote nobody", "no model 'nobody'"),
        ("models remove shakespeare-word@3 --yes", "cannot be removed"),
        ("models rollback", "no previous live model"),
    ],
)
def test_bad_input_gets_one_sentence(shakelm: Shakelm, place: Path, arguments: str, sentence: str) -> None:
    (place / "empty.txt").touch()
    (place / "binary.bin").write_bytes(bytes(range(256)))
    (place / "page.html").write_text("<html>Hello</html>")
    (place / "folder").mkdir(exist_ok=True)
    (place / "dna.txt").write_text("GATTACA" * 900)
    (place / "letter.txt").write_text("a" * 900)
    result = shakelm(*arguments.split())
    assert result.returncode == 1
    assert result.stdout == ""
    assert sentence in result.stderr
    assert result.stderr.startswith("shakelm: ")
    assert result.stderr.count("\n") == 1


def test_several_files_and_folders_make_one_corpus(shakelm: Shakelm, place: Path) -> None:
    folder = place / "two words"
    folder.mkdir()
    (folder / "one.txt").write_bytes(SPEECH.replace("\n", "\r\n").encode("utf-16"))
    (folder / "two.txt").write_text(SPEECH * 20)
    sizes = {"architecture": "lstm", "vocabulary": "char", "units": 4, "epochs": 1, "batch": 8, "window": 32}
    options = [f"--{name}={value}" for name, value in sizes.items()]
    both = shakelm("train", "both", *options, "--corpus", "two words", "--corpus", "corpus.txt")
    assert both.returncode == 0, both.stderr
    assert "two words+corpus.txt: read as UTF-16 LE and UTF-8; replaced line ends\n" in both.stderr
    card = json.loads(shakelm("models", "show", "both", "--json").stdout)
    assert card["corpus"]["name"] == "two words+corpus.txt"
    assert card["corpus"]["characters"] == 81 * len(SPEECH) + 2
    assert card["command"].endswith("--corpus 'two words' --corpus corpus.txt")

    named = shakelm("train", "folder", *options, SHAKELM_CORPUS=str(folder))  # a path with a blank
    assert named.returncode == 0, named.stderr
    card = json.loads(shakelm("models", "show", "folder", "--json").stdout)
    assert card["corpus"]["characters"] == 21 * len(SPEECH) + 1
    assert card["command"].endswith(f"--corpus '{folder}'")


def test_a_store_that_cannot_be_written_is_told_before_the_training(shakelm: Shakelm, place: Path) -> None:
    result = shakelm("train", "x", SHAKELM_STORE=str(place / "corpus.txt" / "store"))
    assert result.returncode == 1
    assert "SHAKELM_STORE" in result.stderr
    assert result.stderr.count("\n") == 1


def test_ctrl_c_keeps_the_best_epoch(place: Path) -> None:
    """On a terminal: the interrupt comes once a second epoch is under way."""
    leader, follower = pty.openpty()
    arguments = "train stopped --architecture lstm --vocabulary char --units 16 --epochs 1000 --patience 1000"
    process = subprocess.Popen(
        [sys.executable, "-m", "shakelm.cli", *arguments.split()],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=os.environ | {"SHAKELM_STORE": str(place / "store"), "SHAKELM_CORPUS": str(place / "corpus.txt")},
        # A test run in the background ignores interrupts, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(follower)
    screen = b""
    interrupted = False
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        readable, _, _ = select.select([leader], [], [], 1)
        if readable:
            try:
                screen += os.read(leader, 65536)
            except OSError:
                break
        if b"validation loss" in screen and not interrupted:
            process.send_signal(signal.SIGINT)
            interrupted = True
    assert process.wait(timeout=60) == 0, screen.decode(errors="replace")
    os.close(leader)
    assert interrupted
    assert b"Stopping after this batch" in screen
    assert b"stopped@1" in screen
