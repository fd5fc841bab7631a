"""Bodies of requests, and Discord's words for what is wrong with them.

The limits are those of Discord's documentation: "Message Resource" (embed limits, allowed
mentions), "Application Commands" (naming, options, choices) and "Reference" (error messages).
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from sandbox.components import Rows
from sandbox.errors import Code, Refusal
from sandbox.fields import GIVEN, Address, Form, Locale, Snowflake, all_differ, check, up_to

COMPONENTS_V2 = 1 << 15

MAX_CONTENT = 2000
MAX_EMBEDS = 10
MAX_EMBED_TOTAL = 6000
MAX_FILES = 10
MAX_COMMAND_SIZE = 8000
MAX_CHOICE_VALUE = 100

_Form = TypeVar("_Form")


class EmbedField(Form):
    """One field of an embed."""

    name: Annotated[str, GIVEN, up_to(256)]
    value: Annotated[str, GIVEN, up_to(1024)]
    inline: bool = False


class EmbedFooter(Form):
    """The line under an embed."""

    text: Annotated[str, GIVEN, up_to(2048)]
    icon_url: Address | None = None


class EmbedAuthor(Form):
    """The line above an embed's title."""

    name: Annotated[str, GIVEN, up_to(256)]
    url: Address | None = None
    icon_url: Address | None = None


class EmbedMedia(Form):
    """A picture of an embed."""

    url: Address


class Embed(Form):
    """A rich embed. All lengths count the text without the whitespace around it."""

    title: Annotated[str, up_to(256)] | None = None
    description: Annotated[str, up_to(4096)] | None = None
    url: Address | None = None
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
            return value and datetime.fromisoformat(value).isoformat()
        except ValueError:
            raise PydanticCustomError(
                "DATE_TIME_TYPE_PARSE",
                "Could not parse {value}. Should be ISO8601.",
                {"value": value},
            ) from None

    @property
    def shows_something(self) -> bool:
        """Whether a person would see anything of it."""
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
        """The characters that count towards the limit of all embeds of a message."""
        texts = [self.title, self.description]
        texts += [self.footer.text] if self.footer else []
        texts += [self.author.name] if self.author else []
        for field in self.fields or ():
            texts += [field.name, field.value]
        return sum(len(text) for text in texts if text)

    def to_json(self) -> dict[str, Any]:
        """Discord's embed object."""
        return {"type": "rich", **self.model_dump(exclude_none=True)}


class AllowedMentions(Form):
    """Who may be pinged by a message."""

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
    """A file of the message: `id` is the n of `files[n]`, or that of a file it already has."""

    id: Snowflake
    filename: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None
    description: Annotated[str, StringConstraints(max_length=1024)] | None = None


class MessageReference(Form):
    """The message that is replied to."""

    message_id: Snowflake | None = None


class MessageForm(Form):
    """A message to send or the change of one; `model_fields_set` says what an edit names."""

    content: Annotated[str, up_to(MAX_CONTENT)] | None = None
    embeds: Annotated[list[Embed], Field(max_length=MAX_EMBEDS)] | None = None
    allowed_mentions: AllowedMentions | None = None
    components: Rows | None = None
    attachments: Annotated[list[AttachmentForm], Field(max_length=MAX_FILES)] | None = None
    flags: int | None = None
    tts: bool | None = None
    nonce: Annotated[str, StringConstraints(max_length=25)] | int | None = None
    message_reference: MessageReference | None = None

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
            text = "The sandbox does not know the second version of components (flag 32768)."
            raise PydanticCustomError("SANDBOX_UNSUPPORTED", text)
        return flags

    @property
    def shown_embeds(self) -> list[Embed]:
        """The embeds that show something; Discord drops the others."""
        return [embed for embed in self.embeds or () if embed.shows_something]


