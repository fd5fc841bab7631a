"""A version is tried before people get its verses: all its files, its checksum, one line of text."""

import hashlib

from shakelm.decoding import language_model
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.store.registry import ModelRegistry
from shakelm.store.version import WEIGHTS, Version


def check(version: Version) -> None:
    """Read every file of a version, and write one line with it.

    Raises:
        ShakelmError: a file is missing or damaged, or the model cannot write.
    """
    version.history()
    expected = version.card().weights_sha256
    model = language_model.load(version)
    if expected is not None:
        with version.weights_file.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise version.damaged(WEIGHTS, "its checksum is not that of the card")
    try:
        generate(model, "", SamplingSettings(temperature=1.0), Length(lines=1), random_seed=0)
    except (ValueError, FloatingPointError, IndexError) as error:
        raise version.damaged(WEIGHTS, error) from error


def promote(store: ModelRegistry, reference: str) -> Version:
    """Make a version the live one after a trial. The live version stays if the trial fails.

    Raises:
        ShakelmError: there is no such version, it fails the trial, or the store cannot be written.
    """
    version = store.newest(reference)
    check(version)
    return store.promote(version.reference)


def roll_back(store: ModelRegistry) -> Version:
    """Make the latest of the former live versions live that passes a trial.

    Raises:
        ShakelmError: there is none, or the store cannot be written.
    """
    return store.roll_back(check)
