"""How soon the page of the sandbox shows itself, and a message after the bot sent it.

Run it with `.venv/bin/python benchmarks/page_speed.py`. It needs Chromium. A message is sent through the REST
API, as a bot sends it, and counts as shown when its element is in the page. A burst goes past
the limits of rates.
"""

import asyncio
import os
import shutil
import statistics
import time
from typing import Any

import aiohttp
from playwright.async_api import Page, async_playwright
from rich.console import Console
from rich.table import Table

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.validation import parse_form
from sandbox.server import Sandbox, serving
from sandbox.world import channel_messages
from sandbox.world.ids import VERSES_ID
from sandbox.world.starting_guild import BOT

VIEWS = 7
SINGLE = 30
BURST = 200

WATCH = """
() => {
  window.delays = [];
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) {
      const sent = Number(node.querySelector?.(".content")?.textContent);
      if (sent) window.delays.push(Date.now() - sent);
    }
  }).observe(document.getElementById("messages"), { childList: true });
}
"""
"""Notes the milliseconds from a message's text, the time when it was sent, to its element."""


async def main() -> None:
    """Measure and print the table."""
    table = Table("what", "median", "worst")
    async with serving() as box, async_playwright() as driver:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = await driver.chromium.launch(executable_path=executable, args=as_root)
        page = await browser.new_page()
        _add(table, f"first view, empty channel, {VIEWS} times", await _views(page, box))
        await page.evaluate(WATCH)
        for _ in range(SINGLE):
            await _send_by_rest(box)
        _add(table, f"one message, {SINGLE} times", await _delays(page, SINGLE))
        for _ in range(BURST):
            _send(box)
        _add(table, f"each of {BURST} messages at once", await _delays(page, SINGLE + BURST, SINGLE))
        await _send_by_rest(box)
        _add(table, f"one message after {BURST}", await _delays(page, SINGLE + BURST + 1, SINGLE + BURST))
        _add(table, f"first view, {BURST} messages, {VIEWS} times", await _views(page, box))
        await browser.close()
    Console(width=110).print(table)


async def _views(page: Page, box: Sandbox) -> list[float]:
    """Milliseconds from the request of the page until its channel is drawn."""
    views = []
    for _ in range(VIEWS):
        started = time.perf_counter()
        await page.goto(box.address)
        await page.wait_for_selector("body[data-ready]", state="attached")
        views.append((time.perf_counter() - started) * 1000)
    return views


async def _send_by_rest(box: Sandbox) -> None:
    url = f"{box.api_base}/channels/{VERSES_ID}/messages"
    headers = {"Authorization": f"Bot {box.world.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            async with session.post(url, json={"content": str(time.time() * 1000)}) as answer:
                body: dict[str, Any] = await answer.json()
                if answer.status == 200:
                    return
            await asyncio.sleep(body["retry_after"])


def _send(box: Sandbox) -> None:
    form = parse_form(MessageForm, {"content": str(time.time() * 1000)})
    channel_messages.send(box.world, VERSES_ID, BOT, form, [])


async def _delays(page: Page, count: int, after: int = 0) -> list[float]:
    """The delays of the messages after so many, once there are `count`."""
    while True:
        delays: list[float] = await page.evaluate("window.delays")
        if len(delays) >= count:
            return delays[after:]


def _add(table: Table, what: str, milliseconds: list[float]) -> None:
    table.add_row(what, f"{statistics.median(milliseconds):.0f} ms", f"{max(milliseconds):.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