def _command_name(value: str) -> str:
    """Letters, digits, -, _ and ' in any script, lower case where there is one."""

    def allowed(character: str) -> bool:
        in_thai_or_devanagari = 0x0E00 <= ord(character) <= 0x0E7F or 0x0900 <= ord(character) <= 0x097F
        return character in "-_'" or unicodedata.category(character)[0] in "LN" or in_thai_or_devanagari

    if value != value.lower() or not all(map(allowed, value)):
        raise PydanticCustomError("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(_command_name)]
Description = Annotated[str, StringConstraints(min_length=1, max_length=100)]
ChoiceName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
CommandName = Annotated[str, StringConstraints(min_length=1, max_length=32)]

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUB_COMMAND, SUB_COMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
LARGEST_INTEGER = 2**53 - 1


class Choice(Form):
    """One of the values that an option offers."""

    name: ChoiceName
    name_localizations: dict[Locale, ChoiceName] | None = None
    value: str | int | float

    @field_validator("value")
    @classmethod
    def _fits(cls, value: str | int | float) -> str | int | float:
        if isinstance(value, str) and len(value) > MAX_CHOICE_VALUE:
            raise PydanticCustomError(
                "BASE_TYPE_MAX_LENGTH", "Must be {most} or fewer in length.", {"most": MAX_CHOICE_VALUE}
            )
        return value


class Option(Form):
    """An option of a command, a subcommand, or a group of subcommands."""

    type: Annotated[int, Field(ge=1, le=11)]
    name: Name
    name_localizations: dict[Locale, Name] | None = None
    description: Description
    description_localizations: dict[Locale, Description] | None = None
    required: bool | None = None
    choices: Annotated[list[Choice], Field(max_length=25)] | None = None
    options: Annotated[list["Option"], Field(max_length=25)] | None = None
    channel_types: list[int] | None = None
    min_value: int | float | None = None
    max_value: int | float | None = None
    min_length: Annotated[int, Field(ge=0, le=6000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=6000)] | None = None
    autocomplete: bool | None = None

    @field_validator("options")
    @classmethod
    def _options(cls, options: list["Option"] | None) -> list["Option"] | None:
        return _check_options(options)

    @model_validator(mode="after")
    def _agree(self) -> "Option":
        if self.choices:
            kinds: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, NUMBER: (int, float)}
            kind = kinds.get(self.type, ())
            if not all(isinstance(choice.value, kind) for choice in self.choices):
                raise PydanticCustomError(
                    "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "Choices do not fit the type of the option"
                )
            all_differ(
                (choice.name for choice in self.choices),
                "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
                "Option choice name already exists",
            )
        if self.autocomplete and (self.choices or self.type not in (STRING, INTEGER, NUMBER)):
            raise PydanticCustomError(
                "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
                "Autocomplete is for string, integer and number options without choices",
            )
        may_hold = {SUB_COMMAND_GROUP: {SUB_COMMAND}, SUB_COMMAND: set(range(STRING, ATTACHMENT + 1))}
        if {option.type for option in self.options or ()} - may_hold.get(self.type, set()):
            raise PydanticCustomError(
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Options are nested too deep"
            )
        if self.min_value is not None and self.max_value is not None and self.min_value > self.max_value:
            raise PydanticCustomError(
                "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID", "Minimum must not exceed maximum"
            )
        return self

    @property
    def size(self) -> int:
        """Characters of names, descriptions and values, with those of everything below."""
        own = len(self.name) + len(self.description)
        choices = sum(len(choice.name) + len(str(choice.value)) for choice in self.choices or ())
        return own + choices + sum(option.size for option in self.options or ())


def _check_options(options: list[Option] | None) -> list[Option] | None:
    if not options:
        return options
    kinds = {option.type in (SUB_COMMAND, SUB_COMMAND_GROUP) for option in options}
    if len(kinds) == 2:
        raise PydanticCustomError(
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all other types",
        )
    required = [bool(option.required) for option in options]
    if required != sorted(required, reverse=True):
        raise PydanticCustomError(
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            "Required options must be placed before non-required options",
        )
    all_differ(
        (option.name for option in options),
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        "Option name already exists",
    )
    return options


