"""A version of a model: its files, and how they are read and written."""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from shakelm.configuration import Configuration
from shakelm.data import vocabulary_kinds
from shakelm.data.vocabulary import Vocabulary
from shakelm.errors import ShakelmError
from shakelm.store.card import Card, History
from shakelm.store.storage import VersionFiles

WEIGHTS = "weights.safetensors"
VOCABULARY = "vocabulary.json"
CONFIGURATION = "configuration.json"
HISTORY = "history.json"
CARD = "card.json"

LARGEST_DOCUMENT_BYTES = 64 * 1024 * 1024
"""The largest file of a version that is not weights: a vocabulary with many words has a few megabytes."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Version:
    """One version of a model, whose files lie in `files`.

    The methods that read a file raise ShakelmError if it is missing or damaged.
    """

    name: str
    number: int
    files: VersionFiles
    packaged: bool

    @property
    def reference(self) -> str:
        """NAME@NUMBER."""
        return f"{self.name}@{self.number}"

    def file(self, file: str) -> Path:
        """Return the local path of one of the version's files."""
        return self.files.file(self.name, self.number, file)

    @property
    def weights_file(self) -> Path:
        """The local path of the safetensors file of named arrays."""
        return self.file(WEIGHTS)

    @property
    def cure(self) -> str:
        """What to do about a missing or damaged file, as messages say it."""
        return "install the package again" if self.packaged else f"remove {self.reference}, or train it again"

    def vocabulary(self) -> Vocabulary:
        """Read the tokens that the model knows."""
        return self._read(VOCABULARY, vocabulary_kinds.parse)

    def configuration(self) -> Configuration:
        """Read the sizes and settings from which the network is built."""
        return self._read(CONFIGURATION, Configuration.model_validate_json)

    def history(self) -> History:
        """Read the epochs of the training."""
        return self._read(HISTORY, History.model_validate_json)

    def card(self) -> Card:
        """Read how the version was trained and how good it is."""
        return self._read(CARD, Card.model_validate_json)

    def damaged(self, file: str, problem: object) -> ShakelmError:
        """The error of a file that cannot be used. People in Discord read the version's name alone."""
        sentence = f"{self.file(file)} is damaged ({problem}): {self.cure}."
        return ShakelmError(sentence, key="refusal.damaged_model", model=self.reference)

    def check_file(self, file: str, most_bytes: int) -> Path:
        """Return the local path of a file, if it is a file and at most that large.

        Raises:
            ShakelmError: it is missing, not a file, or larger.
        """
        path = self.file(file)
        try:
            found = path.stat()
        except OSError as error:
            raise self.damaged(file, error.strerror) from error
        if not stat.S_ISREG(found.st_mode):
            raise self.damaged(file, "it is not a file")
        if found.st_size > most_bytes:
            raise self.damaged(file, f"it has {found.st_size:,} bytes; at most {most_bytes:,} are possible")
        return path

    def _read(self, file: str, parse: Callable[[bytes], _T]) -> _T:
        path = self.check_file(file, LARGEST_DOCUMENT_BYTES)
        try:
            return parse(path.read_bytes())
        except OSError as error:
            raise self.damaged(file, error.strerror) from error
        except ValidationError as error:
            raise self.damaged(file, error.errors()[0]["msg"]) from error
        except (ValueError, RecursionError) as error:
            raise self.damaged(file, type(error).__name__) from error


def write_files(
    folder: Path,
    weights: bytes,
    vocabulary: Vocabulary,
    configuration: Configuration,
    history: History,
    card: Card,
) -> None:
    """Write all files of a version to a folder.

    Raises:
        OSError: the folder cannot be written.
    """
    (folder / WEIGHTS).write_bytes(weights)
    for file, content in (
        (VOCABULARY, vocabulary),
        (CONFIGURATION, configuration),
        (HISTORY, history),
        (CARD, card),
    ):
        (folder / file).write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")
