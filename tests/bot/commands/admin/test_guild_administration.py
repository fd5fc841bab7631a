"""The exported file."""

import io
import zipfile

import pytest

from bot.commands.admin.guild_administration import table_file
from worker.messages.catalog import Refusal

TABLE = "time,text\r\n" + "2025-01-01,ä\r\n" * 1000


def test_a_table_becomes_a_file_for_spreadsheets() -> None:
    name, content = table_file(TABLE, 2**20)

    assert name == "shakelm.csv"
    assert content == b"\xef\xbb\xbf" + TABLE.encode()


def test_a_large_table_is_compressed() -> None:
    name, content = table_file(TABLE, 10_000)

    assert name == "shakelm.zip"
    assert len(content) <= 10_000
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        assert files.read("shakelm.csv").decode("utf-8-sig") == TABLE


def test_a_table_that_is_too_large_even_when_compressed_is_refused() -> None:
    with pytest.raises(Refusal, match="/admin retention"):
        table_file(TABLE, 10)
