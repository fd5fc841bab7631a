"""The model registry: what it lists, its live alias, and several real processes in it at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from shakelm.errors import ShakelmError
from shakelm.store.local_storage import LocalStorage
from shakelm.store.registry import ModelRegistry, open_registry
from tests.support.module_process import run_together, start_script

Writer = Callable[[str], Callable[[Path, int], None]]
Interrupted = Callable[[Callable[[], object]], ModelRegistry]


def references(store: ModelRegistry) -> list[str]:
    return [version.reference for version in store.versions()]


# Versions


def test_packaged_versions_are_always_listed(store: ModelRegistry, writer: Writer) -> None:
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1"]
    assert not Path(store.location).exists()
    store.publish("sonnets", writer("sonnets"))
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1", "sonnets@1"]
    assert [version.packaged for version in store.versions()] == [True, True, False]


def test_a_published_version_has_its_files_and_facts(store: ModelRegistry, writer: Writer) -> None:
    version = store.publish("sonnets", writer("sonnets"))
    assert version == store.find("sonnets") == store.find("sonnets@1")
    assert version.file("card.json").parent == Path(store.location) / "sonnets" / "1"
    assert version.weights_file.read_text() == "weights of sonnets@1"
    assert version.file("vocabulary.json").read_text() == "{}"
    assert (version.card().name, version.card().version) == ("sonnets", 1)
    assert version.history().best == 1
    assert version.configuration().model.units == (3,)


def test_numbers_count_up_and_sort_as_numbers(store: ModelRegistry, writer: Writer) -> None:
    numbers = [store.publish("sonnets", writer("sonnets")).number for _ in range(11)]
    assert numbers == list(range(1, 12))
    assert [version.number for version in store.versions() if version.name == "sonnets"] == numbers
    assert store.find("sonnets").number == 11


def test_numbers_go_on_above_a_packaged_version(store: ModelRegistry, writer: Writer) -> None:
    version = store.publish("shakespeare-word", writer("shakespeare-word"))
    assert version.reference == "shakespeare-word@2"
    assert store.find("shakespeare-word") == version
    assert store.find("shakespeare-word@1").packaged


def test_a_version_outlives_a_packaged_one_of_its_number(
    store: ModelRegistry, writer: Writer, packaged: Path
) -> None:
    mine = store.publish("shakespeare-word", writer("shakespeare-word"))
    (packaged / "shakespeare-word" / "1").rename(packaged / "shakespeare-word" / "2")
    assert store.find("shakespeare-word@2") == mine
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@2"]


def test_what_does_not_exist_is_told_with_what_does(store: ModelRegistry) -> None:
    for reference in ("hamlet", "hamlet@1", "shakespeare-plays@3"):
        with pytest.raises(ShakelmError, match=rf"'{reference}'.*shakespeare-plays@1, shakespeare-word@1"):
            store.find(reference)


@pytest.mark.parametrize("name", ["../outside", "a/b", "/etc", "..", ".hidden", "", "a\\b", "Sonnets", "a\n"])
def test_a_name_never_reaches_a_path(store: ModelRegistry, writer: Writer, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    for call in (store.find, store.promote, store.remove, store.prepare):
        with pytest.raises(ShakelmError, match="does not name a model"):
            call(name)
    with pytest.raises(ShakelmError, match="does not name a model"):
        store.publish(name, writer("sonnets"))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_publisher_does_not_choose_its_number(store: ModelRegistry, writer: Writer) -> None:
    for call in (store.prepare, lambda name: store.publish(name, writer("sonnets"))):
        with pytest.raises(ShakelmError, match="leave out the '@'"):
            call("sonnets@7")


# Publishing


def test_a_version_appears_only_when_it_is_complete(store: ModelRegistry, writer: Writer) -> None:
    def write(folder: Path, number: int) -> None:
        assert not list(folder.iterdir())
        writer("sonnets")(folder, number)
        assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1"]

    store.publish("sonnets", write)
    assert "sonnets@1" in references(store)


def test_a_publisher_that_fails_leaves_nothing(store: ModelRegistry, writer: Writer) -> None:
    def fail(folder: Path, number: int) -> None:
        writer("sonnets")(folder, number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.publish("sonnets", fail)
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1"]
    assert store.publish("sonnets", writer("sonnets")).number == 1


# The live version


def test_the_packaged_default_is_live_at_first(store: ModelRegistry, writer: Writer) -> None:
    assert store.live().reference == "shakespeare-plays@1"
    assert store.find(None) == store.live()
    store.publish("shakespeare-plays", writer("shakespeare-plays"))
    assert store.live().reference == "shakespeare-plays@1"  # nothing promotes itself


def test_without_any_model_nothing_is_live(tmp_path: Path) -> None:
    store = open_registry(tmp_path / "store", tmp_path / "packaged")
    assert store.versions() == []
    with pytest.raises(ShakelmError, match="No model is live: train one"):
        store.live()
    with pytest.raises(ShakelmError, match="known: none"):
        store.find("sonnets")


def test_promotion_and_the_way_back(store: ModelRegistry, writer: Writer) -> None:
    store.publish("sonnets", writer("sonnets"))
    newest = store.publish("sonnets", writer("sonnets"))
    assert store.promote("sonnets") == newest == store.live()
    assert [store.is_live(version) for version in store.versions()] == [False, False, False, True]
    store.promote("sonnets@1")
    store.promote("sonnets@1")  # already live: nothing to remember
    assert store.roll_back() == newest == store.live()
    assert store.roll_back().reference == store.live().reference == "shakespeare-plays@1"
    with pytest.raises(ShakelmError, match="no previous live model"):
        store.roll_back()
    assert store.live().reference == "shakespeare-plays@1"


def test_only_what_exists_is_promoted(store: ModelRegistry) -> None:
    with pytest.raises(ShakelmError, match="no model 'sonnets'"):
        store.promote("sonnets")
    assert store.live().reference == "shakespeare-plays@1"


def test_another_process_sees_the_promotion(store: ModelRegistry, writer: Writer, packaged: Path) -> None:
    other = open_registry(Path(store.location), packaged)
    assert other.live().reference == "shakespeare-plays@1"
    store.publish("sonnets", writer("sonnets"))
    store.promote("sonnets")
    assert other.live().reference == "sonnets@1"


PROMOTES = """
import sys
from pathlib import Path
from shakelm.store.registry import open_registry

