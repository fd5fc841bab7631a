"""The body of a message (Discord documentation, "Message Resource")."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sandbox.schemas.components import Rows
from sandbox.schemas.embeds import Embed
from sandbox.schemas.fields import Form, Snowflake, length_up_to
from sandbox.schemas.refusals import Refusal

COMPONENTS_V2 = 1 << 15

MAX_CONTENT = 2000
MAX_EMBEDS = 10
MAX_EMBED_TOTAL = 6000
MAX_FILES = 10

_UNSUPPORTED = {
    "poll": "polls",
    "sticker_ids": "stickers",
    "shared_client_theme": "themes",
    "thread_name": "new threads",
}


class AllowedMentions(Form):
    """The members and roles that a message may ping."""

    parse: list[Literal["roles", "users", "everyone"]] | None = None
    users: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    roles: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    replied_user: bool | None = None

    @model_validator(mode="after")
    def _exclusive(self) -> "AllowedMentions":
        for kind, ids in (("users", self.users), ("roles", self.roles)):
            if ids and kind in (self.parse or ()):
                raise PydanticCustomError(
                    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
                    {"kind": kind},
                )
        return self


class AttachmentForm(Form):
    """A file of the message. `id` is the n of `files[n]`, or the id of an attachment that stays."""

    id: Snowflake
    filename: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None
    description: Annotated[str, StringConstraints(max_length=1024)] | None = None


class MessageReference(Form):
    """The message that this one replies to (type 0)."""

    type: Literal[0, 1] | None = None
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool | None = None

    @field_validator("type")
    @classmethod
    def _is_a_reply(cls, kind: int | None) -> int | None:
        if kind == 1:
            raise Refusal.unsupported("forwarded messages")
        return kind


class MessageForm(Form):
    """A new message, or an edit of one; `model_fields_set` names the fields that an edit changes."""

    content: Annotated[str, length_up_to(MAX_CONTENT)] | None = None
    embeds: Annotated[list[Embed], Field(max_length=MAX_EMBEDS)] | None = None
    allowed_mentions: AllowedMentions | None = None
    components: Rows | None = None
    attachments: Annotated[list[AttachmentForm], Field(max_length=MAX_FILES)] | None = None
    flags: int | None = None
    tts: bool | None = None
    nonce: Annotated[str, StringConstraints(max_length=25)] | int | None = None
    enforce_nonce: bool | None = None
    message_reference: MessageReference | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_supported(cls, body: Any) -> Any:
        for name, what in _UNSUPPORTED.items():
            if isinstance(body, dict) and body.get(name):
                raise Refusal.unsupported(f"{what} in messages (the field {name})")
        return body

    @field_validator("embeds")
    @classmethod
    def _fit(cls, embeds: list[Embed] | None) -> list[Embed] | None:
        if embeds and sum(embed.size for embed in embeds) > MAX_EMBED_TOTAL:
            raise PydanticCustomError("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
        return embeds

    @field_validator("flags")
    @classmethod
    def _known(cls, flags: int | None) -> int | None:
        if (flags or 0) & COMPONENTS_V2:
            text = "The sandbox does not support the second version of components (flag 32768)."
            raise PydanticCustomError("SANDBOX_UNSUPPORTED", text)
        return flags

    @property
    def shown_embeds(self) -> list[Embed]:
        """The embeds with something to see; Discord drops the others."""
        return [embed for embed in self.embeds or () if embed.is_visible]
