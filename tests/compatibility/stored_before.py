"""What an earlier commit left behind, in Redis and in the store, as text files beside this module.

The bot and the workers of that commit wrote `redis.json` and `messages.json`. Its trainings wrote
`store/`. Its worker wrote `verses.json`, with the weights that `fill_store` draws. The tokens are
invented. Times are shifted when a file is loaded. Weights are drawn from a seeded generator, so that no
binary file is kept here. Do not write these files again with later code: they show what an upgrade
finds.
"""

import base64
import json
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import redis
from safetensors.numpy import save_file

Json = dict[str, Any]

FOLDER = Path(__file__).parent

_TIMES = {"expires_at", "asked_at", "at"}
_ISO_TIMES = {"created_at", "enqueued_at"}
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
_A_TIME = 1e9
"""A score in a sorted set above this is a time in Unix seconds."""

_DTYPES = {"F32": np.float32, "I64": np.int64}


# Redis


@dataclass(frozen=True)
class Key:
    """One key in Redis: its type, its value as in `redis.json`, and after how many seconds it expires."""

    kind: str
    value: Any
    expires_in_s: int | None


class Left:
    """What the earlier commit left in Redis, with the times and ids that fit the moment and the sandbox."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        """Read the file; `ids` has the new id for each one that is to be replaced."""
        text = (FOLDER / "redis.json").read_text(encoding="utf-8")
        for before, now in ids.items():
            text = text.replace(before, now)
        content = json.loads(text)
        later_s = time.time() - content["filled_at"]
        self.keys = {
            name: Key(*_kind_and_value(_shifted(entry, later_s)), entry.get("expires_in_s"))
            for name, entry in content["keys"].items()
        }

    def fill(self, connection: "redis.Redis") -> None:
        """Put everything into an empty database."""
        for name, key in self.keys.items():
            if key.kind == "string":
                connection.set(name, _stored(key.value))
            elif key.kind == "hash":
                connection.hset(name, mapping={field: _stored(value) for field, value in key.value.items()})
            elif key.kind == "list":
                connection.rpush(name, *map(_stored, key.value))
            elif key.kind == "set":
                connection.sadd(name, *key.value)
            else:
                connection.zadd(name, key.value)
            if key.expires_in_s is not None:
                connection.expire(name, key.expires_in_s)

    def json(self, name: str) -> Json:
        """The JSON object under a key."""
        return dict(self.keys[name].value["json"])

    def jobs(self) -> dict[str, list[Any]]:
        """The positional arguments of each job in the queues, by the name of its function."""
        data = [key.value["data"]["rq"] for name, key in self.keys.items() if name.startswith("rq:job:")]
        return {function: arguments for function, _, arguments, _ in data}

    def tokens(self) -> list[str]:
        """The tokens of all answers that somebody waits for, by job."""
        return list(_tokens([key.value for name, key in self.keys.items() if name.startswith("rq:job:")]))


def _kind_and_value(entry: Json) -> tuple[str, Any]:
    return next((kind, value) for kind, value in entry.items() if kind != "expires_in_s")


def _shifted(content: Any, later_s: float) -> Any:
    """The same with all times so many seconds later."""
    if isinstance(content, list):
        return [_shifted(item, later_s) for item in content]
    if not isinstance(content, dict):
        return content
    return {name: _shifted_field(name, value, later_s) for name, value in content.items()}


def _shifted_field(name: str, value: Any, later_s: float) -> Any:
    if name in _TIMES:
        return value + later_s
    if name in _ISO_TIMES:
        return (datetime.strptime(value, _ISO) + timedelta(seconds=later_s)).strftime(_ISO)
    if name == "zset":
        return {member: score + later_s if score > _A_TIME else score for member, score in value.items()}
    return _shifted(value, later_s)


def _stored(value: Any) -> bytes | str:
    """A value as it was in Redis: JSON without spaces, RQ's JSON compressed, other bytes from base64."""
    if isinstance(value, str):
        return value
    ((how, content),) = value.items()
    if how == "json":
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if how == "rq":
        return zlib.compress(json.dumps(content).encode())
    return base64.b64decode(content)


def arguments_of(data: bytes) -> tuple[str, list[Any]]:
    """Function and positional arguments of a job, from the field `data` of its record in Redis."""
    function, _, arguments, _ = json.loads(zlib.decompress(data))
    return function, arguments


def _tokens(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "token":
                yield value
            else:
                yield from _tokens(value)
    elif isinstance(content, list):
        for item in content:
            yield from _tokens(item)


def channel_messages() -> dict[str, Json]:
    """Messages as the bot left them in the channel, with buttons that are still pressed."""
    return dict(json.loads((FOLDER / "messages.json").read_text(encoding="utf-8")))


# The store


def fill_store(root: Path) -> None:
    """Make the store: three versions, the pointer to the live one, and a training's checkpoint."""
    shutil.copytree(FOLDER / "store", root)
    random = np.random.default_rng(1)
    for configuration in sorted(root.glob("*/*/configuration.json")):
        tokens = read_json(configuration.with_name("vocabulary.json"))["tokens"]
        shapes = _shapes(read_json(configuration)["model"], len(tokens))
        weights = {name: random.normal(size=shape).astype(np.float16) for name, shape in shapes.items()}
        save_file(weights, configuration.with_name("weights.safetensors"))
    for described in root.glob(".checkpoints/*/checkpoint.json"):
        content = read_json(described)
        arrays = {name: _array(random, **array) for name, array in content["arrays"].items()}
        header = {"standing": json.dumps(content["standing"], separators=(",", ":"))}
        save_file(arrays, described.with_suffix(".safetensors"), header)
        described.unlink()


def _shapes(model: Json, tokens: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a version's arrays: an LSTM has four gates, a simple layer one."""
    gates, width = 1 if model["architecture"] == "simple-rnn" else 4, model["embedding"]
    shapes: dict[str, tuple[int, ...]] = {"embedding.embeddings": (tokens, width)}
    for index, units in enumerate(model["units"]):
        shapes[f"recurrent_{index}.kernel"] = (width, gates * units)
        shapes[f"recurrent_{index}.recurrent_kernel"] = (units, gates * units)
        shapes[f"recurrent_{index}.bias"] = (gates * units,)
        width = units
    return shapes | {"output.kernel": (width, tokens), "output.bias": (tokens,)}


def _array(random: np.random.Generator, dtype: str, shape: list[int], values: Any = None) -> Any:
    """An array with these values, or with small positive ones, since Adam's second moments are positive."""
    if values is None:
        values = random.uniform(0.01, 0.1, size=shape)
    return np.asarray(values, dtype=_DTYPES[dtype])


def read_json(path: Path) -> Json:
    """The JSON object in a file."""
    return dict(json.loads(path.read_bytes()))


def checkpoint_in(path: Path) -> tuple[Json, dict[str, str]]:
    """What a checkpoint says in its header, and the data type of each array."""
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    standing = json.loads(header.pop("__metadata__")["standing"])
    return standing, {name: array["dtype"] for name, array in header.items()}


def keys_in(content: Any) -> Any:
    """The keys of all objects in a JSON value, without other values; of a list those of its first object."""
    if isinstance(content, dict):
        return {name: keys_in(value) for name, value in sorted(content.items())}
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [keys_in(content[0])]
    return None
