"""Settings from environment variables."""

from pathlib import Path

import pytest

from bot.settings import BotSettings
from shakelm.errors import ShakelmError
from worker.settings import read

VARIABLES = (
    "DISCORD_TOKEN",
    "DISCORD_TOKEN_FILE",
    "DISCORD_GUILD",
    "SHAKELM_ADMIN_ROLE",
    "SHAKELM_WITHDRAW_S",
    "DISCORD_API_BASE",
    "SHAKELM_LOG_LEVEL",
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_only_the_token_is_required_and_it_stays_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a-secret")

    settings = read(BotSettings)

    assert settings.token.get_secret_value() == "a-secret"
    assert "a-secret" not in repr(settings)
    assert settings.api_base == "https://discord.com/api/v10"
    assert (settings.guild, settings.admin_role, settings.withdraw_s) == (None, None, 60)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a-secret")
    monkeypatch.setenv("DISCORD_GUILD", "")

    assert read(BotSettings).guild is None


ROLE = "set it to the id of a role, a whole number"
SERVER = "set it to the id of a server, a whole number"
SECONDS = "set it to a number of seconds from 0 to 900."
ADDRESS = "set it to an address that starts with https:// or http://."


@pytest.mark.parametrize(
    ("variable", "value", "cure"),
    [
        ("DISCORD_TOKEN", "", "is not set"),
        ("DISCORD_GUILD", "my server", SERVER),
        ("DISCORD_GUILD", "0", SERVER),
        ("SHAKELM_ADMIN_ROLE", "Teacher", ROLE),
        ("SHAKELM_ADMIN_ROLE", "1_0", ROLE),
        ("SHAKELM_WITHDRAW_S", "901", SECONDS),
        ("SHAKELM_WITHDRAW_S", "nan", SECONDS),
        ("DISCORD_API_BASE", "discord.com", ADDRESS),
        ("DISCORD_API_BASE", "http://[", ADDRESS),
        ("DISCORD_API_BASE", "http://localhost:port", ADDRESS),
        ("SHAKELM_LOG_LEVEL", "debug", "set it to DEBUG, INFO, WARNING or ERROR."),
    ],
)
def test_an_invalid_setting_is_one_sentence_with_the_variable_and_the_cure(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, cure: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a-secret")
    monkeypatch.setenv(variable, value)

    with pytest.raises(ShakelmError) as caught:
        read(BotSettings)

    assert str(caught.value).startswith(variable)
    assert cure in str(caught.value)
    assert "a-secret" not in str(caught.value)


def test_the_token_comes_from_a_file_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-secret\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))

    settings = read(BotSettings)

    assert settings.token.get_secret_value() == "a-secret"
    assert "a-secret" not in repr(settings)


def test_without_a_token_both_variables_are_named() -> None:
    with pytest.raises(ShakelmError, match=r"DISCORD_TOKEN is not set.*DISCORD_TOKEN_FILE"):
        read(BotSettings)
