"""Completion of typed lines."""

from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from sandbox.terminal.line_completion import LineCompleter
from sandbox.world.state import World
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.stage import open_stage


def completions(world: World, user: str, text: str) -> list[str]:
    completer = LineCompleter(world, world.users[user])
    return [found.text for found in completer.get_completions(Document(text), CompleteEvent())]


async def test_completion_knows_the_registered_commands() -> None:
    async with open_stage() as stage:
        world = stage.world
        assert completions(world, "student", "/he") == ["hello", "here"]
        assert completions(world, "student", "/adm") == []
        assert completions(world, "teacher", "/adm") == ["admin"]
        assert completions(world, "teacher", "/admin ") == ["status"]
        assert completions(world, "student", "/hello name: x t") == ["times:"]
        assert completions(world, "student", "/hello loud: ") == ["true", "false"]
        assert completions(world, "student", "/pick kind: ") == ["Word", "Char"]
        assert completions(world, "student", "good morrow") == []


async def test_completion_asks_the_bot() -> None:
    async with open_stage() as stage:
        completer = LineCompleter(stage.world, stage.user("student"))

        async def completed(text: str) -> list[tuple[str, int]]:
            found = completer.get_completions_async(Document(text), CompleteEvent())
            return [(completion.text, completion.start_position) async for completion in found]

        offered = ["default@1", "default@2"]
        assert await completed("/suggest model: def") == [(name, -3) for name in offered]
        assert await completed("/suggest mod") == [("model:", -3)]
        assert ("other@1", 0) in await completed("/suggest who: @teacher model: ")
        assert await completed("good morrow") == []


async def test_completion_knows_the_buttons() -> None:
    async with open_stage(prepare=with_buttons) as stage:
        await stage.answered("/buttons")
        world = stage.world
        assert completions(world, "student", "!h") == ["!help"]
        assert completions(world, "student", "!press ch") == ["!press Change it"]
        assert completions(world, "student", "!select ") == ["!select Kind: "]
        assert completions(world, "student", "!menu") == ["!menu", '!menu "Go on with it" ', '!menu "Who" ']
