"""`/tokens`: how a model reads a text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shakelm.data.vocabulary_kinds import VocabularyKind
from worker.lessons.token_names import token_name
from worker.lessons.tools import Tools
from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import (
    AMBER,
    BLUE,
    MAX_DESCRIPTION,
    Attachment,
    Message,
    cut,
    embed,
    escape,
)
from worker.messages.formats import units
from worker.messages.text_limits import length
from worker.protocol.job_request import JobRequest
from worker.protocol.payload import MAX_PROMPT_CHARACTERS, ModelReference

if TYPE_CHECKING:
    from shakelm.data.vocabulary import TokenMapping


SHOWN_ROWS = 20
"""The most tokens that stand in the message. A file has all of them."""


class TokensRequest(JobRequest, job="tokens"):
    """How a model reads a text: its tokens and their ids."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARACTERS)]
    model: ModelReference | None = None


def answer(wanted: TokensRequest, tools: Tools) -> Message:
    """The tokens of a text, their ids, and what these decode to.

    Raises:
        ShakelmError: there is no such model, or its files are damaged.
    """
    from shakelm.data.vocabulary import check_mapping

    version = tools.find(wanted.model)
    vocabulary = version.vocabulary()
    mappings = check_mapping(wanted.text, vocabulary)
    return message(mappings, vocabulary.kind, version.reference, wanted.reply_to.locale)


def message(
    mappings: "Sequence[TokenMapping]", kind: VocabularyKind, model: str, locale: str = DEFAULT
) -> Message:
    """A table of a text's tokens, their ids and what these decode to. A long table is cut, and attached."""
    if not mappings:
        return Message(embed("", text(locale, "tokens.none"), AMBER))
    known = sum(mapping.known for mapping in mappings)
    title = text(
        locale, "tokens.title", model=model, known=known, count=len(mappings), units=units(kind, locale)
    )
    table = list(_table(mappings, locale))
    # A zero-width space between backticks: three of them would end the block.
    whole, first = (re.sub("`(?=`)", "`\u200b", "\n".join(rows)) for rows in (table, table[: 1 + SHOWN_ROWS]))
    note, block = text(locale, "tokens.cut"), f"```\n{whole}\n```"
    if whole == first and length(block) <= MAX_DESCRIPTION:
        return Message(embed(escape(title), block, BLUE))
    shown = cut(f"{first}\n```", "```", MAX_DESCRIPTION - len(note) - len("```\n\n"))
    body = embed(escape(title), f"```\n{shown}\n{note}", BLUE)
    return Message(body, Attachment("tokens.txt", f"{title}\n\n{whole}\n".encode()))


def _table(mappings: "Sequence[TokenMapping]", locale: str) -> Iterator[str]:
    """A header and one line per token, in columns."""
    cells = [
        [text(locale, "tokens.token"), text(locale, "tokens.id"), text(locale, "tokens.back")],
        *(
            [
                token_name(mapping.piece, locale),
                str(mapping.token),
                text(locale, "tokens.known", token=token_name(mapping.recovered, locale))
                if mapping.known
                else text(locale, "tokens.unknown", token=token_name(mapping.recovered, locale)),
            ]
            for mapping in mappings
        ),
    ]
    piece, number, _ = (max(map(len, column)) for column in zip(*cells, strict=True))
    for row in cells:
        yield f"{row[0]:<{piece}}  {row[1]:>{number}}  {row[2]}"
