"""`python -m sandbox`: the whole demo, or with `--server-only` the stand-in for Discord alone."""

import asyncio
import json
import os
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from sandbox import demo
from sandbox.errors import SandboxError
from sandbox.server import Sandbox, serving
from sandbox.world import GUILD_ID, PRIVILEGED, VERSES_ID, World

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    say: Annotated[
        list[str] | None,
        typer.Option(help="Type this line, print the reply and leave; repeatable. '!help' tells more."),
    ] = None,
    user: Annotated[
        str, typer.Option("--as", help="Who types: student, teacher, assistant or owner.")
    ] = "student",
    server_only: Annotated[bool, typer.Option(help="Serve the stand-in for Discord alone.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --server-only: print one JSON line about the server.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    record: Annotated[Path | None, typer.Option(help="Write every REST request as a JSON line.")] = None,
    privileged_intents: Annotated[
        bool, typer.Option("--privileged-intents", help="Approve the bot's privileged gateway intents.")
    ] = False,
) -> None:
    """Run the real bot and its workers against a Discord on this machine, and chat with them.

    The environment variable SANDBOX_TOKEN sets the bot's token; by default it is a new one each time.
    """
    world = World(approved_intents=PRIVILEGED if privileged_intents else 0)
    server = serving(world, host=host, port=port, record=record)
    try:
        if user not in world.users:
            raise SandboxError(f"There is no user {user!r}; there are: {', '.join(world.users)}.")
        work = (
            _serve(server, as_json)
            if server_only
            else demo.run(server, demo.BOT_AND_WORKERS, user, say or [])
        )
        asyncio.run(demo.until_signal(work))
    except SandboxError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    except demo.Stopped as stop:
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
