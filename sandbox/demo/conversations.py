"""The ways to talk to the bot in the demo: on the page, in a terminal, or by lines that are given."""

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from sandbox.client import members
from sandbox.server import Sandbox
from sandbox.terminal import chat

Conversation = Callable[[Sandbox], Awaitable[None]]

SECOND_STUDENT = "classmate"


def by_lines(user: str, lines: Sequence[str]) -> Conversation:
    """Type the lines as a member, show the answers, and end."""

    async def talk(box: Sandbox) -> None:
        # An address would be dead once the demo has ended.
        files = Path(tempfile.mkdtemp(prefix="sandbox-files-"))
        member = box.world.users[user]
        for line in lines:
            changed = chat.as_member(box.world, line)
            member = changed or member
            if changed is None:
                await chat.say(box.world, member, line, lambda text: print(text, flush=True), files=files)
        _remove_if_empty(files)

    return talk


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def in_terminal(user: str) -> Conversation:
    """Let a person chat in the terminal until they leave."""

    async def talk(box: Sandbox) -> None:
        await chat.talk(box.world, box.world.users[user])

    return talk


def on_page(user: str, *, open_browser: bool) -> Conversation:
    """Name the page's address, open it, and serve it until a signal ends the demo."""

    async def talk(box: Sandbox) -> None:
        members.join(box.world, SECOND_STUDENT)
        query = "" if user == "student" else "?" + urlencode({"as": user})
        address = f"{box.address}/{query}"
        print(f"Chat with the bot at {address} (Ctrl-C ends everything)", flush=True)
        if open_browser and _has_screen():
            # Some browsers keep their starter waiting.
            await asyncio.to_thread(webbrowser.open, address)
        await asyncio.Event().wait()

    return talk


def _has_screen() -> bool:
    """Whether a browser would open in a window: one in the terminal would take the terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
