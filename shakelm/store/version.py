"""A version of a model: its files, and how they are read and written."""

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

    def _read(self, file: str, parse: Callable[[bytes], _T]) -> _T:
        path = self.file(file)
        try:
            return parse(path.read_bytes())
        except OSError as error:
            raise ShakelmError(f"{path} cannot be read ({error.strerror}): {self.cure}.") from error
        except ValidationError as error:
            raise ShakelmError(f"{path} is damaged ({error.errors()[0]['msg']}): {self.cure}.") from error


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
