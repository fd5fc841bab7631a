"""Files as the values of options."""

import base64
from pathlib import Path

import discord
import pytest

from sandbox.client import typed_input
from sandbox.sandbox_error import SandboxError
from sandbox.world.ids import VERSES_ID
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import open_stage


def with_files(bot: LittleBot) -> None:
    tree = bot.tree

    @tree.command(description="Reads a file")
    async def words(
        interaction: discord.Interaction, text: discord.Attachment, more: discord.Attachment | None = None
    ) -> None:
        content = (await text.read()).decode()
        both = content + ((await more.read(use_cached=True)).decode() if more else "")
        await interaction.response.send_message(f"{text.filename} {text.content_type} {text.size} {both}")


def encoded(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_files_as_options(tmp_path: Path) -> None:
    async with open_stage(prepare=with_files) as stage:
        files = {"text": encoded("../to be.txt", b"To be "), "more": encoded("b", b"or not")}
        answer = await stage.control("POST", "/commands", {"text": "/words", "files": files})
        message = await stage.done(stage.started(answer))
        assert message.content == "to_be.txt text/plain; charset=utf-8 6 To be or not"
        for text, given, words in (
            ("/words", {}, "The option text is required."),
            ("/words text: /etc/hostname", {}, "takes a file; attach one instead"),
            (
                "/words",
                {"text": files["text"], "other": files["text"]},
                "no option 'other' that takes a file",
            ),
            ("/words", {"text": encoded("big", bytes(10 * 2**20 + 1))}, "big is larger than 10 MiB"),
            ("/words", {"text": {"name": "x", "content": "x"}}, "files.text.content"),
        ):
            refused = await stage.control("POST", "/commands", {"text": text, "files": given})
            assert refused.status_code == 400 and words in refused.json()["error"]
        path = tmp_path / "my lines.txt"
        path.write_text("typed")
        student = stage.user("student")
        typed = typed_input.use_command(stage.world, student, VERSES_ID, f"/words text: {path}", paths=True)
        assert (await stage.done(typed)).content.endswith("5 typed")
        with pytest.raises(SandboxError, match="'/nowhere': No such file or directory"):
            typed_input.use_command(stage.world, student, VERSES_ID, "/words text: /nowhere", paths=True)
