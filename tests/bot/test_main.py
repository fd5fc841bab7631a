"""`python -m bot`: how it starts, refuses to start, and stops."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from bot.__main__ import until_told
from sandbox.server import serving
from tests.support.waiting import DEADLINE_S
from worker.queue import redis_client


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """Start the bot with only these settings."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Wait for the end of a process. Returns its exit status and its output."""
    output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, output.decode()


def refused(status: int | None, output: str, part: str) -> None:
    """Check that the bot ended with status 1 and one sentence, which contains `part`, without a traceback."""
    assert status == 1
    assert part in output.splitlines()[-1]
    assert "Traceback" not in output


@pytest.fixture
def nobody() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


async def test_without_a_token() -> None:
    refused(*await end(await start()), "DISCORD_TOKEN is not set")


async def test_a_refused_token(valkey_url: str) -> None:
    async with serving() as sandbox:
        settings = sandbox.environment() | {
            "DISCORD_TOKEN": "wrong-token",
            "SHAKELM_REDIS_URL": valkey_url,
        }
        status, output = await end(await start(**settings))
    refused(status, output, "Discord refuses the bot's token")
    assert "wrong-token" not in output


async def test_secrets_from_files_are_in_no_output(valkey_url: str, tmp_path: Path) -> None:
    password = 'p/a#s?s@w%o:rd "x'
    with redis_client.connect(valkey_url) as connection:
        connection.acl_setuser(
            "somebody", enabled=True, passwords=[f"+{password}"], keys="*", channels="*", commands=["+@all"]
        )
    (tmp_path / "password").write_text(f"{password}\n")
    async with serving() as sandbox:
        world, settings = sandbox.world, sandbox.environment()
        (tmp_path / "token").write_text(f"{settings.pop('DISCORD_TOKEN')}\n")
        settings |= {
            "DISCORD_TOKEN_FILE": str(tmp_path / "token"),
            "SHAKELM_REDIS_URL": valkey_url.replace("://", "://somebody@"),
            "SHAKELM_REDIS_PASSWORD_FILE": str(tmp_path / "password"),
            "SHAKELM_LOG_LEVEL": "DEBUG",
        }
        process = await start(**settings)
        assert await world.changes.wait_until(lambda: world.bot_connected, DEADLINE_S)
        process.terminate()
        status, output = await end(process)
    assert (status, world.token in output, "p/a#" in output) == (0, False, False)

    (tmp_path / "password").write_text(f"wrong{password}\n")
    status, output = await end(await start(**settings))
    refused(status, output, "refuses the user or the password")
    assert "wrong" not in output
    assert "p/a#" not in output


async def test_a_server_that_does_not_have_the_bot(valkey_url: str) -> None:
    async with serving() as sandbox:
        settings = sandbox.environment() | {"DISCORD_GUILD": "42"}
        status, output = await end(await start(**settings, SHAKELM_REDIS_URL=valkey_url))
    refused(status, output, "correct DISCORD_GUILD")


async def test_no_redis(nobody: str) -> None:
    async with serving() as sandbox:
        settings = sandbox.environment() | {"SHAKELM_REDIS_URL": f"redis://user:secret@{nobody}/0"}
        status, output = await end(await start(**settings))
    refused(status, output, "Redis does not answer")
    assert "secret" not in output


async def test_no_api(valkey_url: str, nobody: str) -> None:
    api = f"http://{nobody}/api/v10"
    process = await start(DISCORD_TOKEN="token", DISCORD_API_BASE=api, SHAKELM_REDIS_URL=valkey_url)
    refused(*await end(process), f"The API at {api} does not answer")


async def test_an_address_that_is_not_discord(valkey_url: str) -> None:
    async with serving() as sandbox:
        api = f"{sandbox.address}/nothing/here"
        process = await start(DISCORD_TOKEN="token", DISCORD_API_BASE=api, SHAKELM_REDIS_URL=valkey_url)
        status, output = await end(process)
    refused(status, output, f"The API at {api} does not answer")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_it_connects_and_stops_at_a_signal(valkey_url: str, how: signal.Signals) -> None:
    async with serving() as sandbox:
        world = sandbox.world
        process = await start(**sandbox.environment(), SHAKELM_REDIS_URL=valkey_url)
        assert await world.changes.wait_until(lambda: world.bot_connected, DEADLINE_S)
        process.send_signal(how)
        status, output = await end(process)
        assert await world.changes.wait_until(lambda: not world.bot_connected, DEADLINE_S)
    assert status == 0
    assert "Traceback" not in output
    assert world.token not in output


async def test_it_stops_even_if_a_cancellation_is_lost() -> None:
    async def lose_one(_ending: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    await asyncio.wait_for(until_told(lose_one), DEADLINE_S)


async def test_a_token_that_is_revoked_while_the_bot_runs(valkey_url: str) -> None:
    async with serving() as sandbox:
        world = sandbox.world
        process = await start(**sandbox.environment(), SHAKELM_REDIS_URL=valkey_url)
        assert await world.changes.wait_until(lambda: world.bot_connected, DEADLINE_S)
        world.token = "another-token"
        await sandbox.gateway.fail("invalid_session")
        refused(*await end(process), "Discord refuses the bot's token")


async def test_health_says_whether_the_bot_is_connected(valkey_url: str) -> None:
    async def healthy() -> tuple[int | None, str]:
        return await end(await start("health", SHAKELM_REDIS_URL=valkey_url))

    refused(*await healthy(), "No bot of this machine is connected")
    async with serving() as sandbox:
        process = await start(**sandbox.environment(), SHAKELM_REDIS_URL=valkey_url)
        async with asyncio.timeout(DEADLINE_S):
            while (await healthy())[0] != 0:
                assert process.returncode is None
        process.terminate()
        assert (await end(process))[0] == 0
