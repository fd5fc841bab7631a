"""`python -m sandbox`: the whole demo, in a browser or a terminal, or the stand-in for Discord alone."""

import asyncio
import json
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from sandbox.client.members import find_member
from sandbox.demo import conversations, runner, signals
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.intents import PRIVILEGED
from sandbox.server import Sandbox, serving
from sandbox.terminal.rendering import plain
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.state import World

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    say: Annotated[
        list[str] | None,
        typer.Option(help="Type this line, print the answer, and exit; repeatable. '!help' lists the lines."),
    ] = None,
    user: Annotated[
        str, typer.Option("--as", help="The member who types: student, teacher, assistant, or owner.")
    ] = "student",
    terminal: Annotated[bool, typer.Option("--terminal", help="Chat in the terminal.")] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the page's address and open no browser.")
    ] = False,
    server_only: Annotated[bool, typer.Option(help="Run only the stand-in for Discord.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="With --server-only: print its address and the ids as a line of JSON."),
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free port.")] = 0,
    record: Annotated[
        Path | None, typer.Option(help="Write requests, answers and events as JSON lines.")
    ] = None,
    privileged_intents: Annotated[
        bool, typer.Option("--privileged-intents", help="Approve the bot's privileged gateway intents.")
    ] = False,
) -> None:
    """Run the real bot and its workers against a Discord on this machine, and chat with them in a browser.

    The environment variable SANDBOX_TOKEN sets the bot's token; without it, each start makes a new one.
    """
    world = World(approved_intents=PRIVILEGED if privileged_intents else 0)
    server = serving(world, host=host, port=port, record=record)
    try:
        find_member(world, user)
        if say:
            talk = conversations.by_lines(user, say)
        elif terminal:
            talk = conversations.in_terminal(user)
        else:
            talk = conversations.on_page(user, open_browser=not no_browser)
        work = _serve(server, as_json) if server_only else runner.run(server, runner.BOT_AND_WORKERS, talk)
        asyncio.run(signals.until_signal(work))
    except SandboxError as error:
        print(plain(str(error)), file=sys.stderr)
        raise typer.Exit(1) from None
    except signals.Stopped as stop:
        if stop.number == signal.SIGINT and not server_only and not say:
            return  # Ctrl-C is how a person leaves
        raise typer.Exit(128 + stop.number) from None


async def _serve(server: AbstractAsyncContextManager[Sandbox], as_json: bool) -> None:
    async with server as box:
        if as_json:
            ids = {"guild_id": GUILD_ID, "channel_id": VERSES_ID, "pid": os.getpid()}
            print(json.dumps({"address": box.address, **box.environment(), **ids}), flush=True)
        else:
            print(f"Discord's stand-in listens on {box.address}. Point a bot at it with:")
            for name, value in box.environment().items():
                print(f"  {name}={value}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    app()
