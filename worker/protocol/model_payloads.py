"""Model versions on their way through Redis: the index, and what changes the registry."""

from datetime import datetime

from shakelm.configuration import Architecture, ModelConfiguration
from shakelm.data.named_corpora import Language
from shakelm.data.vocabulary_kinds import VocabularyKind
from worker.protocol.job_request import Request
from worker.protocol.payload import ModelName, ModelReference, Payload


def held_out_text(sha256: str, split: str) -> str:
    """What names a held-out text: the SHA-256 of the corpus, and how it was split."""
    return f"{sha256[:16]} {split}"


class HeldOut(Payload):
    """Figures on text that no training used. `nats_per_char` is None if the vocabulary is lossy."""

    nats_per_token: float
    perplexity: float
    accuracy: float
    unknown: float
    nats_per_char: float | None


class ModelSummary(Payload):
    """One version as the bot shows it.

    `corpus` names the text that it learned from, and `language` its language, if that is known. Figures
    compare between versions with the same `held_out_text`. `size` is that of its weights in bytes. `network`
    is what a training that goes on from the version takes from it.
    """

    name: ModelName
    version: int
    live: bool
    packaged: bool
    architecture: Architecture
    vocabulary: VocabularyKind
    parameters: int
    held_out: HeldOut
    trained_at: datetime
    corpus: str = ""
    language: Language | None = None
    held_out_text: str = ""
    size: int = 0
    network: ModelConfiguration | None = None

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"


class ModelIndex(Payload):
    """All versions that the workers' store holds, as they publish it."""

    versions: list[ModelSummary]

    def live(self) -> ModelSummary | None:
        """The version that answers if no model is named."""
        return next((summary for summary in self.versions if summary.live), None)

    def find(self, reference: str) -> ModelSummary | None:
        """The version NAME@VERSION; for NAME its live version, or else its newest. None if there is none."""
        named = [one for one in self.versions if reference in (one.name, one.reference)]
        return max(named, key=lambda one: (one.live, one.version), default=None)

    def holds(self, reference: str) -> bool:
        """Whether NAME or NAME@VERSION is among them."""
        return self.find(reference) is not None


class PromoteRequest(Request, job="promote"):
    """Make a version the live one."""

    model: ModelReference


class RollBackRequest(Request, job="roll_back"):
    """Make the previous live version live again."""


class RemoveRequest(Request, job="remove"):
    """Remove a version permanently."""

    model: ModelReference