store = open_registry(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for reference in sys.argv[3:]:
    store.promote(reference)
    store.live()
"""


def test_promotions_at_once_are_all_kept(store: ModelRegistry, writer: Writer, packaged: Path) -> None:
    published = [store.publish("sonnets", writer("sonnets")).reference for _ in range(20)]
    run_together(
        [start_script(PROMOTES, store.location, packaged, *published[first::4]) for first in range(4)]
    )
    history = [store.live().reference]
    while history[-1] != "shakespeare-plays@1":
        history.append(store.roll_back().reference)
    assert sorted(history) == sorted([*published, "shakespeare-plays@1"])


class InterruptedStorage(LocalStorage):
    """A folder in which another process does `meanwhile` just before this one's first change."""

    meanwhile: Callable[[], object] | None = None

    def _interrupt(self) -> None:
        meanwhile, InterruptedStorage.meanwhile = InterruptedStorage.meanwhile, None
        if meanwhile is not None:
            meanwhile()

    def compare_and_set_alias(
        self, expected: bytes | None, alias: bytes, needs: tuple[str, int] | None = None
    ) -> bool:
        self._interrupt()
        return super().compare_and_set_alias(expected, alias, needs)

    def remove(self, name: str, number: int, alias: bytes | None) -> bool:
        self._interrupt()
        return super().remove(name, number, alias)


@pytest.fixture
def interrupted(
    store: ModelRegistry, packaged: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> Interrupted:
    """A registry of the same folder, with sonnets@1 and sonnets@2, whose next change is interrupted."""
    for _ in range(2):
        store.publish("sonnets", writer("sonnets"))

    def registry(meanwhile: Callable[[], object]) -> ModelRegistry:
        monkeypatch.setattr(InterruptedStorage, "meanwhile", staticmethod(meanwhile))
        return ModelRegistry(InterruptedStorage(Path(store.location)), LocalStorage(packaged))

    return registry


def test_what_was_removed_meanwhile_is_not_promoted(store: ModelRegistry, interrupted: Interrupted) -> None:
    with pytest.raises(ShakelmError, match="no model 'sonnets@1'"):
        interrupted(lambda: store.remove("sonnets@1")).promote("sonnets@1")
    assert store.live().reference == "shakespeare-plays@1"


def test_the_way_back_leads_past_what_was_removed_meanwhile(
    store: ModelRegistry, interrupted: Interrupted
) -> None:
    for reference in ("sonnets@1", "sonnets@2"):
        store.promote(reference)
    back = interrupted(lambda: store.remove("sonnets@1")).roll_back()
    assert back.reference == store.live().reference == "shakespeare-plays@1"


def test_what_was_promoted_meanwhile_is_not_removed(store: ModelRegistry, interrupted: Interrupted) -> None:
    with pytest.raises(ShakelmError, match="sonnets@1 is live"):
        interrupted(lambda: store.promote("sonnets@1")).remove("sonnets@1")
    assert store.live().reference == "sonnets@1"


def test_a_promotion_meanwhile_is_kept(store: ModelRegistry, interrupted: Interrupted) -> None:
    interrupted(lambda: store.promote("sonnets@1")).promote("sonnets@2")
    assert store.live().reference == "sonnets@2"
    assert store.roll_back().reference == "sonnets@1"


# Removal


def test_a_removed_number_is_never_given_again(store: ModelRegistry, writer: Writer) -> None:
    for _ in range(2):
        store.publish("sonnets", writer("sonnets"))
    removed = store.remove("sonnets@2")
    assert removed.reference == "sonnets@2"
    assert not removed.weights_file.exists()
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1", "sonnets@1"]
    assert store.publish("sonnets", writer("sonnets")).number == 3


def test_the_way_back_leads_past_a_removed_version(store: ModelRegistry, writer: Writer) -> None:
    for _ in range(2):
        store.promote(store.publish("sonnets", writer("sonnets")).reference)
    store.remove("sonnets@1")
    assert store.roll_back().reference == "shakespeare-plays@1"


def test_what_must_stay_is_not_removed(store: ModelRegistry, writer: Writer) -> None:
    store.promote(store.publish("sonnets", writer("sonnets")).reference)
    for reference, cause in (
        ("sonnets@1", "is live"),
        ("shakespeare-word@1", "ships with the package"),
        ("sonnets@2", "no model 'sonnets@2'"),
        ("sonnets", "for example sonnets@1"),
        ("hamlet", "no model 'hamlet'"),
    ):
        with pytest.raises(ShakelmError, match=cause):
            store.remove(reference)
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1", "sonnets@1"]


# Damage


def test_a_damaged_alias_is_told_and_can_be_cured(store: ModelRegistry, writer: Writer) -> None:
    store.promote(store.publish("sonnets", writer("sonnets")).reference)
    alias = Path(store.location) / ".live.json"
    for damage in ("", "{", '{"live": 3}', '{"live": "../../etc"}', '{"live": "sonnets"}'):
        alias.write_text(damage)
        for call in (store.live, lambda: store.promote("sonnets"), store.roll_back):
            with pytest.raises(ShakelmError, match=rf"{re.escape(str(alias))} is damaged .*delete that file"):
                call()
    alias.unlink()
    assert store.promote("sonnets").reference == "sonnets@1"


def test_a_live_version_that_is_gone_is_told_and_can_be_replaced(
    store: ModelRegistry, writer: Writer
) -> None:
    version = store.promote(store.publish("sonnets", writer("sonnets")).reference)
    version.file("card.json").parent.rename(Path(store.location) / "elsewhere")
    with pytest.raises(ShakelmError, match="live model sonnets@1 is no longer"):
        store.live()
    store.promote("shakespeare-word")
    assert store.roll_back().reference == "shakespeare-plays@1"


def test_a_damaged_version_is_told(store: ModelRegistry, writer: Writer) -> None:
    version = store.publish("sonnets", writer("sonnets"))
    version.file("card.json").write_text('{"name": "sonnets"}')
    with pytest.raises(ShakelmError, match=r"card\.json is damaged .*remove sonnets@1, or train it again"):
        version.card()
    version.file("history.json").unlink()
    with pytest.raises(ShakelmError, match=r"history\.json is damaged \(No such file"):
        version.history()
    packaged = store.find("shakespeare-plays")
    packaged.file("configuration.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ShakelmError, match="install the package again"):
        packaged.configuration()


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path, packaged: Path, writer: Writer) -> None:
    (tmp_path / "file").write_text("in the way")
    store = open_registry(tmp_path / "file" / "store", packaged)
    for call in (
        lambda: store.prepare("sonnets"),
        lambda: store.publish("sonnets", writer("sonnets")),
        lambda: store.promote("shakespeare-word"),
        store.roll_back,
    ):
        with pytest.raises(ShakelmError, match=r"cannot be written .*SHAKELM_STORE"):
            call()
    assert references(store) == ["shakespeare-plays@1", "shakespeare-word@1"]
    assert store.live().reference == "shakespeare-plays@1"
