"""Writes `docs/commands.md`: one example of each reply of the bot, as the demo prints it.

Run it with `.venv/bin/python docs/commands.py` after `make demo`; it trains a small model on the way, which
takes some minutes. The conversations are real: the bot, its workers and the queue, before a stand-in for
Discord.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

INTRODUCTION = """\
# The bot's commands

One example of each reply, as `make demo` shows it; `docs/commands.py` writes this page. Lines after `>` are
what somebody typed or pressed: `!press` is a button, `!submit` a form, `!menu` an entry of a message's menu.
In square brackets stand a message's buttons. Everything after `/admin` is for teachers.
"""

STUDENT = {
    "Verses": (
        "/verse seed: To be, or not to be lines: 4 number: 3",
        "!press Again",
        "!press Continue",
        "!press Hotter",
        "!press Change…",
        "!submit Seed: Now is the winter Lines: 3",
        "!press Discard",
        "/verse seed: My lord style: wild lines: 3 number: 5 private: True",
        '!menu "Continue as verse" winter',
    ),
    "Lessons": (
        "/temperatures seed: To be number: 4 lines: 2",
        "/next text: to be or not to model: shakespeare-word",
        "/tokens text: To be, or not to tweet model: shakespeare-word",
        "/architectures",
        "/models",
        "/curves",
    ),
    "Help and privacy": ("/help", "/help topic: privacy", "/forget", "!press Forget me"),
}

TEACHER = {
    "Trainings": (
        "/admin train architecture: lstm vocabulary: char epochs: 2 name: little number: 1",
        "!press Start",
        "/admin status",
    ),
    "Models": (
        "/admin promote model: shakespeare-word@1",
        "/admin rollback",
    ),
    "The queue": ("/admin queue see", "/admin pause", "/admin resume", "/admin queue clear"),
    "The server": (
        "/admin limits",
        "/admin limits per_minute: 5 open_per_person: 3 longest_verse: 20",
        "/admin retention days: 30",
        "/admin log channel: #verses",
        "/admin export",
    ),
}


def main() -> None:
    """Have both conversations and write the page."""
    sections = [INTRODUCTION, "## For everybody\n", *_conversation("student", STUDENT)]
    sections += ["## For teachers\n", *_conversation("teacher", TEACHER)]
    page = Path(__file__).with_suffix(".md")
    page.write_text("\n".join(sections), encoding="utf-8")
    print(page)


def _conversation(user: str, subjects: dict[str, tuple[str, ...]]) -> list[str]:
    """The conversation of one user, in one demo, as a section of Markdown for each subject."""
    lines = [line for subject in subjects.values() for line in subject]
    say = [argument for line in lines for argument in ("--say", line)]
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "sandbox", "--as", user, *say],
            env=os.environ | {"SHAKELM_STORE": folder},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    sections = []
    for subject, following in zip(subjects.items(), [*list(subjects.values())[1:], ()], strict=True):
        title, own = subject
        start = output.index(f"> {own[0]}")
        end = output.index(f"> {following[0]}", start) if following else len(output)
        sections.append(f"### {title}\n\n```text\n{output[start:end].rstrip()}\n```\n")
        output = output[end:]
    return sections


if __name__ == "__main__":
    main()
