"""Settings: what the environment may say, and the sentence for what it may not."""

import logging
from pathlib import Path

import pytest

from shakelm.errors import ShakelmError
from worker.settings import WorkerSettings, configure_logging, read

NAMES = (
    "SHAKELM_REDIS_URL",
    "SHAKELM_REDIS_PASSWORD",
    "SHAKELM_REDIS_PASSWORD_FILE",
    "DISCORD_API_BASE",
    "SHAKELM_LOG_LEVEL",
    "SHAKELM_STORE",
    "SHAKELM_ENGINE",
    "SHAKELM_CORPUS",
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_defaults_need_no_environment() -> None:
    settings = read(WorkerSettings)
    assert settings.redis_url == "redis://localhost:6379/0"
    assert settings.api_base == "https://discord.com/api/v10"
    assert settings.store is None
    assert (settings.engine, settings.corpus, settings.log_level) == ("numpy", "shakespeare", "INFO")


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAKELM_STORE", "/models")
    monkeypatch.setenv("DISCORD_API_BASE", "http://127.0.0.1:8080/api/v10/")
    settings = read(WorkerSettings)
    assert settings.store == Path("/models")
    assert settings.api_base == "http://127.0.0.1:8080/api/v10"


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert read(WorkerSettings) == WorkerSettings()


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("DISCORD_API_BASE", "secret", "https://"),
        ("SHAKELM_ENGINE", "secret", "numpy"),
        ("SHAKELM_LOG_LEVEL", "secret", "INFO"),
    ],
)
def test_a_wrong_value_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, cure: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ShakelmError) as error:
        read(WorkerSettings)
    sentence = str(error.value)
    assert sentence.startswith(f"{name} cannot be used: ")
    assert cure in sentence
    assert "secret" not in sentence
    assert "\n" not in sentence


def test_the_password_of_redis_comes_from_its_variable_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHAKELM_REDIS_PASSWORD", "a-secret")
    by_variable = read(WorkerSettings)
    (tmp_path / "password").write_text("a-secret\n")
    monkeypatch.setenv("SHAKELM_REDIS_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(ShakelmError, match="are both set"):
        read(WorkerSettings)
    monkeypatch.delenv("SHAKELM_REDIS_PASSWORD")
    by_file = read(WorkerSettings)
    assert by_variable == by_file
    assert by_file.redis_password is not None
    assert by_file.redis_password.get_secret_value() == "a-secret"
    assert "a-secret" not in repr(by_file)


def test_every_setting_is_described_and_the_address_of_redis_hidden() -> None:
    assert all(field.description and field.alias in NAMES for field in WorkerSettings.model_fields.values())
    assert "redis_url" not in repr(read(WorkerSettings))


def test_no_level_lets_the_addresses_of_requests_into_the_log() -> None:
    configure_logging("DEBUG")
    assert not logging.getLogger("urllib3.connection").isEnabledFor(logging.WARNING)
