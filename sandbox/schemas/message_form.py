"""The body of a message (Discord documentation, "Message Resource")."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sandbox.schemas.embeds import Embed
from sandbox.schemas.fields import Form, Snowflake, check_problems, length_up_to, missing
from sandbox.schemas.layout import COMPONENTS_V2, MessageComponents, layout_problems
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.validation import invalid_form, parse_form

MAX_CONTENT = 2000
MAX_EMBEDS = 10
MAX_EMBED_TOTAL = 6000
MAX_FILES = 10

FORWARD = 1
"""The type of reference of a message that forwards another one."""

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
    """The message that this one replies to (type 0) or forwards (type 1)."""

    type: Literal[0, 1] | None = None
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool | None = None

    @model_validator(mode="after")
    def _names_the_channel(self) -> Self:
        if self.type == FORWARD and self.channel_id is None:
            check_problems([missing("channel_id")])
        return self


class MessageForm(Form):
    """A new message, or an edit of one; `model_fields_set` names the fields that an edit changes."""

    content: Annotated[str, length_up_to(MAX_CONTENT)] | None = None
    embeds: Annotated[list[Embed], Field(max_length=MAX_EMBEDS)] | None = None
    allowed_mentions: AllowedMentions | None = None
    components: MessageComponents | None = None
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

    @property
    def shown_embeds(self) -> list[Embed]:
        """The embeds with something to see; Discord drops the others."""
        return [embed for embed in self.embeds or () if embed.is_visible]


def parse_message_form(body: Any, *, at: tuple[str, ...] = (), second_version: bool = False) -> MessageForm:
    """Read the body of a message; `at` is its place in the request.

    `second_version` says that the message to edit has components of the second version; one that is new has
    them by the flag `COMPONENTS_V2`.

    Raises:
        Refusal: it is invalid (50035).
    """
    form = parse_form(MessageForm, body, at=at)
    second_version = second_version or bool((form.flags or 0) & COMPONENTS_V2)
    problems = [
        ((*at, "components", *map(str, place)), code, text)
        for place, code, text in layout_problems(form.components or (), second_version=second_version)
    ]
    if second_version:
        code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
        text = "The field cannot be used with components of the second version"
        problems += [((*at, name), code, text) for name in ("content", "embeds") if getattr(form, name)]
    if problems:
        raise invalid_form(problems)
    return form
