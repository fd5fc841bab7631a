"""What `shakelm doctor` reports: what is installed and set up on this machine, and a cure for each fault."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from shakelm import defaults, redis_address, secret_variables
from shakelm.data import corpus, corpus_downloads
from shakelm.data.named_corpora import NAMED
from shakelm.errors import ShakelmError
from shakelm.machine import NVIDIA_DRIVER
from shakelm.networks.network import Engine
from shakelm.store.registry import default_root, open_registry

MIN_PYTHON = (3, 11)
TENSORFLOW_TIMEOUT_S = 120
"""Seconds for the first import, which may have to compile everything."""
REDIS_TIMEOUT_S = 3
DISCORD_TIMEOUT_S = 5

CLOCK_TOLERANCE_S = 30.0
"""A larger difference between two clocks is a fault."""

_PARTS = (
    ("Pictures", "matplotlib", "train", "only curves and charts need it"),
    ("Bot", "discord.py", "bot", "only the bot needs it"),
    ("Queue", "rq", "queue", "only the bot and its workers need it"),
)
"""What each part of the product needs: its name, a package, the extra that installs it, and who needs it."""


@dataclass(frozen=True)
class Finding:
    """The result of one check; `cure` is empty if it passed."""

    what: str
    ok: bool
    detail: str
    cure: str = ""


def examine(store_root: Path | None, cache: Path | None, environment: Mapping[str, str]) -> list[Finding]:
    """Check everything, in the order in which it is needed; nothing that stays is created or changed.

    No finding holds the bot's token or a password of Redis.

    Args:
        store_root: the store's folder; None for the default place.
        cache: the folder of downloaded corpora; None for the default place.
        environment: the environment variables, with the settings.
    """
    return [
        _python(),
        *_tensorflow(),
        *_parts(),
        *_store(store_root or default_root()),
        _engine(environment),
        *_corpora(cache or corpus_downloads.default_cache()),
        _corpus(environment, cache),
        _redis(environment),
        _discord_token(environment),
        *_discord_api(environment),
        _log_level(environment),
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


def _parts() -> Iterator[Finding]:
    """The packages that only some parts need."""
    for what, package, extra, needed in _PARTS:
        try:
            yield Finding(what, True, f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            cure = f"run `pip install '.[{extra}]'` in the project's folder; {needed}"
            yield Finding(what, False, f"the package {package} is not installed", cure)


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
    try:
        nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if _exists(path))
        # The permissions do not tell: root has all of them, even in a file system that takes no files.
        with tempfile.TemporaryFile(dir=nearest):
            return True
    except OSError:
        return False


def _exists(path: Path) -> bool:
    """Whether there is something at the path, be it a link that leads nowhere.

    Raises:
        OSError: nothing can be there, as with a name that is too long.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _engine(environment: Mapping[str, str]) -> Finding:
    return _one_of("Engine", "SHAKELM_ENGINE", get_args(Engine), "numpy", environment)


def _log_level(environment: Mapping[str, str]) -> Finding:
    levels = get_args(defaults.LogLevel)
    return _one_of("Log level", "SHAKELM_LOG_LEVEL", levels, defaults.LOG_LEVEL, environment)


def _one_of(
    what: str, variable: str, allowed: tuple[str, ...], default: str, environment: Mapping[str, str]
) -> Finding:
    """The setting in a variable that may have only some values."""
    value = environment.get(variable) or default
    if value in allowed:
        return Finding(what, True, value)
    return Finding(what, False, f"{value!r} is unknown", f"set {variable} to {' or '.join(allowed)}")


def _corpus(environment: Mapping[str, str], cache: Path | None) -> Finding:
    """The text of trainings that name none. A named one has its own row."""
    source = environment.get("SHAKELM_CORPUS") or defaults.CORPUS
    if source in NAMED:
        return Finding("Corpus", True, source)
    try:
        characters = len(corpus.load(source, cache).text)
    except ShakelmError as error:
        return Finding("Corpus", False, "SHAKELM_CORPUS cannot be used", str(error))
    return Finding("Corpus", True, f"{source}, {characters:,} characters")


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


def _redis(environment: Mapping[str, str]) -> Finding:
    try:
        import redis
    except ImportError:
        cure = "run `pip install '.[queue]'` in the project's folder; only the bot and its workers need it"
        return Finding("Redis", False, "the package redis is not installed", cure)
    url = environment.get("SHAKELM_REDIS_URL") or defaults.REDIS_URL
    try:
        password = secret_variables.find(environment, secret_variables.REDIS_PASSWORD)
        redis_address.check(url, password)
    except ShakelmError as error:
        return Finding("Redis", False, "the settings cannot be used", str(error))
    address = redis_address.public(url)
    try:
        with redis.Redis.from_url(
            url, password=password, socket_connect_timeout=REDIS_TIMEOUT_S, socket_timeout=REDIS_TIMEOUT_S
        ) as connection:
            facts = dict(connection.info("server"))
    except redis.AuthenticationError:
        return Finding("Redis", False, f"{address} refuses the user or the password", redis_address.CURE)
    except (ValueError, TypeError):
        # Without the text of the error, which may quote a part of the password.
        cure = "correct what stands after the ? in SHAKELM_REDIS_URL"
        return Finding("Redis", False, f"{address} has options that cannot be used", cure)
    except redis.RedisError as error:
        cure = "start Redis, or name its address in SHAKELM_REDIS_URL; only the bot and its workers need it"
        return Finding("Redis", False, f"{address} does not answer ({error})", cure)
    server = (
        f"Valkey {facts['valkey_version']}"
        if "valkey_version" in facts
        else f"Redis {facts['redis_version']}"
    )
    return Finding("Redis", True, f"{server} at {address}")


def _discord_token(environment: Mapping[str, str]) -> Finding:
    try:
        token = secret_variables.find(environment, secret_variables.DISCORD_TOKEN)
    except ShakelmError as error:
        return Finding("Discord token", False, "cannot be read", str(error))
    if token:
        return Finding("Discord token", True, "is set (not shown)")
    cure = (
        "create an application at https://discord.com/developers/applications and put its bot's token into "
        "DISCORD_TOKEN, or into a file whose path is in DISCORD_TOKEN_FILE; `make demo` needs none"
    )
    return Finding("Discord token", False, "DISCORD_TOKEN is not set", cure)


def _discord_api(environment: Mapping[str, str]) -> Iterator[Finding]:
    base = environment.get("DISCORD_API_BASE", defaults.DISCORD_API)
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        cure = f"set DISCORD_API_BASE as in {defaults.DISCORD_API}"
        yield Finding("Discord API", False, f"{base!r} is not an address", cure)
        return
    yield Finding("Discord API", True, base)
    if environment.get("DISCORD_TOKEN"):
        yield _clock(base)


def _clock(base: str) -> Finding:
    """Compare this machine's clock with Discord's, by which the tokens of requests expire."""
    import requests

    try:
        response = requests.get(f"{base}/gateway", timeout=DISCORD_TIMEOUT_S)
        theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (requests.RequestException, ValueError) as error:
        return Finding("Clock", True, f"not compared: Discord does not answer ({type(error).__name__})")
    ahead_s = time.time() - theirs
    if abs(ahead_s) <= CLOCK_TOLERANCE_S:
        return Finding("Clock", True, "agrees with Discord's")
    direction = "ahead of" if ahead_s > 0 else "behind"
    return Finding(
        "Clock",
        False,
        f"{abs(ahead_s) / 60:.0f} minutes {direction} Discord's",
        "set it right, for example with NTP; answers still come in time",
    )
