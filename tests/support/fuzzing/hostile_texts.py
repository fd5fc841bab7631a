"""Texts as people and models may write them: any Unicode, mentions, markup, invisible characters."""

import re

from hypothesis import strategies as st

PIECES = (
    *(
        "@everyone",
        "@here",
        "<@1>",
        "<@!2>",
        "<@&3>",
        "<#4>",
        "</verse:5>",
        "<:smile:6>",
        "<a:smile:7>",
        ":+1:",
    ),
    *(
        "<t:1700000000:R>",
        "<id:customize>",
        "[a](https://b.c)",
        "https://b.c",
        "<https://b.c>",
        "discord.gg/a",
    ),
    *(
        "**",
        "__",
        "~~",
        "||",
        "`",
        "```",
        "```py\n",
        "> ",
        ">>> ",
        "# ",
        "-# ",
        "- ",
        "1. ",
        "\\",
        "\\\\",
        "*a*",
    ),
    *("\n", "\r", "\r\n", "\t", "\0", "\x1b[31m", "\x07", "\x7f", "\x85", "\u2028", "\u2029", " ", "\u3000"),
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u2066", "\u061c", "\u00ad", "\ud800", "\udfff"),
    *(
        "e\u0301",
        "Z" + "\u0334\u0321\u035b" * 9,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f1e9\U0001f1ea",
    ),
    *(
        "שלום",
        "مرحبا",
        "{count}",
        "{0}",
        "%s",
        "${x}",
        "../../etc/passwd",
        "'; --",
        "<unk>",
        "\U0010ffff",
        "ß",
    ),
)
"""What texts are made of where it matters."""


def texts(longest: int = 6000) -> st.SearchStrategy[str]:
    """Texts of at most `longest` code points: of such pieces, of any characters, or one piece many times."""
    anything = st.text(st.characters(), max_size=40)  # with lone surrogates
    mixed = st.lists(st.one_of(st.sampled_from(PIECES), anything), max_size=30).map("".join)
    repeated = st.builds(
        lambda piece, times, end: piece * times + end,
        st.one_of(st.sampled_from(PIECES), st.text(st.characters(), min_size=1, max_size=3)),
        st.sampled_from((1, 50, 99, 100, 101, 499, 500, 501, 2000, 2047, 4095, 4096, 4097, 6000)),
        st.sampled_from(PIECES),
    )
    return st.one_of(mixed, repeated, anything).map(lambda written: written[:longest])


def readable(longest: int = 6000) -> st.SearchStrategy[str]:
    """Such texts without lone surrogates, as UTF-8 files and models have them."""
    return texts(longest).map(lambda written: re.sub("[\ud800-\udfff]", "?", written))
