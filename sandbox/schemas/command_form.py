"""Commands to register, with their options and choices (Discord documentation, "Application Commands")."""

import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sandbox.schemas.fields import (
    NOT_BLANK,
    UNIQUE,
    ChannelType,
    Form,
    Json,
    Locale,
    Problem,
    Snowflake,
    check_problems,
    check_unique,
)
from sandbox.schemas.refusals import Refusal

MAX_COMMAND_SIZE = 8000
MAX_CHOICE_VALUE = 100
MOST_PERMISSIONS = 2**54 - 1


def _command_name(value: str) -> str:
    """Check the name of a slash command: letters and digits of any script, -, _ and ', all in lower case."""

    def allowed(character: str) -> bool:
        in_thai_or_devanagari = 0x0E00 <= ord(character) <= 0x0E7F or 0x0900 <= ord(character) <= 0x097F
        return character in "-_'" or unicodedata.category(character)[0] in "LN" or in_thai_or_devanagari

    if value != value.lower() or not all(map(allowed, value)):
        raise PydanticCustomError("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return value


SlashName = Annotated[
    str, NOT_BLANK, StringConstraints(min_length=1, max_length=32), AfterValidator(_command_name)
]
Description = Annotated[str, NOT_BLANK, StringConstraints(min_length=1, max_length=100)]
ChoiceName = Annotated[str, NOT_BLANK, StringConstraints(min_length=1, max_length=100)]
CommandName = Annotated[str, NOT_BLANK, StringConstraints(min_length=1, max_length=32)]

CHAT_INPUT, USER_MENU, MESSAGE_MENU, ENTRY_POINT = 1, 2, 3, 4
SUB_COMMAND, SUB_COMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
LARGEST_INTEGER = 2**53 - 1

_OWN_FIELDS = {
    "choices": {STRING, INTEGER, NUMBER},
    "autocomplete": {STRING, INTEGER, NUMBER},
    "min_value": {INTEGER, NUMBER},
    "max_value": {INTEGER, NUMBER},
    "min_length": {STRING},
    "max_length": {STRING},
    "channel_types": {CHANNEL},
    "options": {SUB_COMMAND, SUB_COMMAND_GROUP},
}
"""The fields that only some types of options have; Discord drops them elsewhere."""


def _longest(text: str | None, localizations: dict[Locale, str] | None) -> int:
    """The characters of a text that count: those of its longest translation."""
    return max(len(text or ""), *map(len, (localizations or {}).values()), 0)


class Choice(Form):
    """One of the values that an option offers."""

    name: ChoiceName
    name_localizations: dict[Locale, ChoiceName] | None = None
    value: StrictStr | StrictInt | StrictFloat

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
    channel_types: Annotated[list[ChannelType], UNIQUE] | None = None
    min_value: StrictInt | StrictFloat | None = None
    max_value: StrictInt | StrictFloat | None = None
    min_length: Annotated[int, Field(ge=0, le=6000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=6000)] | None = None
    autocomplete: bool | None = None

    @field_validator("options")
    @classmethod
    def _options(cls, options: list["Option"] | None) -> list["Option"] | None:
        return _check_options(options)

    @model_validator(mode="after")
    def _agree(self) -> "Option":
        check_problems(self._problems())
        if self.choices:
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
        least, most = self.min_value, self.max_value
        short, long = self.min_length, self.max_length
        if (None not in (least, most) and least > most) or (None not in (short, long) and short > long):  # type: ignore[operator]
            raise PydanticCustomError(
                "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID", "Minimum must not exceed maximum"
            )
        return self

    def _problems(self) -> Iterator[Problem]:
        """What does not fit the type of the option: values of choices, and the ends of its range."""
        if self.type not in (STRING, INTEGER, NUMBER):
            return
        for at, choice in enumerate(self.choices or ()):
            if wrong := type_problem(choice.value, self.type):
                yield ("choices", at, "value"), *wrong
        for name in ("min_value", "max_value"):
            value = getattr(self, name)
            if self.type != STRING and value is not None and (wrong := type_problem(value, self.type)):
                yield (name,), *wrong

    @property
    def size(self) -> int:
        """The characters of names, descriptions and values, including those of nested options."""
        own = _longest(self.name, self.name_localizations)
        own += _longest(self.description, self.description_localizations)
        choices = sum(
            _longest(choice.name, choice.name_localizations) + len(str(choice.value))
            for choice in self.choices or ()
        )
        return own + choices + sum(option.size for option in self.options or ())

    def to_json(self) -> Json:
        """The option as Discord stores it: without unset fields and without those of other types."""
        kept = self.model_dump(exclude_none=True, exclude={"options"})
        kept = {
            name: value for name, value in kept.items() if self.type in _OWN_FIELDS.get(name, {self.type})
        }
        if self.options:
            kept["options"] = [option.to_json() for option in self.options]
        return kept


def type_problem(value: str | int | float, kind: int) -> tuple[str, str] | None:
    """Discord's code and message for a value that does not have an option's type; None if it has it."""
    if kind == STRING:
        fits = isinstance(value, str)
        return None if fits else ("STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")
    if isinstance(value, str) or (kind == INTEGER and isinstance(value, float)):
        return "NUMBER_TYPE_COERCE", f"Value {value!r} is not {'int' if kind == INTEGER else 'float'}."
    if value > LARGEST_INTEGER:
        return "NUMBER_TYPE_MAX", f"Value should be less than or equal to {LARGEST_INTEGER}."
    if value < -LARGEST_INTEGER:
        return "NUMBER_TYPE_MIN", f"Value should be greater than or equal to {-LARGEST_INTEGER}."
    return None


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


def _command_type(value: Any) -> Any:
    if value == ENTRY_POINT:
        raise Refusal.unsupported("entry point commands (type 4)")
    return CHAT_INPUT if value is None else value


class CommandForm(Form):
    """A command to register: a slash command, or a context menu command of users or messages.

    A context menu command has neither options nor a description; its name may hold capitals and spaces.
    """

    type: Annotated[Annotated[int, Field(ge=1, le=4)], BeforeValidator(_command_type)] = CHAT_INPUT
    id: Snowflake | None = None
    name: CommandName
    name_localizations: dict[Locale, CommandName] | None = None
    description: Annotated[str, StringConstraints(max_length=100)] | None = None
    description_localizations: dict[Locale, Description] | None = None
    options: Annotated[list[Option], Field(max_length=25)] | None = None
    default_member_permissions: (
        Annotated[int, BeforeValidator(_permission_bits), Field(ge=0, le=MOST_PERMISSIONS)] | None
    ) = None
    dm_permission: bool | None = None
    contexts: Annotated[list[Literal[0, 1, 2]], Field(min_length=1), UNIQUE] | None = None
    integration_types: Annotated[list[Literal[0, 1]], Field(min_length=1), UNIQUE] | None = None
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
        size = _longest(self.name, self.name_localizations)
        size += _longest(self.description, self.description_localizations)
        size += sum(option.size for option in self.options or ())
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
        if info.data.get("type") == CHAT_INPUT and not (description or "").strip():
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
