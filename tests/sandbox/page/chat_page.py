"""A person in front of the page: what they type and what they see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright import async_api, sync_api
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

WAIT_MS = 60_000
sync_api.expect.set_options(timeout=WAIT_MS)
async_api.expect.set_options(timeout=WAIT_MS)

LATEST_STEPS = 40
"""More Tab keys than there are stops between the composer and the newest message's buttons."""


class ChatPage:
    """The page of one member in one tab. Errors of the page fail the test at its end."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)

    def _note(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.errors.append(line.text)

    def type(self, *keys: str) -> None:
        """Type texts and press keys such as `<Enter>`."""
        for key in keys:
            if re.fullmatch(r"<\w+>", key):
                self.page.keyboard.press(key[1:-1])
            else:
                self.page.keyboard.type(key)

    def use(self, line: str) -> None:
        """Type a whole command and send it."""
        self.page.evaluate("document.getElementById('line').focus()")
        self.type(line)
        # As in Discord, the first Enter takes the suggestion that is marked.
        while self.page.evaluate("document.activeElement.hasAttribute('aria-activedescendant')"):
            self.type("<Enter>")
        self.type("<Enter>")
        expect(self.page.locator("#line")).to_be_visible()

    @property
    def messages(self) -> Locator:
        return self.page.locator("#messages > li")

    @property
    def newest(self) -> Locator:
        return self.messages.last

    @property
    def suggestions(self) -> Locator:
        return self.page.locator("#suggestion-list [role=option]")

    def message(self, text: str) -> Locator:
        """The newest message with a text."""
        return self.messages.filter(has_text=text).last

    @property
    def focused(self) -> str:
        """The text or the label of what has the focus."""
        name = "element.getAttribute('aria-label') || element.textContent"
        return str(self.page.evaluate(f"(element => ({name}).trim())(document.activeElement)"))

    def step_back_to(self, name: str) -> None:
        """Go back with the keyboard until something of that name has the focus."""
        for _ in range(LATEST_STEPS):
            if self.focused == name:
                return
            self.page.keyboard.press("Shift+Tab")
        raise AssertionError(f"the keyboard does not reach {name!r}")

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def opened(
    profile: Browser | BrowserContext, address: str, member: str = "student", **options: Any
) -> Iterator[ChatPage]:
    """The page as a member has it, in a tab of a profile. A browser gives it a profile of its own."""
    chat = ChatPage(profile.new_page(**options))
    try:
        chat.page.goto(f"{address}/?as={member}")
        expect(chat.page.locator("body[data-ready]")).to_be_attached()
        yield chat
        assert chat.errors == []
    finally:
        chat.page.close()
