"""What `shakelm doctor` reports: what is installed and set up on this machine, and a cure for each fault."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shakelm import defaults
from shakelm.data import corpus_downloads
from shakelm.data.named_corpora import NAMED
from shakelm.errors import ShakelmError
from shakelm.machine import NVIDIA_DRIVER
from shakelm.store.registry import default_root, open_registry

MIN_PYTHON = (3, 11)
TENSORFLOW_TIMEOUT_S = 120
"""Seconds for the first import, which may have to compile everything."""
REDIS_TIMEOUT_S = 3


@dataclass(frozen=True)
class Finding:
    """The result of one check; `cure` is empty if it passed."""

    what: str
    ok: bool
    detail: str
    cure: str = ""


def examine(
    store_root: Path | None, cache: Path | None, redis_url: str, environment: Mapping[str, str]
) -> list[Finding]:
    """Check everything, in the order in which it is needed; nothing is created or changed.

    No finding holds the bot's token or a password of Redis.

    Args:
        store_root: the store's folder; None for the default place.
        cache: the folder of downloaded corpora; None for the default place.
        redis_url: where Redis is.
        environment: the environment variables, with the Discord settings.
    """
    return [
        _python(),
        *_tensorflow(),
        *_store(store_root or default_root()),
        *_corpora(cache or corpus_downloads.default_cache()),
        _redis(redis_url),
        _discord_token(environment),
        _discord_api(environment),
    ]


def print_tensorflow() -> None:
    """Print TensorFlow's and Keras's versions and the GPUs as JSON; runs in its own process."""
    import keras
    import tensorflow as tf

    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    print(json.dumps({"tensorflow": tf.__version__, "keras": keras.__version__, "gpus": gpus}))


def _python() -> Finding:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    if sys.version_info < MIN_PYTHON:
        return Finding("Python", False, detail, "install Python 3.11 or newer")
    return Finding("Python", True, detail)


def _tensorflow() -> Iterator[Finding]:
    # In its own process: a TensorFlow that does not fit the machine may abort or hang, and it writes to
    # stderr what no caller can stop.
    command = [sys.executable, "-c", "from shakelm.cli.doctor import print_tensorflow; print_tensorflow()"]
    cure = "run `pip install '.[train]'` in the project's folder; training needs it, verses do not"
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=TENSORFLOW_TIMEOUT_S)  # noqa: S603
        process.check_returncode()
        facts = json.loads(process.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as error:
        *_, cause = error.stderr.strip().splitlines() or [f"its process ended with {error.returncode}"]
        yield Finding("TensorFlow", False, f"cannot be imported ({cause})", cure)
        return
    except subprocess.TimeoutExpired:
        yield Finding("TensorFlow", False, f"no answer within {TENSORFLOW_TIMEOUT_S} s", cure)
        return
    yield Finding("TensorFlow", True, f"{facts['tensorflow']} with Keras {facts['keras']}")
    yield _devices(facts["gpus"])


def _devices(gpus: list[dict[str, object]]) -> Finding:
    cpu = f"CPU ({os.cpu_count()} cores)"
    if gpus:
        return Finding("Devices", True, ", ".join([cpu, *map(_gpu, gpus)]))
    if NVIDIA_DRIVER.exists():
        cure = "run `pip install '.[gpu]'` in the project's folder for TensorFlow with CUDA"
        return Finding("Devices", False, f"{cpu}; an NVIDIA driver, but TensorFlow sees no GPU", cure)
    return Finding("Devices", True, f"{cpu}, no GPU")


def _gpu(details: dict[str, object]) -> str:
    """One GPU in words. Metal gives only its name, CUDA its compute capability too, as two numbers."""
    name = f"GPU {details.get('device_name', 'of unknown name')}"
    match details.get("compute_capability"):
        case [major, minor]:
            return f"{name} (compute capability {major}.{minor})"
        case _:
            return name


def _store(root: Path) -> Iterator[Finding]:
    if _can_be_written(root):
        yield Finding("Store", True, f"{root}, can be written")
    else:
        cure = "make that folder writable, or name another one in SHAKELM_STORE"
        yield Finding("Store", False, f"{root} cannot be written", cure)
    store = open_registry(root)
    try:
        versions = store.versions()
        live = store.live()
        for version in versions:
            version.card(), version.history(), version.configuration()  # each raises if it is damaged
    except ShakelmError as error:
        yield Finding("Models", False, "cannot be used", str(error))
    else:
        yield Finding("Models", True, f"{len(versions)} versions, live is {live.reference}")


def _can_be_written(folder: Path) -> bool:
    """Whether the folder can be written, or created if it does not exist."""
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _corpora(cache: Path) -> Iterator[Finding]:
    for name, named in NAMED.items():
        what, paths = f"Corpus {name}", corpus_downloads.paths(name, named, cache)
        there = {file: path for file, path in paths.items() if os.path.lexists(path)}
        damaged = [path for file, path in there.items() if not corpus_downloads.is_intact(path, file)]
        if damaged:
            cure = "delete it; the next training downloads it"
            yield Finding(what, False, f"{damaged[0]} is damaged", cure)
        elif len(there) < len(paths):
            yield Finding(what, True, f"not in {cache} yet; the first training downloads it")
        else:
            path = next(iter(paths.values()))
            place = path if len(paths) == 1 else path.parent
            yield Finding(what, True, f"{place}, {'checksum' if len(paths) == 1 else 'checksums'} correct")


def _redis(url: str) -> Finding:
    try:
        import redis
    except ImportError:
        cure = "run `pip install '.[queue]'` in the project's folder; only the bot and its workers need it"
        return Finding("Redis", False, "the package redis is not installed", cure)
    try:
        address = _without_password(url)
        connection = redis.Redis.from_url(
            url, socket_connect_timeout=REDIS_TIMEOUT_S, socket_timeout=REDIS_TIMEOUT_S
        )
    except ValueError:
        # Without the text of the error, which may quote a part of the password.
        cure = "set it as in redis://:PASSWORD@HOST:6379/0, special characters of the password as %XX"
        return Finding("Redis", False, "SHAKELM_REDIS_URL is not an address of Redis", cure)
    try:
        with connection:
            facts = dict(connection.info("server"))
    except redis.AuthenticationError:
        cure = "put the right password into SHAKELM_REDIS_URL, as in redis://:PASSWORD@HOST:6379/0"
        return Finding("Redis", False, f"{address} refuses the password", cure)
    except redis.RedisError as error:
        cure = "start Redis, or name its address in SHAKELM_REDIS_URL; only the bot and its workers need it"
        return Finding("Redis", False, f"{address} does not answer ({error})", cure)
    server = (
        f"Valkey {facts['valkey_version']}"
        if "valkey_version" in facts
        else f"Redis {facts['redis_version']}"
    )
    return Finding("Redis", True, f"{server} at {address}")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _discord_token(environment: Mapping[str, str]) -> Finding:
    if environment.get("DISCORD_TOKEN"):
        return Finding("Discord token", True, "DISCORD_TOKEN is set (not shown)")
    cure = (
        "create an application at https://discord.com/developers/applications and put its bot's token into "
        "DISCORD_TOKEN; `make demo` needs none"
    )
    return Finding("Discord token", False, "DISCORD_TOKEN is not set", cure)


def _discord_api(environment: Mapping[str, str]) -> Finding:
    base = environment.get("DISCORD_API_BASE", defaults.DISCORD_API)
    parts = urlsplit(base)
    if parts.scheme in ("http", "https") and parts.netloc:
        return Finding("Discord API", True, base)
    return Finding(
        "Discord API",
        False,
        f"{base!r} is not an address",
        f"set DISCORD_API_BASE as in {defaults.DISCORD_API}",
    )
