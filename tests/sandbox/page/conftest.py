"""A real browser in front of the page."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser as AsyncBrowser
from playwright.async_api import Page, async_playwright, expect
from playwright.sync_api import Browser, sync_playwright

from tests.sandbox.page.chat_page import WAIT_MS
from tests.sandbox.stage import Stage

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def launching() -> dict[str, Any]:
    """How to launch the system's Chromium. Without one, tests are skipped, and fail where CI is set."""
    executable = next(filter(None, map(shutil.which, CANDIDATES)), None)
    if executable is None:
        reason = "no Chromium is installed (Debian: apt install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    # Chromium's own sandbox refuses to run as root, as continuous integration does.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"executable_path": executable, "args": ["--no-sandbox"] if as_root else []}


@pytest.fixture(scope="module")
def browser(launching: dict[str, Any]) -> Iterator[Browser]:
    """A headless Chromium. Its driver has an event loop in this thread, so it ends with the module."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**launching)
        yield browser
        browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own_browser(launching: dict[str, Any]) -> AsyncIterator[AsyncBrowser]:
    """A headless Chromium for tests that share the module's event loop with a bot."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(**launching)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(stage: Stage, own_browser: AsyncBrowser) -> AsyncIterator[Page]:
    """The page of the student on the test's own `stage`. Errors of the page fail the test at its end."""
    async with await own_browser.new_context() as context:
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(WAIT_MS)
        await page.goto(stage.box.address)
        await expect(page.locator("body[data-ready]")).to_be_attached()
        yield page
        assert errors == []
