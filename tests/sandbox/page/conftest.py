"""A real browser in front of the page."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _executable(driver: Playwright) -> str | None:
    """The system's Chromium, or the one that `playwright install chromium` put on the machine."""
    named = (shutil.which(name) for name in CANDIDATES)
    own = driver.chromium.executable_path
    return next(filter(None, named), None) or (own if os.path.exists(own) else None)  # noqa: PTH110


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Its driver has an event loop in this thread, so it ends with the module."""
    with sync_playwright() as driver:
        executable = _executable(driver)
        if executable is None:
            reason = "no Chromium is installed (Debian: apt install chromium)"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
        # Chromium's own sandbox refuses to run as root, as continuous integration does.
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"] if as_root else [])
        yield browser
        browser.close()
