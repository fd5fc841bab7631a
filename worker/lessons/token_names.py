"""Tokens as people read them: on a button, in a sentence, in a table."""

from worker.messages.catalog import text
from worker.messages.discord_json import clip

MAX_TOKEN = 20


def token_name(token: str, locale: str) -> str:
    """The token on a button, in a sentence or in a table: blanks have names."""
    blanks = {" ": text(locale, "token.space"), "\n": text(locale, "token.line_end")}
    return blanks.get(token) or clip(_visible(token), MAX_TOKEN)


def _visible(piece: str) -> str:
    """The piece with visible spaces, or its code points if it is not visible."""
    if piece.isprintable() and not piece.isspace():
        return piece.replace(" ", "␣")
    return " ".join(f"U+{ord(character):04X}" for character in piece)
