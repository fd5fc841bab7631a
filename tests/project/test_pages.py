"""Pages that are made from the code say what the code says."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_lifetimes_is_that_of_the_table() -> None:
    page = runpy.run_path(str(DOCS / "retention_page.py"))["page"]
    assert (DOCS / "retention.md").read_text(encoding="utf-8") == page()
