"""Rows of buttons and selects (Discord documentation, "Component Reference")."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

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
from sandbox.schemas.selects import ComponentId, CustomId, Emoji, EntitySelect, StringSelect

_SHOWN_DEFAULTS: dict[int, Json] = {11: {"description": None}, 17: {"accent_color": None}}
"""Fields that Discord returns as null where they are not set, by the type of the component."""

ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
ENTITY_SELECTS = (USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
SELECTS = (STRING_SELECT, *ENTITY_SELECTS)
LINK, PREMIUM = 5, 6


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


AnySelect = StringSelect | EntitySelect

SELECT_FORMS: dict[int, type[Form]] = {
    STRING_SELECT: StringSelect,
    **dict.fromkeys(ENTITY_SELECTS, EntitySelect),
}

_IN_ROWS: dict[int, type[Form]] = {BUTTON: Button, **SELECT_FORMS}


class ActionRow(Form):
    """Up to five buttons, or one select."""

    type: Literal[1]
    id: ComponentId | None = None
    components: Annotated[list[Annotated[Button | AnySelect, by_type(_IN_ROWS)]], length_between(1, 5)]

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


def components_json(components: Iterable[Form]) -> list[Json]:
    """Components as Discord returns them: with defaults and without other unset fields, each with an `id`."""
    kept = [component.model_dump(exclude_none=True) for component in components]
    used = {component.get("id") for component in walk_components(kept)}
    free = (number for number in count(1) if number not in used)
    for component in walk_components(kept):
        component["id"] = component.get("id") or next(free)
        for name, value in _SHOWN_DEFAULTS.get(component["type"], {}).items():
            component.setdefault(name, value)
        for item in component.get("items", ()):
            item.setdefault("description", None)
    return kept


def walk_components(components: Iterable[Json]) -> Iterator[Json]:
    """All components, each before those that it holds."""
    for component in components:
        yield component
        yield from walk_components(component.get("components", ()))
        yield from walk_components(component[key] for key in ("component", "accessory") if key in component)


def component_label(component: Json) -> str:
    """What a person reads on a button or a select."""
    emoji = component.get("emoji", {}).get("name", "")
    text = component.get("label") or component.get("placeholder") or ""
    return f"{emoji} {text}".strip() or component.get("custom_id", "")
