"""Embeds and their limits (Discord documentation, "Message Resource")."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sandbox.schemas.fields import NOT_BLANK, Form, Url, in_messages, length_up_to


class EmbedField(Form):
    """One field of an embed."""

    name: Annotated[str, NOT_BLANK, length_up_to(256)]
    value: Annotated[str, NOT_BLANK, length_up_to(1024)]
    inline: Annotated[bool, BeforeValidator(lambda value: value or False)] = False


class EmbedFooter(Form):
    """The line under an embed; without a text there is none."""

    text: Annotated[str, NOT_BLANK, length_up_to(2048)] | None = None
    icon_url: Url | None = None


class EmbedAuthor(Form):
    """The line above an embed's title; without a name there is none."""

    name: Annotated[str, NOT_BLANK, length_up_to(256)] | None = None
    url: Url | None = None
    icon_url: Url | None = None


class EmbedMedia(Form):
    """A picture of an embed; without an address there is none."""

    url: Url | None = None
    description: Annotated[str, length_up_to(4096)] | None = None


def _in_utc(text: str) -> datetime:
    """A time of ISO 8601 as Discord gives it back; one without an offset is in UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


class Embed(Form):
    """A rich embed. Lengths do not count the whitespace around a text."""

    title: Annotated[str, length_up_to(256)] | None = None
    description: Annotated[str, length_up_to(4096)] | None = None
    url: Url | None = None
    timestamp: str | None = None
    color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    footer: EmbedFooter | None = None
    image: EmbedMedia | None = None
    thumbnail: EmbedMedia | None = None
    author: EmbedAuthor | None = None
    fields: Annotated[list[EmbedField], Field(max_length=25)] | None = None

    @field_validator("timestamp")
    @classmethod
    def _is_a_time(cls, value: str | None) -> str | None:
        try:
            return _in_utc(value).isoformat() if value else None
        except (ValueError, OverflowError):
            raise PydanticCustomError(
                "DATE_TIME_TYPE_PARSE",
                "Could not parse {value}. Should be ISO8601.",
                {"value": in_messages(value)},
            ) from None

    @model_validator(mode="after")
    def _drop_empty_parts(self) -> "Embed":
        parts = (
            ("author", self.author and self.author.name),
            ("footer", self.footer and self.footer.text),
            ("image", self.image and self.image.url),
            ("thumbnail", self.thumbnail and self.thumbnail.url),
        )
        for name, shown in parts:
            if not shown:
                setattr(self, name, None)
        return self

    @property
    def is_visible(self) -> bool:
        """Whether a person sees any part of it."""
        parts = (
            self.title,
            self.description,
            self.fields,
            self.author,
            self.footer,
            self.image,
            self.thumbnail,
        )
        return any(parts)

    @property
    def size(self) -> int:
        """The characters that count toward the limit for all embeds of a message."""
        texts = [self.title, self.description]
        texts += [self.footer.text] if self.footer else []
        texts += [self.author.name] if self.author else []
        for field in self.fields or ():
            texts += [field.name, field.value]
        return sum(len(text) for text in texts if text)

    def to_json(self) -> dict[str, Any]:
        """Discord's embed object."""
        return {"type": "rich", **self.model_dump(exclude_none=True)}
