"""Takes the pictures of the page: `docs/page-light.webp`, `docs/page-dark.webp` and `docs/page-narrow.webp`.

Run it with `.venv/bin/python docs/screenshot.py` after `make test` has prepared the environment. It needs
Chromium. The conversation is real: the demo runs, and the shipped models write the verses.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

DOCS = Path(__file__).parent

Scheme = Literal["light", "dark"]

WIDE: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 780}
WAIT_MS = 60_000

LINES = (
    "/verse seed: To be, or not to be lines: 7 number: 3",
    "/verse seed: the raven temperature: 0.7 lines: 3 model: shakespeare-word number: 7",
)
UNFINISHED = "/verse seed: Now is the winter temperature: 0.9"

PICTURES: tuple[tuple[str, ViewportSize, Scheme, str], ...] = (
    ("page-light", WIDE, "light", UNFINISHED),
    ("page-dark", WIDE, "dark", UNFINISHED),
    ("page-narrow", NARROW, "light", ""),
)
"""Each picture's name, size, colors, and what is typed."""


def main() -> None:
    """Have the conversation and take the pictures."""
    with _demo() as address, sync_playwright() as driver:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        # Chromium's own sandbox refuses to run as root.
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=executable, args=as_root)
        _ask(_opened(browser, address, WIDE, "light"))
        for name, size, scheme, line in PICTURES:
            page = _opened(browser, address, size, scheme)
            page.keyboard.type(line)
            _save(page, DOCS / f"{name}.webp")
        browser.close()


@contextmanager
def _demo() -> Iterator[str]:
    """Run the demo with a store of its own while the context lasts; the page's address."""
    with tempfile.TemporaryDirectory() as store:
        demo = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--no-browser"],
            env=os.environ | {"SHAKELM_STORE": store},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert demo.stdout  # noqa: S101
            found = (re.search(r"Chat with the bot at (\S+)", line) for line in demo.stdout)
            yield next(match[1] for match in found if match)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait()


def _opened(browser: Browser, address: str, size: ViewportSize, scheme: Scheme) -> Page:
    page = browser.new_page(viewport=size, device_scale_factor=2, color_scheme=scheme)
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    expect(page.locator("body[data-ready]")).to_be_attached(timeout=WAIT_MS)
    return page


def _ask(page: Page) -> None:
    for count, line in enumerate(LINES, 1):
        page.keyboard.type(line)
        page.keyboard.press("Enter")
        expect(page.locator("#messages .embed-footer")).to_have_count(count, timeout=WAIT_MS)


def _save(page: Page, path: Path) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(path, lossless=True, quality=100, method=6)
    print(path, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
