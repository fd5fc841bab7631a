"""The command and the terminal: what is missing, where output goes, how pictures end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import shakelm
from shakelm.decoding import trial
from shakelm.store.registry import open_registry
from tests.support import tiny_models

PICTURES = {
    "curves.png": b"\x89PNG",
    "curves.svg": b"<?xml",
    "curves.pdf": b"%PDF",
    "curves.jpg": b"\xff\xd8\xff",
    "CURVES.PNG": b"\x89PNG",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a store that has letters@1, which is live."""
    store = open_registry(tmp_path / "store")
    tiny_models.publish(store, "letters", "a")
    trial.promote(store, "letters")
    return tmp_path


def run(
    place: Path, *arguments: str, program: tuple[str, ...] = ("-m", "shakelm.cli"), **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=place,
        env=os.environ | {"SHAKELM_STORE": str(place / "store")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def without(*modules: str) -> tuple[str, ...]:
    """A program that runs the command as if these modules were not installed."""
    missing = ", ".join(f"{module!r}: None" for module in modules)
    return ("-c", f"import sys; sys.modules.update({{{missing}}}); from shakelm.cli import main; main()")


@pytest.mark.parametrize(
    ("arguments", "modules"),
    [
        (("plot", "letters"), ("matplotlib",)),
        (("next", "a", "-o", "next.png"), ("matplotlib",)),
        (("train", "more", "--corpus", "text.txt"), ("tensorflow", "keras")),
        (("verse", "--engine", "keras"), ("tensorflow", "keras")),
    ],
)
def test_a_missing_extra_is_named(place: Path, arguments: tuple[str, ...], modules: tuple[str, ...]) -> None:
    (place / "text.txt").write_text("to be or not to be\n" * 500)
    ended = run(place, *arguments, program=without(*modules))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "pip install '.[train]'" in ended.stderr


@pytest.mark.parametrize(("name", "start"), PICTURES.items())
def test_a_picture_has_the_format_of_its_ending(place: Path, name: str, start: bytes) -> None:
    assert run(place, "plot", "letters", "-o", name).returncode == 0
    assert (place / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["curves", "curves.gif", "curves.txt"])
def test_another_ending_is_refused(place: Path, name: str) -> None:
    ended = run(place, "plot", "letters", "-o", name)
    assert ended.returncode == 1
    assert ".png, .svg, .pdf, .jpg" in ended.stderr
    assert not (place / name).exists()


def test_the_version(place: Path) -> None:
    assert run(place, "--version").stdout == f"shakelm {shakelm.__version__}\n"


def test_models_list_is_models(place: Path) -> None:
    assert run(place, "models", "list").stdout == run(place, "models").stdout
    assert '"name": "letters"' in run(place, "models", "list", "--json").stdout


def test_a_damaged_version_is_named_and_the_others_are_listed(place: Path) -> None:
    store = open_registry(place / "store")
    tiny_models.publish(store, "broken", "b").file("card.json").write_text("{")
    listed = run(place, "models")
    assert listed.returncode == 0
    assert "letters@1" in listed.stdout
    assert "broken@1" in listed.stderr


def test_nothing_is_removed_without_a_question(place: Path) -> None:
    tiny_models.publish(open_registry(place / "store"), "letters", "b")
    refused = run(place, "models", "remove", "letters@2")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert "letters@2" in run(place, "models").stdout
    assert run(place, "models", "remove", "letters@2", "--yes").returncode == 0
    assert "letters@2" not in run(place, "models").stdout


def test_an_ascii_terminal_shows_question_marks(place: Path) -> None:
    ended = run(place, "tokens", "aé…", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr


def test_a_token_with_a_line_end_is_a_row(place: Path) -> None:
    assert run(place, "tokens", "a\nb").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_output_that_cannot_be_written_is_a_sentence(place: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "shakelm.cli", "models"],
            env=os.environ | {"SHAKELM_STORE": str(place / "store")},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "cannot be written" in ended.stderr


def test_whoever_stops_reading_ends_the_command_quietly(place: Path) -> None:
    command = f"{sys.executable} -m shakelm.cli models --json | head -c 1"
    ended = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"],
        env=os.environ | {"SHAKELM_STORE": str(place / "store")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""


def test_the_package_loads_a_model_and_writes(place: Path) -> None:
    model = shakelm.load("letters", place / "store")
    assert shakelm.generate(model, "b\n", temperature=0, lines=2).startswith("b\na")
    assert "numpy" not in run(place, program=("-c", "import shakelm, sys; print(*sys.modules)")).stdout


def test_a_reference_is_completed(place: Path) -> None:
    completed = run(
        place,
        program=("-c", "from shakelm.cli.console import complete_model; print(complete_model('let'))"),
    )
    assert completed.stdout == "['letters@1']\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("train x --preset q", "quick"), ("models promote let", "letters@1"), ("export let", "letters@1")],
)
def test_the_shell_completes_presets_and_models(place: Path, typed: str, offered: str) -> None:
    asked = {"_SHAKELM_COMPLETE": "complete_bash", "COMP_WORDS": f"shakelm {typed}", "COMP_CWORD": ""}
    asked["COMP_CWORD"] = str(len(typed.split()))
    code = "import sys; sys.argv[0] = 'shakelm'; from shakelm.cli import main; main()"
    assert run(place, program=("-c", code), **asked).stdout.split() == [offered]


def test_files_in_other_encodings_are_read_and_it_is_told_how(place: Path) -> None:
    (place / "utf16.txt").write_bytes("ab\r\n".encode("utf-16-le") * 500)
    (place / "windows.txt").write_bytes("“ab” et où\n".encode("cp1252") * 500)
    (place / "plain.txt").write_text("ab\n" * 500)
    told = {
        "utf16.txt": "utf16.txt: read as UTF-16 LE; replaced line ends\n",
        "windows.txt": "windows.txt: read as Windows-1252\n",
        "plain.txt": "",
    }
    for file, line in told.items():
        ended = run(place, "evaluate", "--text", file)
        assert (ended.returncode, ended.stderr) == (0, line)


def test_a_file_in_an_unknown_encoding_is_refused(place: Path) -> None:
    (place / "russian.txt").write_bytes("да нет\n".encode("koi8-r") * 500)
    ended = run(place, "evaluate", "--text", "russian.txt")
    assert ended.returncode == 1
    assert ended.stderr == (
        "shakelm: 'russian.txt' is in an encoding that cannot be told: save it as UTF-8, or give another "
        "text file.\n"
    )
