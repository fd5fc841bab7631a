"""Takes the pictures of the page: `docs/page-light.webp`, `page-dark.webp` and `page-narrow.webp`, and the
animation `page-verse.webp`.

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
WIDE: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 780}
SMALL: ViewportSize = {"width": 800, "height": 520}
WAIT_MS = 60_000

LINES = (
    "/verse seed: To be, or not to be lines: 7 number: 3",
    "/verse seed: the raven temperature: 0.7 lines: 3 model: shakespeare-word number: 7",
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ANIMATED = "/verse seed: O gentle night lines: 4 number: 5"
FRAME_MS, LAST_FRAME_MS = 150, 4000
UNFINISHED = "/verse seed: Now is the winter temperature: 0.9"


def main() -> None:
    """Have the conversation and take the pictures."""
    with _demo() as address, sync_playwright() as driver:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        # Chromium's own sandbox refuses to run as root.
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=executable, args=as_root)
        _ask(_opened(browser, address, WIDE, "light"))
        for scheme in SCHEMES:
            page = _opened(browser, address, WIDE, scheme)
            page.keyboard.type(UNFINISHED)
            _save([_frame(page)], "page-" + scheme)
        _save([_frame(_opened(browser, address, NARROW, "light"))], "page-narrow")
        _save(_being_asked(_opened(browser, address, SMALL, "light", scale=1)), "page-verse")
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


def _opened(
    browser: Browser, address: str, size: ViewportSize, scheme: Literal["light", "dark"], scale: int = 2
) -> Page:
    page = browser.new_page(viewport=size, device_scale_factor=scale, color_scheme=scheme)
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    expect(page.locator("body[data-ready]")).to_be_attached(timeout=WAIT_MS)
    return page


def _ask(page: Page) -> None:
    for count, line in enumerate(LINES, 1):
        page.keyboard.type(line)
        page.keyboard.press("Enter")
        expect(page.locator("#messages .embed-footer")).to_have_count(count, timeout=WAIT_MS)


def _being_asked(page: Page) -> list[Image.Image]:
    """A verse being asked for, as a person types."""
    frames = [_frame(page)]
    for part in re.findall(r".{1,3}", ANIMATED):
        page.keyboard.type(part)
        frames.append(_frame(page))
    page.keyboard.press("Enter")
    answers = page.locator("#messages .embed-footer")
    expect(answers).to_have_count(len(LINES) + 1, timeout=WAIT_MS)
    return [*frames, _frame(page)]


def _frame(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _save(frames: list[Image.Image], name: str) -> None:
    """Save a picture, or an animation whose last frame stays longer."""
    path = DOCS / f"{name}.webp"
    durations = [FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS]
    frames[0].save(
        path,
        lossless=True,
        quality=100,
        method=6,
        save_all=len(frames) > 1,
        append_images=frames[1:],
        duration=durations,
        loop=0,
    )
    print(path, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
