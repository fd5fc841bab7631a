"""A version of a model in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from safetensors import SafetensorError

from shakelm.data.vocabulary import UNKNOWN, Vocabulary
from shakelm.decoding.verse_endings import ends_sentence
from shakelm.networks.loading import load_network, most_bytes
from shakelm.networks.network import Engine, Network
from shakelm.store.version import WEIGHTS, Version


@dataclass(frozen=True)
class LanguageModel:
    """A network with its vocabulary, for generation and scoring. `reference` is the version, NAME@NUMBER."""

    reference: str
    vocabulary: Vocabulary
    network: Network

    @cached_property
    def blank_tokens(self) -> list[int]:
        """The ids of the tokens that begin with white space, or are nothing else."""
        return [number for number, token in enumerate(self.vocabulary.tokens) if token[:1].isspace()]

    @cached_property
    def line_ends(self) -> list[int]:
        """The ids of the tokens that can end a line, or a speaker's name."""
        return [number for number, token in enumerate(self.vocabulary.tokens) if {":", "\n"} & set(token)]

    @cached_property
    def sentence_ends(self) -> list[int]:
        """The ids of the tokens with which a sentence ends. Empty if texts lack these marks."""
        return [number for number, token in self._known if ends_sentence(token)]

    @cached_property
    def pauses(self) -> list[int]:
        """The ids of the tokens with which a sentence pauses: a comma, a semicolon, or a colon."""
        return [number for number, token in self._known if token.rstrip()[-1:] in (",", ";", ":")]

    @property
    def _known(self) -> Iterator[tuple[int, str]]:
        return ((number, token) for number, token in enumerate(self.vocabulary.tokens) if number != UNKNOWN)


def load(version: Version, engine: Engine = "numpy") -> LanguageModel:
    """Load a version into memory.

    Raises:
        ShakelmError: a file of the version is missing or damaged, or the engine is `keras` and TensorFlow
            cannot be imported.
    """
    configuration = version.configuration()
    vocabulary = version.vocabulary()
    path = version.check_file(WEIGHTS, most_bytes(configuration.model, len(vocabulary)))
    try:
        network = load_network(path, configuration.model, len(vocabulary), engine)
    except OSError as error:
        raise version.damaged(WEIGHTS, error.strerror) from error
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise version.damaged(WEIGHTS, error) from error
    return LanguageModel(version.reference, vocabulary, network)
