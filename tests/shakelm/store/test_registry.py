"""The store: what it lists, its live pointer, and several real processes in it at once."""

import errno
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shakelm.errors import ShakelmError
from shakelm.lifetimes import LEFTOVER_S
from shakelm.store.registry import ModelRegistry, open_registry

Writer = Callable[[str], Callable[[Path, int], None]]


def references(store: ModelRegistry) -> list[str]:
    return [version.reference for version in store.versions()]


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own that runs the script once a line comes to its standard input."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_together(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Let processes that are ready go at the same moment; what each printed."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs


# Versions


def test_packaged_versions_are_always_listed(store: ModelRegistry, writer: Writer) -> None:
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1"]
    assert not Path(store.location).exists()
    store.publish("sonnets", writer("sonnets"))
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1", "sonnets@1"]
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


def test_a_full_disk_is_told_with_its_cure(store: ModelRegistry) -> None:
    def write(_folder: Path, _number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ShakelmError, match="free space on its disk"):
        store.publish("sonnets", write)
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1"]


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
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@2"]


def test_what_does_not_exist_is_told_with_what_does(store: ModelRegistry) -> None:
    for reference in ("hamlet", "hamlet@1", "shakespeare-char@3"):
        with pytest.raises(ShakelmError, match=rf"'{reference}'.*shakespeare-char@1, shakespeare-word@1"):
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


def test_foreign_files_are_no_versions(store: ModelRegistry, writer: Writer) -> None:
    store.publish("sonnets", writer("sonnets"))
    (Path(store.location) / "README").write_text("hello")
    (Path(store.location) / "notes.txt").write_text("hello")
    (Path(store.location) / "sonnets" / "draft").mkdir()
    (Path(store.location) / "sonnets" / "2").mkdir()
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1", "sonnets@1"]
    with pytest.raises(ShakelmError, match="no model 'sonnets@2'"):
        store.find("sonnets@2")


# Publishing


def test_preparing_leaves_nothing_behind(store: ModelRegistry) -> None:
    store.prepare("sonnets")
    assert list(Path(store.location).iterdir()) == []


def test_a_version_appears_only_when_it_is_complete(store: ModelRegistry, writer: Writer) -> None:
    def write(folder: Path, number: int) -> None:
        assert not list(folder.iterdir())
        writer("sonnets")(folder, number)
        assert references(store) == ["shakespeare-char@1", "shakespeare-word@1"]

    store.publish("sonnets", write)
    assert "sonnets@1" in references(store)


