"""The file in which a table leaves."""

import io
import zipfile

import pytest

from bot.commands.admin.guild_administration import table_file
from worker.messages.catalog import Refusal

TABLE = "time,text\r\n" + "2025-01-01,ä\r\n" * 1000


def test_a_table_is_a_file_that_spreadsheets_read() -> None:
    name, content = table_file(TABLE, 2**20)

    assert name == "shakelm.csv"
    assert content == b"\xef\xbb\xbf" + TABLE.encode()


def test_a_large_table_is_compressed() -> None:
    name, content = table_file(TABLE, 10_000)

    assert name == "shakelm.zip"
    assert len(content) <= 10_000
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        assert files.read("shakelm.csv").decode("utf-8-sig") == TABLE


def test_one_that_is_too_large_all_the_same_is_refused_with_the_cure() -> None:
    with pytest.raises(Refusal, match="/admin retention"):
        table_file(TABLE, 10)
