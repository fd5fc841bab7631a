"""`python -m bot` runs the bot. `python -m bot health` says whether it is connected."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import aiohttp
import discord
import typer

from bot.background import loops
from bot.background.heartbeat import check
from bot.commands import COMMANDS, HANDLERS
from bot.gateway import endpoint
from bot.interactions.client import Bot
from bot.settings import BotSettings
from shakelm.errors import ShakelmError
from worker.delivery import webhook_client
from worker.queue import redis_client
from worker.settings import QueueSettings, configure_logging, read

CLOSED_FOR_TOKEN = 4004
"""The gateway's close code for a wrong token (Discord: Opcodes and Status Codes)."""

THREADS = 32
"""The most calls to Redis and edits of messages at the same time."""

AGAIN_S = 1.0
"""The seconds between two cancellations of a bot that does not begin to stop."""

REFUSED = (
    "Discord refuses the bot's token: copy the right one from your application's Bot page at "
    "https://discord.com/developers/applications into DISCORD_TOKEN, or into the file of DISCORD_TOKEN_FILE."
)


async def run(settings: BotSettings, ending: asyncio.Event) -> None:
    """Run the bot until it is canceled. It then sets `ending`, and must not be canceled again.

    Raises:
        ShakelmError: Redis or the API cannot be reached, or Discord refuses the token.
    """
    # Two cores have six threads by default. If Redis hangs, they are soon used up, and every command waits.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    connection = await asyncio.to_thread(redis_client.connect, settings.redis_url, settings.redis_password)
    endpoint.use_api(settings.api_base)
    await asyncio.to_thread(webhook_client.measure_clock, settings.api_base)
    async with Bot(settings, connection, COMMANDS, HANDLERS) as bot:
        try:
            await bot.login(settings.token.get_secret_value())
            await endpoint.use_gateway_of_api(bot)
            try:
                async with loops.running(bot):
                    await bot.connect()
            finally:
                ending.set()
        except discord.LoginFailure as error:
            raise ShakelmError(REFUSED) from error
        except discord.ConnectionClosed as error:
            if error.code == CLOSED_FOR_TOKEN:
                raise ShakelmError(REFUSED) from error
            raise ShakelmError(f"Discord closed the connection for good: {error}.") from error
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            raise ShakelmError(
                f"The API at {settings.api_base} does not answer as Discord does ({error}): look at your "
                "connection and https://discordstatus.com, or set DISCORD_API_BASE to the right address."
            ) from error


async def until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Do the work, and cancel it at SIGTERM or Ctrl-C.

    It is canceled again every `AGAIN_S` until it sets the event that it is given.

    One cancellation can be lost: before Python 3.12, `asyncio.wait_for` drops it if it comes just as the
    awaited call ends (python/cpython issue 86296). discord.py connects inside `wait_for`.
    """
    told, ending = asyncio.Event(), asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, told.set)
    tasks = working, listening = asyncio.ensure_future(work(ending)), asyncio.ensure_future(told.wait())
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    while not working.done():
        if not ending.is_set():
            working.cancel()
        await asyncio.wait((working,), timeout=AGAIN_S)
    with contextlib.suppress(asyncio.CancelledError):
        working.result()


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    if context.invoked_subcommand:
        return
    settings = read(BotSettings)
    configure_logging(settings.log_level)
    # At DEBUG, discord.py logs what it receives and the addresses that it calls. Both hold tokens.
    logging.getLogger("discord").setLevel("INFO" if settings.log_level == "DEBUG" else settings.log_level)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    asyncio.run(until_told(partial(run, settings)))


@app.command()
def health() -> None:
    """Exit with status 0 if a bot on this machine is connected to Discord, otherwise with 1."""
    settings = read(QueueSettings)
    check(redis_client.connect(settings.redis_url, settings.redis_password))


def main() -> None:
    """Run a command. An expected error is printed as one sentence, and the exit status is 1."""
    try:
        app()
    except ShakelmError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