def test_a_publisher_that_fails_leaves_nothing(store: ModelRegistry, writer: Writer) -> None:
    def fail(folder: Path, number: int) -> None:
        writer("sonnets")(folder, number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.publish("sonnets", fail)
    assert not [path for path in Path(store.location).rglob("*") if path != Path(store.location) / "sonnets"]
    assert store.publish("sonnets", writer("sonnets")).number == 1


KILLED = """
import sys
from pathlib import Path
from shakelm.store.registry import ModelRegistry, open_registry

def write(folder, number):
    (folder / "card.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(bytes(1000))
    print("half", flush=True)
    sys.stdin.readline()

open_registry(Path(sys.argv[1]), Path(sys.argv[2])).publish("sonnets", write)
"""


def test_a_killed_publisher_leaves_no_version(store: ModelRegistry, writer: Writer, packaged: Path) -> None:
    with start(KILLED, Path(store.location), packaged) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        assert "sonnets@1" not in references(store)
        process.kill()
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1"]
    [leftover] = Path(store.location).glob(".*")
    published = store.publish("sonnets", writer("sonnets"))
    assert published.weights_file.read_text() == f"weights of {published.reference}"
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1", published.reference]
    assert leftover.exists()  # young: it might belong to a publisher at work
    long_ago = time.time() - LEFTOVER_S - 60
    os.utime(leftover, (long_ago, long_ago))
    store.publish("sonnets", writer("sonnets"))
    assert not leftover.exists()


PUBLISHES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from shakelm.store.registry import ModelRegistry, open_registry

def write(folder, number):
    (folder / "weights.safetensors").write_text(f"{sys.argv[3]} {number}")
    (folder / "card.json").write_text("{}")

store = open_registry(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
sys.setswitchinterval(1e-6)  # threads meet at every step
barrier = Barrier(5)

def publish(_):
    barrier.wait()
    return store.publish("sonnets", write)

with ThreadPoolExecutor(5) as pool:
    for version in pool.map(publish, range(25)):
        print(version.number)
"""


def test_publishers_at_once_get_numbers_of_their_own(store: ModelRegistry, packaged: Path) -> None:
    outputs = run_together([start(PUBLISHES, Path(store.location), packaged, publisher) for publisher in "abcd"])
    given = {
        int(number): publisher
        for publisher, output in zip("abcd", outputs, strict=True)
        for number in output.split()
    }
    assert sorted(given) == list(range(1, 101))
    for number, publisher in given.items():
        assert store.find(f"sonnets@{number}").weights_file.read_text() == f"{publisher} {number}"
    assert not list(Path(store.location).glob(".temporary-*"))


# The live version


def test_the_packaged_default_is_live_at_first(store: ModelRegistry, writer: Writer) -> None:
    assert store.live().reference == "shakespeare-char@1"
    assert store.find(None) == store.live()
    store.publish("shakespeare-char", writer("shakespeare-char"))
    assert store.live().reference == "shakespeare-char@1"  # nothing promotes itself


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
    assert store.roll_back().reference == store.live().reference == "shakespeare-char@1"
    with pytest.raises(ShakelmError, match="no formerly live model"):
        store.roll_back()
    assert store.live().reference == "shakespeare-char@1"


def test_only_what_exists_is_promoted(store: ModelRegistry) -> None:
    with pytest.raises(ShakelmError, match="no model 'sonnets'"):
        store.promote("sonnets")
    assert store.live().reference == "shakespeare-char@1"


def test_another_process_sees_the_promotion(store: ModelRegistry, writer: Writer, packaged: Path) -> None:
    other = open_registry(Path(store.location), packaged)
    assert other.live().reference == "shakespeare-char@1"
    store.publish("sonnets", writer("sonnets"))
    store.promote("sonnets")
    assert other.live().reference == "sonnets@1"


PROMOTES = """
import sys
from pathlib import Path
from shakelm.store.registry import ModelRegistry, open_registry

store = open_registry(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for reference in sys.argv[3:]:
    store.promote(reference)
    store.live()
"""


def test_promotions_at_once_are_all_kept(store: ModelRegistry, writer: Writer, packaged: Path) -> None:
    published = [store.publish("sonnets", writer("sonnets")).reference for _ in range(20)]
    run_together([start(PROMOTES, Path(store.location), packaged, *published[first::4]) for first in range(4)])
    history = [store.live().reference]
    while history[-1] != "shakespeare-char@1":
        history.append(store.roll_back().reference)
    assert sorted(history) == sorted([*published, "shakespeare-char@1"])


# Removal


def test_a_removed_number_is_never_given_again(store: ModelRegistry, writer: Writer) -> None:
    for _ in range(2):
        store.publish("sonnets", writer("sonnets"))
    removed = store.remove("sonnets@2")
    assert removed.reference == "sonnets@2"
    assert not removed.weights_file.exists()
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1", "sonnets@1"]
    assert store.publish("sonnets", writer("sonnets")).number == 3


def test_the_way_back_leads_past_a_removed_version(store: ModelRegistry, writer: Writer) -> None:
    for _ in range(2):
        store.promote(store.publish("sonnets", writer("sonnets")).reference)
    store.remove("sonnets@1")
    assert store.roll_back().reference == "shakespeare-char@1"


def test_what_must_stay_is_not_removed(store: ModelRegistry, writer: Writer) -> None:
    store.promote(store.publish("sonnets", writer("sonnets")).reference)
    for reference, cause in (
        ("sonnets@1", "is live"),
        ("shakespeare-word@1", "ships with the package"),
        ("sonnets@2", "no model 'sonnets@2'"),
        ("sonnets", "as in sonnets@1"),
        ("hamlet", "no model 'hamlet'"),
    ):
        with pytest.raises(ShakelmError, match=cause):
            store.remove(reference)
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1", "sonnets@1"]


# Damage


def test_a_damaged_pointer_is_told_and_can_be_cured(store: ModelRegistry, writer: Writer) -> None:
    store.promote(store.publish("sonnets", writer("sonnets")).reference)
    pointer = Path(store.location) / ".live.json"
    for damage in ("", "{", '{"live": 3}', '{"live": "../../etc"}', '{"live": "sonnets"}'):
        pointer.write_text(damage)
        for call in (store.live, lambda: store.promote("sonnets"), store.roll_back):
            with pytest.raises(
                ShakelmError, match=rf"{re.escape(str(pointer))} is damaged .*delete that file"
            ):
                call()
    pointer.unlink()
    assert store.promote("sonnets").reference == "sonnets@1"


def test_a_live_version_that_is_gone_is_told_and_can_be_replaced(store: ModelRegistry, writer: Writer) -> None:
    version = store.promote(store.publish("sonnets", writer("sonnets")).reference)
    version.file("card.json").parent.rename(Path(store.location) / "elsewhere")
    with pytest.raises(ShakelmError, match="live model sonnets@1 is no longer"):
        store.live()
    store.promote("shakespeare-word")
    assert store.roll_back().reference == "shakespeare-char@1"


def test_a_damaged_version_is_told(store: ModelRegistry, writer: Writer) -> None:
    version = store.publish("sonnets", writer("sonnets"))
    (version.file("card.json").parent / "card.json").write_text('{"name": "sonnets"}')
    with pytest.raises(ShakelmError, match=r"card\.json is damaged .*remove sonnets@1, or train it again"):
        version.card()
    (version.file("card.json").parent / "history.json").unlink()
    with pytest.raises(ShakelmError, match=r"history\.json cannot be read"):
        version.history()
    packaged = store.find("shakespeare-char")
    (packaged.file("card.json").parent / "configuration.json").write_bytes(b"\xff\xfe")
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
        lambda: store.remove("shakespeare-word@1"),
    ):
        with pytest.raises(ShakelmError, match=r"cannot be written .*SHAKELM_STORE"):
            call()
    assert references(store) == ["shakespeare-char@1", "shakespeare-word@1"]
    assert store.live().reference == "shakespeare-char@1"


def test_a_store_that_is_no_folder_is_told(tmp_path: Path, packaged: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ShakelmError, match=r"cannot be read .*SHAKELM_STORE"):
        open_registry(tmp_path / "file", packaged).versions()


def test_reading_writes_nothing(store: ModelRegistry, writer: Writer) -> None:
    store.publish("sonnets", writer("sonnets"))
    before = sorted((path, path.stat().st_mtime_ns) for path in Path(store.location).rglob("*"))
    store.versions(), store.live(), store.find("sonnets").card(), store.is_live(store.find("sonnets"))
    assert sorted((path, path.stat().st_mtime_ns) for path in Path(store.location).rglob("*")) == before
