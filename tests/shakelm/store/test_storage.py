"""The contract of every storage: what the model registry relies on.

To test another implementation, add to `STORAGES` how one is opened, given an empty folder for the test.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from shakelm.store.local_storage import LocalStorage
from shakelm.store.storage import Storage, WriteFiles

STORAGES: dict[str, Callable[[Path], Storage]] = {"local": lambda folder: LocalStorage(folder / "store")}

Open = Callable[[], Storage]


@pytest.fixture(params=STORAGES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same place again and again, as different processes do."""
    open_storage: Callable[[Path], Storage] = STORAGES[request.param]
    return lambda: open_storage(tmp_path)


@pytest.fixture
def storage(opened: Open) -> Storage:
    return opened()


def writing(content: str = "card") -> WriteFiles:
    """Write a version of two files, whose card says the number."""

    def write(folder: Path, number: int) -> None:
        (folder / "weights.safetensors").write_bytes(bytes(range(256)) * 1000)
        (folder / "card.json").write_text(f"{content} {number}")

    return write


def card(storage: Storage, name: str, number: int) -> str:
    return storage.file(name, number, "card.json").read_text()


def test_an_empty_place_holds_nothing(storage: Storage) -> None:
    assert list(storage.versions()) == []
    assert storage.numbers("sonnets") == set()
    assert not storage.holds("sonnets", 1)
    assert storage.read_alias() is None


def test_the_same_place_opened_twice_is_equal(opened: Open) -> None:
    assert opened() == opened()
    assert hash(opened()) == hash(opened())
    assert opened().location == opened().location != ""
    assert opened().alias_location.startswith(opened().location)


def test_preparing_adds_nothing(storage: Storage) -> None:
    storage.prepare()
    storage.prepare()
    assert list(storage.versions()) == []
    assert storage.read_alias() is None


# Versions


def test_a_published_version_is_found_with_its_files(opened: Open) -> None:
    assert opened().publish("sonnets", writing()) == 1
    storage = opened()
    assert list(storage.versions()) == [("sonnets", 1)]
    assert storage.holds("sonnets", 1)
    assert card(storage, "sonnets", 1) == "card 1"
    assert storage.file("sonnets", 1, "weights.safetensors").read_bytes() == bytes(range(256)) * 1000
    assert not storage.file("sonnets", 1, "history.json").exists()
    assert not storage.holds("sonnets", 2)
    assert not storage.holds("plays", 1)


def test_numbers_count_up_for_each_name(storage: Storage) -> None:
    numbers = [storage.publish(name, writing()) for name in ("sonnets", "plays", "sonnets", "sonnets")]
    assert numbers == [1, 1, 2, 3]
    assert sorted(storage.versions()) == [("plays", 1), ("sonnets", 1), ("sonnets", 2), ("sonnets", 3)]
    assert storage.numbers("sonnets") == {1, 2, 3}


def test_numbers_go_on_above_those_of_another_place(storage: Storage) -> None:
    assert storage.publish("sonnets", writing(), above=4) == 5
    assert storage.publish("sonnets", writing(), above=4) == 6
    assert card(storage, "sonnets", 5) == "card 5"


def test_a_version_appears_when_it_is_complete(storage: Storage) -> None:
    def write(folder: Path, number: int) -> None:
        assert list(folder.iterdir()) == []
        writing()(folder, number)
        assert number in storage.numbers("sonnets")
        assert not storage.holds("sonnets", number)
        assert list(storage.versions()) == []

    storage.publish("sonnets", write)
    assert list(storage.versions()) == [("sonnets", 1)]


class GaveUpError(BaseException):
    """Ends a publication, as Ctrl-C does."""


def test_a_publication_that_fails_adds_nothing(storage: Storage) -> None:
    def fail(folder: Path, number: int) -> None:
        writing()(folder, number)
        raise GaveUpError

    with pytest.raises(GaveUpError):
        storage.publish("sonnets", fail)
    assert list(storage.versions()) == []
    number = storage.publish("sonnets", writing())
    assert list(storage.versions()) == [("sonnets", number)]


def test_publishers_at_once_get_numbers_of_their_own(opened: Open) -> None:
    barrier = Barrier(8)

    def publish(publisher: str) -> int:
        storage = opened()
        barrier.wait()
        return storage.publish("sonnets", writing(publisher))

    with ThreadPoolExecutor(8) as pool:
        given = dict(zip("abcdefgh", pool.map(publish, "abcdefgh"), strict=True))
    assert sorted(given.values()) == list(range(1, 9))
    for publisher, number in given.items():
        assert card(opened(), "sonnets", number) == f"{publisher} {number}"


# The live alias


def test_the_alias_is_set_only_where_it_is_as_expected(opened: Open) -> None:
    assert opened().compare_and_set_alias(None, b"first")
    assert opened().read_alias() == b"first"
    assert not opened().compare_and_set_alias(None, b"late")
    assert not opened().compare_and_set_alias(b"other", b"late")
    assert opened().read_alias() == b"first"
    assert opened().compare_and_set_alias(b"first", b"second")
    assert opened().read_alias() == b"second"


def test_the_alias_is_set_only_where_the_version_that_it_needs_is_there(storage: Storage) -> None:
    assert not storage.compare_and_set_alias(None, b"new", ("sonnets", 1))
    assert storage.read_alias() is None
    storage.publish("sonnets", writing())
    assert storage.compare_and_set_alias(None, b"new", ("sonnets", 1))
    assert storage.remove("sonnets", 1, b"new")
    assert not storage.compare_and_set_alias(b"new", b"newer", ("sonnets", 1))
    assert storage.read_alias() == b"new"


def test_no_change_of_the_alias_is_lost(opened: Open) -> None:
    barrier = Barrier(4)

    def count(_: int) -> None:
        storage = opened()
        barrier.wait()
        for _ in range(25):
            while True:
                before = storage.read_alias()
                after = str(int(before or b"0") + 1).encode()
                if storage.compare_and_set_alias(before, after):
                    break

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert opened().read_alias() == b"100"


# Removal


def test_a_removed_version_is_gone_and_its_number_stays_taken(opened: Open) -> None:
    storage = opened()
    for _ in range(2):
        storage.publish("sonnets", writing())
    assert storage.remove("sonnets", 2, None)
    assert list(opened().versions()) == [("sonnets", 1)]
    assert not opened().holds("sonnets", 2)
    assert not opened().file("sonnets", 2, "weights.safetensors").exists()
    assert opened().numbers("sonnets") == {1, 2}
    assert opened().publish("sonnets", writing()) == 3


def test_what_is_removed_already_is_not_removed_again(storage: Storage) -> None:
    storage.publish("sonnets", writing())
    assert storage.remove("sonnets", 1, None)
    assert not storage.remove("sonnets", 1, None)
    assert not storage.remove("plays", 1, None)


def test_nothing_is_removed_once_the_alias_has_changed(storage: Storage) -> None:
    storage.publish("sonnets", writing())
    storage.compare_and_set_alias(None, b"now")
    for outdated in (None, b"before"):
        assert not storage.remove("sonnets", 1, outdated)
    assert storage.holds("sonnets", 1)
    assert storage.remove("sonnets", 1, b"now")
