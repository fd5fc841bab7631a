"""The base of all forms, their common types of fields, and problems in Discord's words.

Source of the messages: Discord documentation, "Reference" (error messages).
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Json = dict[str, Any]

Locale = Literal[
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk",
    "vi", "zh-CN", "zh-TW",
]  # fmt: skip
"""The languages of Discord's client (documentation, "Reference", locales)."""


ChannelType = Literal[0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]
"""The types of channels (documentation, "Channel Resource")."""


class Form(BaseModel):
    """Base of all request bodies. It ignores unknown keys, as Discord does."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


def _snowflake(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9][0-9]{0,19}", value):
        text = 'Value "{value}" is not snowflake.'
        raise PydanticCustomError("NUMBER_TYPE_COERCE", text, {"value": in_messages(value)})
    return value


def in_messages(value: Any) -> str:
    """A wrong value as error messages show it; pydantic cannot render lone surrogates."""
    return str(value)[:100].encode(errors="backslashreplace").decode()


def _url(value: str) -> str:
    if not _is_well_formed(value):
        raise PydanticCustomError("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return value


def _is_well_formed(url: str) -> bool:
    if url.lower().startswith("attachment://"):
        return True
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)


def _not_blank(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("BASE_TYPE_REQUIRED", "This field is required")
    return value


def length_up_to(limit: int) -> StringConstraints:
    """A text of at most `limit` characters, not counting the whitespace around it."""
    return StringConstraints(strip_whitespace=True, max_length=limit)


def length_between(least: int, most: int) -> AfterValidator:
    """A text of `least` to `most` characters, or a list of as many items."""

    def check_length(value: Any) -> Any:
        if not least <= len(value) <= most:
            raise PydanticCustomError(
                "BASE_TYPE_BAD_LENGTH",
                "Must be between {least} and {most} in length.",
                {"least": least, "most": most},
            )
        return value

    return AfterValidator(check_length)


def _all_differ(values: list[Any]) -> list[Any]:
    check_unique(map(str, values), "SET_TYPE_CONTAINS_DUPLICATE", "Items must be unique.")
    return values


NOT_BLANK = BeforeValidator(_not_blank)
UNIQUE = AfterValidator(_all_differ)

Snowflake = Annotated[str, BeforeValidator(_snowflake)]
Url = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_url)]


def check_unique(names: Iterable[str], code: str, message: str) -> None:
    """Refuse a name that occurs twice.

    Raises:
        PydanticCustomError: a name occurs twice; the error has this code and message.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PydanticCustomError(code, message)
        seen.add(name)


Problem = tuple[tuple[str | int, ...], str, str]
"""A place in a form, Discord's code for what is wrong there, and its message."""


def check_problems(problems: Iterable[Problem]) -> None:
    """Refuse a form that has problems.

    Raises:
        ValidationError: there is a problem. The error holds all of them; pydantic puts the form's place
            before each.
    """
    details = [
        InitErrorDetails(type=PydanticCustomError(code, "{text}", {"text": text}), loc=place, input=None)
        for place, code, text in problems
    ]
    if details:
        raise ValidationError.from_exception_data("form", details)


def missing(*place: str | int) -> Problem:
    """The problem that a required field is missing at this place."""
    return place, "BASE_TYPE_REQUIRED", "This field is required"


def by_type(kinds: dict[int, type[Form]]) -> BeforeValidator:
    """A form whose key `type` chooses its class."""

    def choose(body: Any) -> Any:
        if not isinstance(body, dict):
            raise PydanticCustomError(
                "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType", {}
            )
        kind = body.get("type")
        if not isinstance(kind, int) or kind not in kinds:
            known = ", ".join(map(str, kinds))
            check_problems(
                [(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({known}).')]
            )
        return kinds[body["type"]].model_validate(body)

    return BeforeValidator(choose)