def _permission_bits(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class CommandForm(Form):
    """A command to register: a slash command, or one of the context menus of users and messages.

    Those of context menus have no options and no description, and their names may hold capitals and
    spaces.
    """

    type: Annotated[int, Field(ge=1, le=4)] = CHAT_INPUT
    name: CommandName
    name_localizations: dict[Locale, CommandName] | None = None
    description: Annotated[str, StringConstraints(max_length=100)] | None = None
    description_localizations: dict[Locale, Description] | None = None
    options: Annotated[list[Option], Field(max_length=25)] | None = None
    default_member_permissions: (
        Annotated[int, BeforeValidator(_permission_bits), Field(ge=0, le=2**63 - 1)] | None
    ) = None
    dm_permission: bool | None = None
    contexts: Annotated[list[Annotated[int, Field(ge=0, le=2)]], Field(min_length=1)] | None = None
    integration_types: Annotated[list[Annotated[int, Field(ge=0, le=1)]], Field(min_length=1)] | None = None
    nsfw: bool | None = None

    @field_validator("options")
    @classmethod
    def _options(cls, options: list[Option] | None) -> list[Option] | None:
        return _check_options(options)

    @model_validator(mode="before")
    @classmethod
    def _described(cls, body: Any) -> Any:
        if (
            isinstance(body, dict)
            and body.get("type", 1) in (CHAT_INPUT, None)
            and not body.get("description")
        ):
            return {key: value for key, value in body.items() if key != "description"} | {"description": ""}
        return body

    @model_validator(mode="after")
    def _fits(self) -> "CommandForm":
        size = (
            len(self.name) + len(self.description or "") + sum(option.size for option in self.options or ())
        )
        if size > MAX_COMMAND_SIZE:
            raise PydanticCustomError("APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
        return self

    @field_validator("name")
    @classmethod
    def _slash_name(cls, name: str, info: ValidationInfo) -> str:
        return _command_name(name) if info.data.get("type") == CHAT_INPUT else name

    @field_validator("name_localizations")
    @classmethod
    def _slash_names(cls, names: dict[Locale, str] | None, info: ValidationInfo) -> dict[Locale, str] | None:
        for name in (names or {}).values() if info.data.get("type") == CHAT_INPUT else ():
            _command_name(name)
        return names

    @field_validator("description")
    @classmethod
    def _slash_description(cls, description: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("type") == CHAT_INPUT and not description:
            raise PydanticCustomError("BASE_TYPE_REQUIRED", "This field is required")
        return description

    @model_validator(mode="after")
    def _menus_are_short(self) -> "CommandForm":
        if self.type in (USER_MENU, MESSAGE_MENU):
            text = "Context menu commands have neither a description nor options"
            given = {"description": self.description, "options": self.options}
            check(
                ((name,), "APPLICATION_COMMAND_CONTEXT_MENU_INVALID", text)
                for name, value in given.items()
                if value
            )
        return self


class AutocompleteForm(Form):
    """The answer to an autocomplete interaction."""

    choices: Annotated[list[Choice], Field(max_length=25)] = Field(default_factory=list)


class CallbackForm(Form):
    """The first answer to an interaction; `data` is read according to the type."""

    type: int
    data: dict[str, Any] | None = None


def read(form: type[_Form], body: Any, *, at: tuple[str, ...] = ()) -> _Form:
    """Read a body as a form.

    `at` is where in the request the body stands, for the paths of the errors.

    Raises:
        Refusal: 400 with code 50035 and Discord's tree of errors.
    """
    try:
        return TypeAdapter(form).validate_python(body)
    except ValidationError as error:
        raise invalid(((*at, *_path(detail)), *_in_words(detail)) for detail in error.errors()) from None


def invalid(problems: Iterable[tuple[tuple[str, ...], str, str]]) -> Refusal:
    """The refusal of a form with a code and a message for each path that is wrong."""
    tree: dict[str, Any] = {}
    for path, code, message in problems:
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    return Refusal.of(Code.INVALID_FORM_BODY, errors=tree)


def _path(detail: ErrorDetails) -> tuple[str, ...]:
    # Pydantic names the branch of a union after the field ("str", "int"); Discord has no such step.
    # After the key of a dictionary it says so.
    branches = {"str", "int", "float", "constrained-str", "[key]"}
    return tuple(str(part) for part in detail["loc"] if part not in branches)


def _in_words(detail: ErrorDetails) -> tuple[str, str]:
    """Discord's code and message for an error of pydantic."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    most, least = context.get("max_length"), context.get("min_length")
    match kind:
        case "missing":
            return "BASE_TYPE_REQUIRED", "This field is required"
        case "string_too_long" | "too_long":
            return "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
        case "string_too_short" | "too_short":
            return "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length."
        case "string_type":
            return "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string."
        case "int_type" | "int_parsing" | "int_from_float":
            return "NUMBER_TYPE_COERCE", f"Value {value!r} is not int."
        case "float_type" | "float_parsing":
            return "NUMBER_TYPE_COERCE", f"Value {value!r} is not float."
        case "bool_type" | "bool_parsing":
            return "BOOLEAN_TYPE_CONVERT", "Must be either true or false."
        case "list_type":
            return "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
        case "greater_than_equal":
            return "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {context['ge']}."
        case "less_than_equal":
            return "NUMBER_TYPE_MAX", f"int value should be less than or equal to {context['le']}."
        case "literal_error":
            return "BASE_TYPE_CHOICES", f"Value must be one of {context['expected']}."
        case _:
            return kind, detail["msg"]
