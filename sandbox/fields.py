"""What forms are made of: the base of all bodies, kinds of fields, and mistakes in Discord's words.

The messages are those of Discord's documentation, "Reference" (error messages).
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Locale = Literal[
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk",
    "vi", "zh-CN", "zh-TW",
]  # fmt: skip
"""Discord's languages (documentation, "Reference", locales)."""


class Form(BaseModel):
    """Base of all bodies. Unknown keys are ignored, as Discord ignores them."""

    model_config = ConfigDict(extra="ignore")


def _snowflake(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9][0-9]{0,19}", value):
        raise PydanticCustomError("NUMBER_TYPE_COERCE", 'Value "{value}" is not snowflake.', {"value": value})
    return value


def _address(value: str) -> str:
    scheme = value.partition("://")[0].lower()
    if scheme not in ("http", "https", "attachment") or "://" not in value:
        raise PydanticCustomError("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return value


def _required(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("BASE_TYPE_REQUIRED", "This field is required")
    return value


def up_to(limit: int) -> StringConstraints:
    """A text of at most so many characters, without the whitespace around it."""
    return StringConstraints(strip_whitespace=True, max_length=limit)


def between(least: int, most: int) -> AfterValidator:
    """A text or a list of so many characters or items."""

    def check(value: Any) -> Any:
        if not least <= len(value) <= most:
            raise PydanticCustomError(
                "BASE_TYPE_BAD_LENGTH",
                "Must be between {least} and {most} in length.",
                {"least": least, "most": most},
            )
        return value

    return AfterValidator(check)


GIVEN = BeforeValidator(_required)

Snowflake = Annotated[str, BeforeValidator(_snowflake)]
Address = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_address)]


def all_differ(names: Iterable[str], code: str, message: str) -> None:
    """Refuse a name that occurs twice.

    Raises:
        PydanticCustomError: one does.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PydanticCustomError(code, message)
        seen.add(name)


Mistake = tuple[tuple[str | int, ...], str, str]
"""Where something is wrong, Discord's code and its message."""


def check(mistakes: Iterable[Mistake]) -> None:
    """Refuse a form for the mistakes at some places in it, if there are any.

    Raises:
        ValidationError: with all of them; pydantic puts the place of the form before theirs.
    """
    details = [
        InitErrorDetails(type=PydanticCustomError(code, "{text}", {"text": text}), loc=place, input=None)
        for place, code, text in mistakes
    ]
    if details:
        raise ValidationError.from_exception_data("form", details)


def required(*place: str | int) -> Mistake:
    """That something is missing there."""
    return place, "BASE_TYPE_REQUIRED", "This field is required"


def of_type(kinds: dict[int, type[Form]]) -> BeforeValidator:
    """A form whose class is chosen by its key `type`."""

    def choose(body: Any) -> Any:
        if not isinstance(body, dict):
            raise PydanticCustomError(
                "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType", {}
            )
        kind = body.get("type")
        if kind not in kinds:
            known = ", ".join(map(str, kinds))
            check([(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({known}).')])
        return kinds[body["type"]].model_validate(body)

    return BeforeValidator(choose)
