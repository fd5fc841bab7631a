"""Lines that begin with an exclamation mark."""

import asyncio
from pathlib import Path

import pytest

from sandbox.sandbox_error import SandboxError
from tests.sandbox.bot_with_buttons import replies, with_buttons
from tests.sandbox.stage import open_stage


async def test_say_does_what_a_person_does_with_the_mouse(tmp_path: Path) -> None:
    async with open_stage(prepare=with_buttons) as stage:
        (tmp_path / "lines.txt").write_text("from a file")
        assert (await replies(stage, "/buttons"))[1].splitlines()[2:] == [
            "choose",
            "[Change it] [Later]",
            "[Kind: Word, Char]",
        ]
        assert (await replies(stage, "!press change it"))[1].splitlines() == [
            "[Change]",
            "│ Seed: to be",
            "│ How many: 4",
            "(!submit FIELD: VALUE … submits it)",
        ]
        sent = (await replies(stage, "!submit how many: 7 Seed: or not: to be"))[1]
        assert sent.splitlines() == ["Student filled in Change", "shakelm [APP]", "or not: to be x 7"]
        assert "at last" in (await replies(stage, "!press Later"))[2]
        assert "it is Char" in (await replies(stage, "!select Kind: Char"))[1]
        assert "at last …" in (await replies(stage, '!menu "Go on with it" at last'))[1]
        assert "at last … …" in (await replies(stage, "!menu go on with it"))[1]
        message = stage.world.messages[next(iter(stage.world.messages))]
        assert "it is Char …" in (await replies(stage, f"!menu Go on with it {message.id}"))[1]
        assert (await replies(stage, "!locale de"))[1] == "Student's language is de now."
        assert "teacher speaks de" in (await replies(stage, "!menu Who @teacher"))[1]
        assert "from a file" in (await replies(stage, f"/reads text: {tmp_path / 'lines.txt'}"))[1]
        assert "!press" in (await replies(stage, "!help"))[1]


async def test_say_waits_for_a_message() -> None:
    async with open_stage() as stage:
        waiting = asyncio.create_task(replies(stage, "!wait HELLO nurse"))
        await replies(stage, "/hello name: Romeo")
        stage.type("/secret", "teacher")
        assert not waiting.done()
        stage.type("/hello name: Nurse", "teacher")
        line, message = await waiting
        assert line == "> !wait HELLO nurse"
        assert message.splitlines() == ["Teacher used /hello", "shakelm [APP]", "hello Nurse at 0.5"]
        assert "hello Romeo at 0.5" in (await replies(stage, "!wait Romeo"))[1]
        with pytest.raises(SandboxError, match="No message contained 'psst' within"):
            await replies(stage, "!wait psst", within_s=0.2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("!presss", "There is no !presss; there are: !press, "),
        ("!press Nothing", "no button 'Nothing'; there are: Change it, Later"),
        ("!select Kind: Verse", "offers: Word, Char; not 'Verse'"),
        ("!submit Seed: x", "no open modal"),
        ("!menu Nothing", "no 'Nothing'; there are: Go on with it"),
        ("!menu Go on with it never said", "No message contains 'never said'"),
        ("!menu Who @nobody", "no user 'nobody'"),
        ("!locale tlh", "has no language 'tlh'"),
    ],
)
async def test_say_refuses_what_the_mouse_cannot_do(line: str, words: str) -> None:
    async with open_stage(prepare=with_buttons) as stage:
        await stage.answered("/buttons")
        with pytest.raises(SandboxError, match=words):
            await replies(stage, line)
