"""Cutting: by the stricter count, between graphemes, and not in the middle of markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from tests.support.fuzzing.hostile_texts import texts
from worker.messages import discord_json, text_limits

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def units(written: str) -> int:
    return len(written.encode("utf-16-le", "surrogatepass")) // 2


@given(texts())
def test_length_counts_utf_16_units(written: str) -> None:
    assert text_limits.length(written) == units(written) >= len(written)


@given(texts(), st.integers(0, 300))
def test_a_head_is_a_start_that_fits_and_nearly_fills_the_limit(written: str, limit: int) -> None:
    head = text_limits.head(written, limit)

    assert written.startswith(head)
    assert units(head) <= limit
    assert head == written or units(head) >= limit - 2 * text_limits.LONGEST_GRAPHEME


@pytest.mark.parametrize("grapheme", [FAMILY, "e\u0301", "\U0001f1e9\U0001f1ea", "\U0001f600", "\r\n"])
@pytest.mark.parametrize("limit", range(1, 40))
def test_no_grapheme_is_cut(grapheme: str, limit: int) -> None:
    head = text_limits.head("a" + grapheme * 40, limit)
    assert head == "a" + grapheme * ((limit - 1) // units(grapheme))
    assert set(iter_graphemes(head[1:])) <= {grapheme}


@pytest.mark.parametrize("mark", ["\u0301", "\u200d"])
def test_one_endless_grapheme_is_cut_all_the_same(mark: str) -> None:
    assert text_limits.head("Z" + mark * 6000, 100) == "Z" + mark * 99


@given(texts(), st.integers(20, 5000))
def test_a_cut_escapes_all_that_it_keeps(written: str, limit: int) -> None:
    cut = discord_json.cut(discord_json.escape(written), "…", limit)

    assert units(cut) <= limit
    assert_harmless(cut)


def assert_harmless(markdown: str) -> None:
    """Nothing in it is markup, a mention or a raw control character; no escape sequence lacks its end."""
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown)
    assert not re.search(r"[*_~`|\[\]()<@\\]", rest), rest
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", markdown)
    assert not re.search(r"^[^\S\n]*([>#+-]|\d+\.)", markdown, re.MULTILINE)


@pytest.mark.parametrize("limit", range(8, 30))
def test_bold_that_is_cut_ends(limit: int) -> None:
    cut = discord_json.cut("**" + r"\*A" * 30 + "**", "…", limit)

    assert units(cut) <= limit
    assert re.fullmatch(r"(\*\*(\\\*|A)*\*\*)?\n…", cut), cut


@given(texts(300), st.integers(2, 100))
def test_a_clipped_line_is_one_line_that_turns_nothing_around(written: str, limit: int) -> None:
    clipped = discord_json.clip(written, limit)

    assert units(clipped) <= limit
    assert not re.search(r"[\n\r\u202a-\u202e\u2066-\u2069\ud800-\udfff]", clipped)


@given(
    texts(),
    texts(),
    texts(),
    st.lists(st.fixed_dictionaries({"name": texts(300), "value": texts(2000)}), max_size=5),
)
def test_an_embed_fits_in_all_its_parts_and_as_a_whole(
    title: str, description: str, footer: str, fields: list[discord_json.Field]
) -> None:
    escape = discord_json.escape
    escaped = [{name: escape(part) for name, part in field.items()} for field in fields]
    body = discord_json.embed(escape(title), escape(description), 0, footer, escaped)
    (embed,) = body["embeds"]

    assert units(embed["description"]) <= 4096
    assert units(embed.get("title", "")) <= 256
    assert units(embed.get("footer", {"text": ""})["text"]) <= 2048
    parts = [part for field in embed.get("fields", ()) for part in (field["name"], field["value"])]
    assert all(units(part) <= 1024 for part in parts)
    whole = [embed.get("title", ""), embed["description"], embed.get("footer", {"text": ""})["text"], *parts]
    assert sum(map(units, whole)) <= 6000
    assert body["allowed_mentions"] == {"parse": []}
    assert_harmless(embed["description"])


@given(texts())
def test_a_message_of_text_fits(content: str) -> None:
    assert units(discord_json.plain(content)["content"]) <= 2000
