"""The import contracts of pyproject.toml: the code keeps them, and each one catches a violation."""

import itertools
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shakelm", "worker", "bot", "sandbox")
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS: list[dict[str, Any]] = TOOLS["importlinter"]["contracts"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the packages, free to be spoiled."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("packaged", "__pycache__")
        )
    return tmp_path


def test_the_contracts_are_kept(project: Path) -> None:
    result = lint_imports(project)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_each_contract_catches_every_import_that_it_forbids(project: Path, contract: dict[str, Any]) -> None:
    for importer, imported in (wrong := list(forbidden(contract))):
        spoil(project, importer, imported)
    assert wrong

    result = lint_imports(project)

    assert result.returncode == 1
    assert f"{contract['name']} BROKEN" in result.stdout
    report = result.stdout.partition(f"\n{contract['name']}\n-")[2]
    missed = [words for words in complaints(contract, wrong) if words not in report]
    assert missed == [], result.stdout


def forbidden(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every pair of importer and imported module that a contract names."""
    match contract["type"]:
        case "forbidden":
            yield from itertools.product(contract["source_modules"], contract["forbidden_modules"])
        case "independence":
            yield from itertools.permutations(contract["modules"], 2)
        case "layers":
            for container in contract.get("containers", [""]):
                layers = [names(layer, container) for layer in contract["layers"]]
                for upper, lower in itertools.combinations(layers, 2):
                    yield from itertools.product(lower, upper)
                for layer, declared in zip(layers, contract["layers"], strict=True):
                    if "|" in declared:  # side by side, and independent of each other
                        yield from itertools.permutations(layer, 2)
        case "acyclic_siblings":
            for parent in contract["ancestors"]:
                yield from itertools.permutations((f"{parent}.one", f"{parent}.other"), 2)
        case other:
            raise AssertionError(f"say here what a contract of type {other} forbids")


def complaints(contract: dict[str, Any], wrong: list[tuple[str, str]]) -> list[str]:
    """What the report must say of these imports. It names one import of each circle."""
    if contract["type"] == "acyclic_siblings":
        return [f"No cycles are allowed in {parent}." for parent in contract["ancestors"]]
    return [
        f"{importer}.spoiled -> {imported}" if is_package(importer) else f"{importer} -> {imported}"
        for importer, imported in wrong
    ]


def is_package(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).is_dir()


def names(layer: str, container: str) -> list[str]:
    """The modules of a layer, in which they stand side by side."""
    return [f"{container}.{name}".strip(".") for name in re.findall(r"[\w.]+", layer)]


def spoil(project: Path, importer: str, imported: str) -> None:
    """Add an import to a module, which may be new, or to a new module `spoiled` of a package."""
    place = project / importer.replace(".", "/")
    module = place / "spoiled.py" if is_package(importer) else place.with_suffix(".py")
    with module.open("a") as file:
        file.write(f"\nimport {imported}\n")
