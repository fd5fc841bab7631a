"""A version with a damaged or hostile file: one sentence, or it is read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shakelm.decoding import language_model
from shakelm.decoding.generation import Length, generate
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.errors import ShakelmError
from shakelm.store.registry import ModelRegistry, open_registry
from tests.support import tiny_models
from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import texts

FILES = ("card.json", "configuration.json", "history.json", "vocabulary.json", "weights.safetensors")


def anything() -> st.SearchStrategy[Any]:
    """Any JSON: with any text, huge numbers, and another shape."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        texts(50),
        st.sampled_from((10**400, 1e308, -1, "", "a")),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts(20), inner, max_size=4)),
    )


def places(whole: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of each value in a JSON document."""
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    return [at, *(place for key, value in inner for place in places(value, (*at, key)))]


def replaced(whole: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The document with another value in that place."""
    if not place:
        return value
    copy = whole.copy()
    copy[place[0]] = replaced(whole[place[0]], place[1:], value)
    return copy


@st.composite
def damaged(draw: st.DrawFn, file: str, content: bytes) -> bytes:
    """The file's bytes: cut, changed in places, or others; for JSON, also with any value in one place."""
    kinds = ["cut", "changed", "bytes", "deep"] + ["value"] * 4 * file.endswith(".json") + ["header"] * 3
    match draw(st.sampled_from(kinds)):
        case "cut":
            return content[: draw(st.integers(0, len(content)))]
        case "changed":
            changed = bytearray(content)
            for at in draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
                changed[at] = draw(st.integers(0, 255))
            return bytes(changed)
        case "bytes":
            return draw(st.binary(max_size=100))
        case "deep":
            return b'{"a":' * 50_000 + b"[" * 50_000
        case "header" if not file.endswith(".json"):
            length = int.from_bytes(content[:8], "little")
            header = json.loads(content[8 : 8 + length])
            header = replaced(header, draw(st.sampled_from(places(header))), draw(anything()))
            written = json.dumps(header).encode()
            return len(written).to_bytes(8, "little") + written + content[8 + length :]
    whole = json.loads(content)
    return json.dumps(replaced(whole, draw(st.sampled_from(places(whole))), draw(anything()))).encode()


@pytest.fixture
def store(tmp_path: Path) -> ModelRegistry:
    """A store with letters-a@1."""
    store = open_registry(tmp_path / "store")
    tiny_models.publish(store, "letters-a", "a")
    return store


def test_a_vocabulary_of_another_size_than_the_weights_is_damage(store: ModelRegistry) -> None:
    path = Path(store.location) / "letters-a" / "1" / "vocabulary.json"
    path.chmod(0o644)
    path.write_text('{"kind": "char", "tokens": ["<unk>", "a"]}', encoding="utf-8")

    with pytest.raises(ShakelmError, match=r"of another shape"):
        language_model.load(store.find("letters-a@1"), "numpy")


@pytest.mark.parametrize("file", FILES)
@share(1)
@given(data=st.data())
def test_a_damaged_file_of_a_version_is_named_or_read(
    store: ModelRegistry, file: str, data: st.DataObject
) -> None:
    path = Path(store.location) / "letters-a" / "1" / file
    whole = path.read_bytes()
    content = data.draw(damaged(file, whole))
    path.chmod(0o644)
    path.write_bytes(content)
    try:
        version = store.find("letters-a@1")
        version.card()
        version.history()
        version.vocabulary()
        model = language_model.load(version, "numpy")
        written = generate(model, "ab", SamplingSettings(0.8), Length(lines=1), 7)
        written.text.encode()
    except ShakelmError as error:
        assert str(error).strip()
    finally:
        path.write_bytes(whole)
