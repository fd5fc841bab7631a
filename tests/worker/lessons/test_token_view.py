"""How a model's vocabulary sees a text."""

import redis

from shakelm.data.vocabulary import TokenMapping
from tests.support.discord_messages import embed
from tests.support.request_makers import reply_to
from worker.lessons import token_view
from worker.lessons.token_view import TokensRequest
from worker.lessons.tools import Tools
from worker.protocol.payload import MAX_PROMPT_CHARACTERS

Connection = redis.Redis

WHO = {"author": "1", "guild": "2", "channel": "3"}


def test_backticks_in_a_token_do_not_end_the_block() -> None:
    body = token_view.message([TokenMapping("a```b", 0, "<unk>")], "word", "m@1").body

    description = body["embeds"][0]["description"]
    assert description.count("```") == 2
    assert description.startswith("```\n")
    assert description.endswith("\n```")


def test_the_space_in_a_piece_is_seen() -> None:
    mappings = [TokenMapping(" the", 5, " the"), TokenMapping("s", 6, "s"), TokenMapping(" ", 1, " ")]
    body = token_view.message(mappings, "subword", "m@1").body

    _, _, *rows, _ = embed(body)["description"].split("\n")
    assert [row.split("  ", 1)[0].strip() for row in rows] == ["␣the", "s", "␣ space"]
    assert embed(body)["title"] == r"m\@1 knows 3 of 3 pieces of words"


def test_tokens_are_shown_with_ids_and_unknown_ones_in_words(tools: Tools) -> None:
    wanted = TokensRequest(text="Good, zounds\n", model="shakespeare-word", reply_to=reply_to(), **WHO)
    message = token_view.answer(wanted, tools)

    (embed,) = message.body["embeds"]
    assert embed["title"] == r"shakespeare-word\@3 knows 2 of 3 words"
    fence, _, *rows, end = embed["description"].split("\n")
    assert (fence, end) == ("```", "```")
    assert [row.split("  ", 1)[0].strip() for row in rows] == ["good", "zounds", "↵ line end"]
    assert ["✗ <unk>, unknown" in row for row in rows] == [False, True, False]
    assert message.attachment is None


def test_many_tokens_are_cut_with_a_sentence_and_attached_as_a_whole(tools: Tools) -> None:
    text = "`" * MAX_PROMPT_CHARACTERS
    wanted = TokensRequest(text=text, model="shakespeare-char", reply_to=reply_to(), **WHO)
    message = token_view.answer(wanted, tools)

    description = embed(message.body)["description"]
    assert len(description) <= 4096
    assert description.count("```") == 2
    assert description.endswith("```\n… (shortened; the attached file has all tokens)")
    assert message.attachment
    assert message.attachment.content.decode().count("✗ <unk>, unknown") == MAX_PROMPT_CHARACTERS


def test_a_text_without_tokens_says_so(tools: Tools) -> None:
    wanted = TokensRequest(text="?!", model="shakespeare-word", reply_to=reply_to(), **WHO)
    message = token_view.answer(wanted, tools)
    assert "no tokens for this model" in embed(message.body)["description"]
