"""People in front of the sandbox, by its control API."""

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import requests

from tests.support.discord_messages import embed, footer, plain
from tests.support.waiting import DEADLINE_S


def is_final(message: dict[str, Any]) -> bool:
    """Whether a message is more than a waiting notice."""
    return not message["content"].startswith("⏳") and bool(message["content"] or message["embeds"])


@dataclass(frozen=True)
class Verse:
    """A verse as it stands in a message: its text without Discord's markdown, and its receipt.

    `freedom` is what the receipt says of a style and of truncations.
    """

    text: str
    model: str
    temperature: float
    number: int
    seconds: float
    freedom: str
    continued: bool
    unknown: str

    RECEIPT: ClassVar = re.compile(
        r"(\S+) · temperature (\S+) · number (\d+) · (\S+) s((?: · (?:style|top-k|top-p|min-p) \S+)*)"
        r"( · continued)?(?: · may differ on another machine)?(?: · not in the model's vocabulary: (.+))?"
    )

    @classmethod
    def read(cls, message: dict[str, Any]) -> "Verse":
        """The verse of a message."""
        receipt = cls.RECEIPT.fullmatch(footer(message))
        assert receipt, message
        model, temperature, number, seconds, freedom, continued, unknown = receipt.groups()
        return cls(
            plain(embed(message)["description"]),
            model,
            float(temperature),
            int(number),
            float(seconds),
            freedom.removeprefix(" · "),
            bool(continued),
            unknown or "",
        )


def upload(name: str, content: bytes) -> dict[str, str]:
    """A file as the value of an option: `discord.say("/…", files={"option": upload(…)})`."""
    return {"name": name, "content": base64.b64encode(content).decode()}


class Discord:
    """People in front of the sandbox, by its control API."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.state = self.get("state")

    def get(self, path: str, **query: Any) -> Any:
        """The JSON that the control API gives."""
        response = requests.get(f"{self.address}/sandbox/{path}", params=query, timeout=30)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        """What the control API says to that."""
        return requests.post(f"{self.address}/sandbox/{path}", json=body, timeout=30)

    def clear_faults(self) -> None:
        """Take back the faults that still wait for requests."""
        requests.delete(f"{self.address}/sandbox/faults", timeout=30).raise_for_status()

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        """What the control API made of that, as JSON."""
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def say(self, text: str, user: str = "student", **more: Any) -> str:
        """Type a command; returns the interaction's id."""
        response = self.post("commands", {"user": user, "text": text, **more})
        assert response.status_code == 200, response.text
        return str(response.json()["interaction_id"])

    def refusal(self, text: str, user: str = "student", **more: Any) -> str:
        """Type a command that Discord's own client refuses; returns what it says."""
        response = self.post("commands", {"user": user, "text": text, **more})
        assert response.status_code == 400, response.text
        return str(response.json()["error"])

    def answer(self, interaction: str, until: Callable[[dict[str, Any]], bool] = is_final) -> dict[str, Any]:
        """The answer to an interaction, once it is as waited for; where it is deleted, what followed."""
        edits, end = -1, time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            seen = self.get(f"interactions/{interaction}", wait_s=10, after_edits=edits)
            assert seen["state"] != "failed", "the bot did not answer in time"
            shown = seen["message"] or next(reversed(seen["followups"]), None)
            if shown and until(shown):
                return dict(shown)
            edits = seen["edits"]
        raise AssertionError(f"there was never such an answer, but {seen}")

    def ask(self, text: str, user: str = "student", **more: Any) -> dict[str, Any]:
        """Type a command and wait for its final answer."""
        return self.answer(self.say(text, user, **more))

    def act(self, path: str, **body: Any) -> str:
        """Do something by the control API that starts an interaction; returns the interaction's id."""
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return str(response.json()["interaction_id"])

    def refused(self, path: str, **body: Any) -> str:
        """What the control API says to something that Discord's own client would not do."""
        response = self.post(path, body)
        assert response.status_code == 400, response.text
        return str(response.json()["error"])

    def press(self, button: str, message_id: str | None = None, user: str = "student") -> str:
        """Press a button, named by label or custom id; by default of the newest message that has it."""
        return self.act("presses", user=user, button=button, message_id=message_id)

    def select(
        self,
        values: list[str],
        message_id: str | None = None,
        select: str | None = None,
        user: str = "student",
    ) -> str:
        """Pick values or labels in a select."""
        return self.act("selections", user=user, values=values, select=select, message_id=message_id)

    def modal(self, interaction: str) -> dict[str, Any]:
        """The modal that the bot opens in answer to an interaction."""
        seen = self.get(f"interactions/{interaction}", wait_s=10)
        assert seen["modal"], seen
        return dict(seen["modal"])

    def submit(self, interaction: str, values: dict[str, str | list[str]], user: str = "student") -> str:
        """Fill in the modal that answered an interaction, by labels or custom ids, and send it."""
        self.modal(interaction)
        return self.act("modals", user=user, interaction_id=interaction, values=values)

    def menu(self, name: str, user: str = "student", **target: str) -> str:
        """Use a context menu command on `message_id` or on `member`."""
        return self.act("menus", user=user, name=name, **target)

    def complete(self, text: str, user: str = "student", **more: Any) -> list[dict[str, Any]]:
        """The completions that the bot offers for the last option of a line."""
        response = self.post("autocomplete", {"user": user, "text": text, **more})
        assert response.status_code == 200, response.text
        return list(response.json()["choices"])

    def join(self, name: str) -> None:
        """Somebody joins the server."""
        response = self.post("members", {"name": name})
        assert response.status_code == 200, response.text

    def locale(self, locale: str, user: str | None = None) -> None:
        """Set the language of a member, or of the server."""
        response = self.post("locales", {"user": user, "locale": locale})
        assert response.status_code == 200, response.text

    def verse(self, options: str = "") -> Verse:
        """Type `/verse` with these options and wait for the verse."""
        return Verse.read(self.ask(f"/verse {options}"))

    def messages(self, viewer: str) -> list[dict[str, Any]]:
        """What somebody sees in the channel."""
        return list(self.get("messages", viewer=viewer)["messages"])

    def message(self, message: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A message in the channel, once it is as it is waited for."""
        event, end = -1, time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            seen = self.get("messages", viewer="teacher", after_event=event, wait_s=10)
            for found in seen["messages"]:
                if found["id"] == message and until(found):
                    return dict(found)
            event = seen["event"]
        raise AssertionError(f"message {message} never was so, but {seen['messages']}")
