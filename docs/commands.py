"""Writes `docs/commands.md`: one example of each reply of the bot, as the demo prints it.

Run it with `.venv/bin/python docs/commands.py` after `make demo`. It trains small models, which takes about
two minutes. The conversations are real: the bot, the workers, and the queue run against the sandbox.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

INTRODUCTION = """\
# The bot's commands

One example of each reply, as `make demo` shows it; `docs/commands.py` writes this page. A line after `>` is
what somebody typed or pressed: `!press` presses a button, `!submit` sends a form, `!menu` chooses from a
message's menu, `!wait` waits until a message has that text. A message's buttons are in square brackets.
Everything after `/admin` is for teachers.
"""

SMALL_MODEL = "train little --architecture lstm --vocabulary char --units 32 --epochs 1"
"""A teacher's model for the lists. `/admin remove` removes it later."""

LIFTED = "/admin limits per_minute: 60"
"""Comes before the student's lines, which are faster than a person types. It is not shown."""

STUDENT = {
    "Verses": (
        "/verse seed: To be, or not to be lines: 4 number: 3",
        "!press Again",
        "!press Continue",
        "!press Hotter",
        "!press Change…",
        "!submit How the verse begins: Now is the winter Lines, from 1 to 40: 3",
        "!press Discard",
        "/verse seed: My lord style: wild lines: 3 number: 5 private: True",
        '!menu "Continue as verse" To be',
    ),
    "Lessons": (
        "/temperatures seed: To be number: 4 lines: 2",
        "/next text: to be or not to model: shakespeare-word",
        "!press be",
        "!press Undo",
        "/tokens text: To be, or not to tweet model: shakespeare-word",
        "/architectures",
        "/models",
        "/curves",
    ),
    "Help and privacy": ("/help", "/help topic: privacy", "/forget", "!press Forget me"),
}

TEACHER = {
    "Models": (
        "/admin promote model: shakespeare-word@3",
        "/admin rollback",
        "/admin remove model: little@1",
        "!press Remove little@1",
    ),
    "The queue": ("/admin queue see", "/admin pause", "/admin resume", "/admin queue clear"),
    "The server": (
        "/admin limits",
        "/admin limits per_minute: 5 open_per_person: 3 longest_verse: 20",
        "/admin retention days: 30",
        "/admin log channel: #verses",
        "/admin log off: true",
        "/admin export",
    ),
    "Trainings": (
        "/admin train architecture: lstm vocabulary: char epochs: 20 name: sonnets number: 1",
        "!press Start",
        "!wait Sample after epoch",
        "/admin status",
        "/admin train preset: quick name: another number: 1",
        "!press Start",
        "!wait Training another",
        "/admin training list",
        "/admin training cancel training: another",
        "/admin training stop training: sonnets",
        "!wait sonnets is complete",
        "!press Promote sonnets@1",
    ),
}


def main() -> None:
    """Have both conversations and write the page."""
    sections = [INTRODUCTION, "## For everybody\n", *_conversation("student", STUDENT, LIFTED)]
    sections += ["## For teachers\n", *_conversation("teacher", TEACHER)]
    page = Path(__file__).with_suffix(".md")
    page.write_text("\n".join(sections), encoding="utf-8")
    print(page)


def _conversation(user: str, subjects: dict[str, tuple[str, ...]], *before: str) -> list[str]:
    """One user's conversation with the demo, as a Markdown section for each subject."""
    lines = [*before, *(line for subject in subjects.values() for line in subject)]
    say = [argument for line in lines for argument in ("--say", line)]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"SHAKELM_STORE": folder}
        shakelm = str(Path(sys.executable).with_name("shakelm"))
        subprocess.run([shakelm, *SMALL_MODEL.split()], env=environment, check=True, capture_output=True)  # noqa: S603
        output = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "sandbox", "--as", user, *say],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    sections = []
    for subject, following in zip(subjects.items(), [*list(subjects.values())[1:], ()], strict=True):
        title, own = subject
        start = output.index(f"> {own[0]}")
        end = output.index(f"> {following[0]}", start) if following else len(output)
        shown = re.sub(r": /\S+(?=])", "", output[start:end].rstrip())  # a new folder each time
        sections.append(f"### {title}\n\n```text\n{shown}\n```\n")
        output = output[end:]
    return sections


if __name__ == "__main__":
    main()
