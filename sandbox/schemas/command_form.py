"""Commands to register, with their options and choices (Discord documentation, "Application Commands")."""

import unicodedata
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sandbox.schemas.fields import Form, Locale, check_problems, check_unique

MAX_COMMAND_SIZE = 8000
MAX_CHOICE_VALUE = 100


def _command_name(value: str) -> str:
    """Check the name of a slash command: letters and digits of any script, -, _ and ', all in lower case."""

    def allowed(character: str) -> bool:
        in_thai_or_devanagari = 0x0E00 <= ord(character) <= 0x0E7F or 0x0900 <= ord(character) <= 0x097F
        return character in "-_'" or unicodedata.category(character)[0] in "LN" or in_thai_or_devanagari

    if value != value.lower() or not all(map(allowed, value)):
        raise PydanticCustomError("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return value


SlashName = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(_command_name)]
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
    name: SlashName
    name_localizations: dict[Locale, SlashName] | None = None
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
            check_unique(
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
        """The characters of names, descriptions and values, including those of nested options."""
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
    check_unique(
        (option.name for option in options),
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        "Option name already exists",
    )
    return options


def _permission_bits(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class CommandForm(Form):
    """A command to register: a slash command, or a context menu command of users or messages.

    A context menu command has neither options nor a description; its name may hold capitals and spaces.
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
            check_problems(
                ((name,), "APPLICATION_COMMAND_CONTEXT_MENU_INVALID", text)
                for name, value in given.items()
                if value
            )
        return self
