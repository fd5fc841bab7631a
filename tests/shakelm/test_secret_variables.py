"""Secrets from variables and from files, and what is said of those that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shakelm import secret_variables
from shakelm.errors import ShakelmError

HARD = "p/a#s?s@w%o:rd \"x'\\ü"
VARIABLE = "SOME_SECRET"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], dict[str, str]]:
    """The environment in which a file with that content holds the secret."""

    def write(content: bytes) -> dict[str, str]:
        path = tmp_path / "written"
        path.write_bytes(content)
        return {"SOME_SECRET_FILE": str(path)}

    return write


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", "\ufeff{}"])
def test_a_file_holds_a_secret_with_any_characters(
    write: Callable[[bytes], dict[str, str]], around: str
) -> None:
    assert secret_variables.find(write(around.format(HARD).encode()), VARIABLE) == HARD


def test_a_secret_has_its_spaces(write: Callable[[bytes], dict[str, str]]) -> None:
    assert secret_variables.find(write(b" a b \n"), VARIABLE) == " a b "


def test_a_variable_holds_a_secret() -> None:
    assert secret_variables.find({VARIABLE: HARD, "SOME_SECRET_FILE": ""}, VARIABLE) == HARD


@pytest.mark.parametrize("environment", [{}, {VARIABLE: ""}, {VARIABLE: "", "SOME_SECRET_FILE": ""}])
def test_what_is_empty_is_not_set(environment: dict[str, str]) -> None:
    assert secret_variables.find(environment, VARIABLE) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b" \n", "is empty"),
        (b"hidden" * 1000, "more than 4096 bytes"),
        (b"hidden\0secret", "not one line of text"),
        (b"hidden\nsecret", "not one line of text"),
        (b"hidden\xffsecret", "not one line of text"),
    ],
)
def test_a_file_without_one_secret_is_refused(
    write: Callable[[bytes], dict[str, str]], content: bytes, reason: str
) -> None:
    refused(write(content), reason)


def test_the_largest_file_is_read(write: Callable[[bytes], dict[str, str]]) -> None:
    largest = b"x" * secret_variables.MAX_BYTES
    assert secret_variables.find(write(largest), VARIABLE) == largest.decode()
    refused(write(largest + b"x"), "more than")


@pytest.mark.parametrize("path", ["hidden", "/hidden/secret", "hidden" * 1000, "/"])
def test_a_path_that_cannot_be_read_is_refused_and_not_shown(path: str) -> None:
    refused({"SOME_SECRET_FILE": path}, "cannot be read (")


def test_a_file_that_opens_and_cannot_be_read_is_refused() -> None:
    # Not a file without permissions, because root may read it. Nobody reads the memory at address 0.
    refused({"SOME_SECRET_FILE": "/proc/self/mem"}, "cannot be read (")


def test_two_sources_are_refused(write: Callable[[bytes], dict[str, str]]) -> None:
    refused(write(b"hidden") | {VARIABLE: "secret"}, "are both set: remove one")


def refused(environment: dict[str, str], reason: str) -> None:
    """Check the one sentence, in which neither the secret nor its path stands."""
    with pytest.raises(ShakelmError) as error:
        secret_variables.find(environment, VARIABLE)
    sentence = str(error.value)
    assert "SOME_SECRET_FILE" in sentence
    assert reason in sentence
    assert "\n" not in sentence
    assert "hidden" not in sentence
    assert "secret" not in sentence.replace("the secret", "")
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
