"""The import contracts of pyproject.toml: kept by the code, and able to catch a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shakelm", "worker", "bot", "sandbox")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
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


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("shakelm", "worker"),
        ("shakelm", "bot"),
        ("worker", "bot"),
        ("shakelm", "sandbox"),
        ("worker", "sandbox"),
        ("bot", "sandbox"),
        ("sandbox", "shakelm"),
        ("sandbox", "worker"),
        ("sandbox", "bot"),
    ],
)
def test_a_wrong_import_breaks_them(project: Path, importer: str, imported: str) -> None:
    (project / importer / "spoiled.py").write_text(f"import {imported}\n")
    result = lint_imports(project)
    assert result.returncode == 1
    assert f"{importer}.spoiled -> {imported}" in result.stdout
