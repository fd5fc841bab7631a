"""What an installation brings along: versions pinned, no address, and no TensorFlow with the bot."""

import tomllib
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def applies(requirement: Requirement, extras: Collection[str] = ()) -> bool:
    """Whether a requirement's marker holds on this platform with these extras."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})


def declared(name: str, extras: Collection[str]) -> list[Requirement]:
    """What a distribution requires here and now with these extras; nothing where it is not installed."""
    if name == PROJECT["name"]:
        texts = PROJECT["dependencies"] + [text for extra in extras for text in EXTRAS[extra]]
    else:
        try:
            texts = distribution(name).requires or []
        except PackageNotFoundError:
            return []
    return [requirement for requirement in map(Requirement, texts) if applies(requirement, extras)]


def closure(extras: Collection[str]) -> list[Requirement]:
    """Every requirement, direct or not, of the project with these extras."""
    found: dict[str, Requirement] = {}
    pending = [Requirement(f"{PROJECT['name']}[{','.join(extras)}]")]
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        for needed in declared(name, requirement.extras):
            if str(needed) not in found:
                found[str(needed)] = needed
                pending.append(needed)
    return [needed for needed in found.values() if needed.name != PROJECT["name"]]


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def version(pin: Requirement) -> str:
    """The one version that a pin allows."""
    (specifier,) = pin.specifier
    assert specifier.operator == "=="
    return specifier.version


def test_constraints_hold_versions_and_no_addresses(pins: dict[str, Requirement]) -> None:
    assert all(pin.url is None and not pin.extras and version(pin) for pin in pins.values())
    assert "://" not in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_requirement_is_pinned_to_a_version_that_satisfies_it(
    extra: str, pins: dict[str, Requirement]
) -> None:
    for requirement in closure({extra}):
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version(pin), prereleases=True), f"{pin} for {requirement}"


def test_the_tests_run_with_the_pinned_versions(pins: dict[str, Requirement]) -> None:
    installed = {name: distribution(name).version for name in names(closure({"dev", "benchmark"}))}
    assert "tensorflow" in installed
    assert installed == {name: version(pins[name]) for name in installed}


def test_nothing_is_pinned_that_no_extra_needs(pins: dict[str, Requirement]) -> None:
    assert {name for name, pin in pins.items() if applies(pin)} <= names(closure(EXTRAS))


def test_the_bot_installs_without_tensorflow_and_the_worker_with_it() -> None:
    training_only = {"tensorflow", "keras", "scikit-learn", "matplotlib"}
    bot = names(closure({"bot"}))
    assert bot >= {"discord-py", "rq", "redis"}
    assert not bot & training_only
    assert names(closure({"worker"})) >= training_only
