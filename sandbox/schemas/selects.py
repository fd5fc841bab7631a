"""Selects: of strings that the bot lists, and of users, roles and channels that Discord lists.

Source: Discord documentation, "Component Reference".
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from sandbox.schemas.fields import (
    UNIQUE,
    ChannelType,
    Form,
    Problem,
    Snowflake,
    check_problems,
    length_between,
    length_up_to,
)

CustomId = Annotated[str, length_between(1, 100)]

ComponentId = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""The number of a component in its message; Discord gives one where it is 0 or missing."""


class Emoji(Form):
    """An emoji on a button or an option: a Unicode emoji, since the guild has none of its own."""

    id: Snowflake | None = None
    name: Annotated[str, StringConstraints(max_length=32)]
    animated: bool | None = None

    @model_validator(mode="after")
    def _exists(self) -> "Emoji":
        if self.id:
            check_problems([(("id",), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")])
        if self.name.isascii():
            check_problems([(("name",), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")])
        return self


ONE_BY_DEFAULT = BeforeValidator(lambda value: 1 if value is None else value)


class SelectOption(Form):
    """An option of a select."""

    label: Annotated[str, length_between(1, 100)]
    value: Annotated[str, length_between(1, 100)]
    description: Annotated[str, length_up_to(100)] | None = None
    emoji: Emoji | None = None
    default: bool | None = None


class _Choosable(Protocol):
    """An option of a select or of a group."""

    value: str
    default: bool | None


def option_problems(options: Sequence[_Choosable], most: int) -> Iterator[Problem]:
    """What is wrong with options of which at most `most` can be chosen."""
    seen: set[str] = set()
    for at, option in enumerate(options):
        if option.value in seen:
            code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
            yield ("options", at, "value"), code, "The specified option value is already used"
        seen.add(option.value)
    if sum(bool(option.default) for option in options) > most:
        yield ("options",), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More options are chosen than can be"


def range_problems(least: int, most: int) -> Iterator[Problem]:
    """What is wrong with the fewest and the most values of a field."""
    if least > most:
        yield ("min_values",), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}."


class Select(Form):
    """What all selects have; `required` has a meaning only in modals."""

    id: ComponentId | None = None
    custom_id: CustomId
    placeholder: Annotated[str, length_up_to(150)] | None = None
    min_values: Annotated[Annotated[int, Field(ge=0, le=25)], ONE_BY_DEFAULT] = 1
    max_values: Annotated[Annotated[int, Field(ge=1, le=25)], ONE_BY_DEFAULT] = 1
    disabled: bool | None = None
    required: bool | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> "Select":
        check_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        yield from range_problems(self.min_values, self.max_values)


class StringSelect(Select):
    """A select whose options the bot lists."""

    type: Literal[3]
    options: Annotated[list[SelectOption], length_between(1, 25)]

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        if self.max_values > len(self.options):
            yield ("options",), "BASE_TYPE_MIN_LENGTH", f"Must be {self.max_values} or more in length."
        yield from option_problems(self.options, self.max_values)


class DefaultValue(Form):
    """A user, a role or a channel that is chosen from the start."""

    id: Snowflake
    type: Literal["user", "role", "channel"]


class EntitySelect(Select):
    """A select whose options Discord lists: users (5), roles (6), both (7) or channels (8)."""

    type: Literal[5, 6, 7, 8]
    default_values: Annotated[list[DefaultValue], Field(max_length=25)] | None = None
    channel_types: Annotated[list[ChannelType], UNIQUE] | None = None

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        allowed = DEFAULT_TYPES[self.type]
        for at, value in enumerate(self.default_values or ()):
            if value.type not in allowed:
                text = f"Value must be one of {allowed}."
                yield ("default_values", at, "type"), "BASE_TYPE_CHOICES", text
        if self.default_values and not self.min_values <= len(self.default_values) <= self.max_values:
            text = f"Must be between {self.min_values} and {self.max_values} in length."
            yield ("default_values",), "BASE_TYPE_BAD_LENGTH", text


DEFAULT_TYPES: dict[int, tuple[str, ...]] = {5: ("user",), 6: ("role",), 7: ("user", "role"), 8: ("channel",)}
"""What each type of select offers."""
