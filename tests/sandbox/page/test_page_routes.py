"""The files of the page."""

import re
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from urllib.parse import urljoin

import aiohttp
import pytest
from yarl import URL

from sandbox.page.page_routes import STATIC
from tests.sandbox.stage import Stage, open_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(connect=False) as stage:
        yield stage


async def test_every_file_that_the_page_names_is_served_with_its_type(stage: Stage) -> None:
    types = {".js": "javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    seen: set[str] = set()
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{stage.box.address}/") as answer:
            assert answer.content_type == "text/html"
            wanted = set(re.findall(r"\"(/page/[^\"]+)\"", await answer.text()))
        while wanted:
            path = wanted.pop()
            seen.add(path)
            async with client.get(stage.box.address + path) as answer:
                assert answer.status == 200, path
                assert types[PurePosixPath(path).suffix] in answer.content_type
                assert answer.headers["Cache-Control"] == "no-cache"
                imports = re.findall(r"^import .* from \"(\.[^\"]+)\";$", await answer.text(), re.MULTILINE)
            for name in imports:
                wanted |= {urljoin(path, name)} - seen
    served = {f"/page/{file.relative_to(STATIC)}" for file in STATIC.rglob("*") if file.is_file()}
    assert served - seen == {"/page/index.html"}


@pytest.mark.parametrize(
    "path", ["/page/../page_routes.py", "/page/%2e%2e/page_routes.py", "/page/", "/page/none.js"]
)
async def test_nothing_else_is_served(stage: Stage, path: str) -> None:
    url = URL(stage.box.address + path, encoded=True)
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        assert answer.status in (403, 404)


def test_nothing_on_the_page_interprets_text_as_html() -> None:
    scripts = [file.read_text() for file in STATIC.rglob("*.js")]
    assert len(scripts) > 10
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    assert not [found for text in scripts for found in re.findall(forbidden, text)]
