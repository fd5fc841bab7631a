"""Buttons and string selects on messages (Discord documentation, "Component Reference").

The sandbox supports neither the selects that Discord fills (users, roles, channels) nor the second
version of components.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sandbox.schemas.fields import (
    Form,
    Json,
    Problem,
    Snowflake,
    Url,
    by_type,
    check_problems,
    length_between,
    length_up_to,
    missing,
)

ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
LINK, PREMIUM = 5, 6
MAX_ROWS = 5

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


class Button(Form):
    """A button: styles 1 to 4 reach the bot, 5 opens a URL, 6 opens the shop."""

    type: Literal[2]
    id: ComponentId | None = None
    style: Literal[1, 2, 3, 4, 5, 6]
    label: Annotated[str, length_up_to(80)] | None = None
    emoji: Emoji | None = None
    custom_id: CustomId | None = None
    url: Annotated[Url, StringConstraints(max_length=512)] | None = None
    sku_id: Snowflake | None = None
    disabled: bool | None = None

    @model_validator(mode="after")
    def _has_what_its_style_needs(self) -> "Button":
        check_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.custom_id is not None and self.url is not None:
            both = "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
            for name in ("custom_id", "url"):
                yield (name,), both, "A custom id and url cannot both be specified"
        elif self.style == LINK and self.url is None:
            yield missing("url")
        elif self.style == PREMIUM:
            yield from self._premium_problems()
        elif self.style < LINK and self.url is not None:
            yield ("url",), "BUTTON_COMPONENT_URL_FORBIDDEN", "A url cannot be specified"
        elif self.style < LINK and self.custom_id is None:
            yield ("custom_id",), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required"
        if self.style != PREMIUM and self.sku_id is not None:
            yield ("sku_id",), "BUTTON_COMPONENT_SKU_FORBIDDEN", "A sku id cannot be specified"
        if self.style != PREMIUM and not self.label and not self.emoji:
            yield missing("label")

    def _premium_problems(self) -> Iterator[Problem]:
        if self.sku_id is None:
            yield missing("sku_id")
        for name in ("custom_id", "label", "url", "emoji"):
            if getattr(self, name) is not None:
                yield (name,), "BUTTON_COMPONENT_PREMIUM_FIELD_FORBIDDEN", f"A {name} cannot be specified"


ONE_BY_DEFAULT = BeforeValidator(lambda value: 1 if value is None else value)


class SelectOption(Form):
    """An option of a select."""

    label: Annotated[str, length_between(1, 100)]
    value: Annotated[str, length_between(1, 100)]
    description: Annotated[str, length_up_to(100)] | None = None
    emoji: Emoji | None = None
    default: bool | None = None


class StringSelect(Form):
    """A select whose options the bot lists; `required` has a meaning only in modals."""

    type: Literal[3]
    id: ComponentId | None = None
    custom_id: CustomId
    options: Annotated[list[SelectOption], length_between(1, 25)]
    placeholder: Annotated[str, length_up_to(150)] | None = None
    min_values: Annotated[Annotated[int, Field(ge=0, le=25)], ONE_BY_DEFAULT] = 1
    max_values: Annotated[Annotated[int, Field(ge=1, le=25)], ONE_BY_DEFAULT] = 1
    disabled: bool | None = None
    required: bool | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> "StringSelect":
        check_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.min_values > self.max_values:
            text = f"int value should be less than or equal to {self.max_values}."
            yield ("min_values",), "NUMBER_TYPE_MAX", text
        if self.max_values > len(self.options):
            yield ("options",), "BASE_TYPE_MIN_LENGTH", f"Must be {self.max_values} or more in length."
        seen: set[str] = set()
        for at, option in enumerate(self.options):
            if option.value in seen:
                code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
                yield ("options", at, "value"), code, "The specified option value is already used"
            seen.add(option.value)
        if sum(bool(option.default) for option in self.options) > self.max_values:
            code = "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES"
            yield ("options",), code, "More options are chosen than can be"


class ActionRow(Form):
    """Up to five buttons, or one select."""

    type: Literal[1]
    id: ComponentId | None = None
    components: Annotated[
        list[Annotated[Button | StringSelect, by_type({BUTTON: Button, STRING_SELECT: StringSelect})]],
        length_between(1, 5),
    ]

    @model_validator(mode="after")
    def _is_wide_enough(self) -> "ActionRow":
        check_problems(
            width_problems(self.components if any(item.type != BUTTON for item in self.components) else ())
        )
        return self


def width_problems(components: Iterable[Form]) -> Iterator[Problem]:
    """The problems of a row whose first component takes the whole width."""
    for at, _ in enumerate(components):
        if at:
            code = "COMPONENT_LAYOUT_WIDTH_EXCEEDED"
            yield ("components", at), code, "The specified component exceeds the maximum width"


def duplicate_custom_ids(custom_ids: Iterable[tuple[tuple[str | int, ...], str | None]]) -> Iterator[Problem]:
    """The problems of custom ids that occur twice; each id comes with the place of its component."""
    seen: set[str] = set()
    for place, custom_id in custom_ids:
        if custom_id in seen:
            code = "COMPONENT_CUSTOM_ID_DUPLICATED"
            yield (*place, "custom_id"), code, "Component custom id cannot be duplicated"
        if custom_id is not None:
            seen.add(custom_id)


def _all_differ(rows: list[ActionRow]) -> list[ActionRow]:
    check_problems(
        duplicate_custom_ids(
            ((at, "components", column), component.custom_id)
            for at, row in enumerate(rows)
            for column, component in enumerate(row.components)
        )
    )
    return rows


Rows = Annotated[
    list[Annotated[ActionRow, by_type({ACTION_ROW: ActionRow})]],
    Field(max_length=MAX_ROWS),
    AfterValidator(_all_differ),
]
"""The components of a message."""


def components_json(components: Iterable[Form]) -> list[Json]:
    """Components as Discord returns them: without unset fields, and each with an `id`."""
    kept = [component.model_dump(exclude_none=True) for component in components]
    used = {component.get("id") for component in walk_components(kept)}
    free = (number for number in count(1) if number not in used)
    for component in walk_components(kept):
        component["id"] = component.get("id") or next(free)
    return kept


def walk_components(components: Iterable[Json]) -> Iterator[Json]:
    """All components, each before those that it holds."""
    for component in components:
        yield component
        yield from walk_components(component.get("components", ()))
        if "component" in component:
            yield from walk_components([component["component"]])


def component_label(component: Json) -> str:
    """What a person reads on a button or a select."""
    emoji = component.get("emoji", {}).get("name", "")
    text = component.get("label") or component.get("placeholder") or ""
    return f"{emoji} {text}".strip() or component.get("custom_id", "")
