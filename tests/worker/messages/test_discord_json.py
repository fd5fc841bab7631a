"""Escaping: Discord shows what was written."""

import re

import pytest

from worker.messages import discord_json


def shown(markdown: str) -> str:
    """What Discord shows of fully escaped markdown."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*a* _b_ ~~c~~ `d` ||e||", r"\*a\* \_b\_ \~\~c\~\~ \`d\` \|\|e\|\|"),
        ("a\\*b", r"a\\\*b"),
        ("> a\n# b\n-# c\n- d\n+ e\n * f", "\\> a\n\\# b\n\\-# c\n\\- d\n\\+ e\n \\* f"),
        ("1. a\n 22. b", "1\\. a\n 22\\. b"),
        ("a - b, 1.5 > 1 # c.", "a - b, 1.5 > 1 # c."),
        ("[a](https://b.c)", r"\[a\]\(https\://b.c\)"),
        ("https://b.c <https://b.c>", r"https\://b.c \<https\://b.c>"),
        ("<@1> <#2> @everyone", r"\<\@1> \<#2> \@everyone"),
        ("<:smile:1> :smile: :+1:", r"\<\:smile:1> \:smile: \:+1:"),
        ("<t:1700000000:R>", r"\<t\:1700000000:R>"),
        ("ROMEO:\nAy me!", "ROMEO:\nAy me!"),
        ("a\r\n# b\r# c", "a\n\\# b\n\\# c"),
        ("", ""),
    ],
)
def test_escaped_text_is_shown_as_it_is(text: str, escaped: str) -> None:
    assert discord_json.escape(text) == escaped
    assert shown(escaped) == re.sub(r"\r\n?", "\n", text)
