"""The layout of the tree: unique names, folders of a readable size, and tests that mirror the packages."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shakelm", "worker", "bot", "sandbox")
MAX_MODULES = 12
SHARED_NAMES = {"__init__", "__main__", "settings", "conftest"}
"""Names that mean the same thing in each package."""

WITHOUT_MODULE: dict[str, str] = {
    "sandbox/clients/test_clients.py": "runs bots on other libraries",
    "sandbox/page/test_acceptance.py": "drives the page in a browser, before the real bot and workers",
    "sandbox/page/test_components.py": "holds `static/messages/` in a browser, before a small bot",
    "sandbox/page/test_modals.py": "holds `static/composer/modal.js` and its fields in a browser",
    "sandbox/page/test_markdown.py": "holds `static/messages/markdown.js` in a browser",
    "sandbox/schemas/test_described_forms.py": "holds all forms against Discord's description",
    "sandbox/test_program.py": "runs `python -m sandbox`",
    "worker/jobs/test_registration.py": "holds requests and jobs against each other",
    "worker/trainings/test_training_states.py": "the second file of tests about training_records",
}
"""Test files that mirror no module, and why."""


def modules(folder: str) -> Iterator[Path]:
    return (path.relative_to(ROOT) for path in sorted((ROOT / folder).rglob("*.py")))


def test_no_two_modules_have_one_name() -> None:
    found = [
        path
        for folder in (*PACKAGES, "benchmarks", "docs", "tests/support")
        for path in modules(folder)
        if path.stem not in SHARED_NAMES
    ]
    assert len(found) > 100
    counts = Counter(path.stem for path in found)
    assert [str(path) for path in found if counts[path.stem] > 1] == []


@pytest.mark.parametrize("folder", [*PACKAGES, "tests/support"])
def test_no_folder_has_more_modules_than_fit_on_a_screen(folder: str) -> None:
    counts = Counter(str(path.parent) for path in modules(folder) if path.stem != "__init__")
    assert counts
    assert {parent: count for parent, count in counts.items() if count > MAX_MODULES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_file_of_tests_stands_where_its_module_stands(package: str) -> None:
    files = [
        path.relative_to("tests") for path in modules(f"tests/{package}") if path.name.startswith("test_")
    ]
    assert files
    lost = [str(path) for path in files if not mirrors_a_module(path) and str(path) not in WITHOUT_MODULE]
    assert lost == []


def test_no_exception_is_out_of_date() -> None:
    for file in WITHOUT_MODULE:
        assert (ROOT / "tests" / file).exists(), file
        assert not mirrors_a_module(Path(file)), file


def mirrors_a_module(test: Path) -> bool:
    name = test.stem.removeprefix("test_")
    return any((ROOT / test.parent / f"{known}.py").exists() for known in (name, f"__{name}__"))
