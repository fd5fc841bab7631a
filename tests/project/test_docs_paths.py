"""The pages name files and folders that exist.

A page may shorten a path where the rest is clear: `snapshot.py` is `worker/queue/snapshot.py`. The names of
modules are unique (`test_layout`), so one file or folder has to end with the path.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

NOT_IN_THE_TREE = {
    "FILE.png": "the reader chooses it",
    "FILE.keras": "the reader chooses it",
    "shakespeare.txt": "the downloaded corpus",
}
"""Files that the pages name but this tree does not have, and why."""

PERHAPS_IN_THE_TREE = {"es-ES.toml", "es-419.toml"}
"""Translations that the pages name as examples. Somebody may write them."""

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
PATH = re.compile(r"(?:[\w.-]+/)+|(?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|yml|txt|json|svg|png|keras)")


def paths_in_code(page: str) -> Iterator[str]:
    """The words of a page's code spans that are paths of files, or of folders with a slash at the end."""
    for span in CODE.findall(FENCED.sub("", page)):
        yield from filter(PATH.fullmatch, span.split())


@pytest.fixture(scope="module")
def tree() -> set[str]:
    """All files and folders, without those of tools; folders end with a slash."""
    found = set()
    for path in ROOT.rglob("*"):
        name = path.relative_to(ROOT).as_posix()
        if not re.match(r"\.(?!ci/|env\.example)|.*__pycache__|.*egg-info|build/", name):
            found.add(f"{name}/" if path.is_dir() else name)
    return found


def exists(path: str, tree: set[str]) -> bool:
    return path in tree or any(known.endswith(f"/{path}") for known in tree)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_the_code_of_a_page_exists(page: Path, tree: set[str]) -> None:
    paths = (
        set(paths_in_code(page.read_text(encoding="utf-8"))) - NOT_IN_THE_TREE.keys() - PERHAPS_IN_THE_TREE
    )
    assert sorted(path for path in paths if not exists(path, tree)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_pages_name_many_paths(tree: set[str]) -> None:
    named = {path for page in PAGES for path in paths_in_code(page.read_text(encoding="utf-8"))}
    assert len(named) > 80
    assert NOT_IN_THE_TREE.keys() | PERHAPS_IN_THE_TREE <= named, "an exception is out of date"
    assert not [path for path in NOT_IN_THE_TREE if exists(path, tree)]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("worker/queue/snapshot.py", True),
        ("snapshot.py", True),
        ("jobs/", True),
        ("worker/snapshot.py", False),
        ("napshot.py", False),
        ("worker/jobs.py", False),
        ("asking/", False),
    ],
)
def test_a_path_exists_whole_or_by_its_end(path: str, known: bool, tree: set[str]) -> None:
    assert PATH.fullmatch(path)
    assert exists(path, tree) is known
