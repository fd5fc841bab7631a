"""Modals: what the bot may open, and what a person may send back (Discord documentation, "Modal" of
"Receiving and Responding" and "Component Reference").

A field is a text input in a row of its own, or a text input or string select under a label.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.components import (
    ACTION_ROW,
    STRING_SELECT,
    CustomId,
    StringSelect,
    duplicated,
    stored,
    too_wide,
)
from sandbox.errors import SandboxError
from sandbox.fields import Form, Mistake, between, check, of_type, required, up_to

Json = dict[str, Any]

TEXT_INPUT, LABEL = 4, 18
SHORT = 1
LONGEST_TEXT = 4000


class TextInput(Form):
    """A text input of one line (style 1) or of several (style 2)."""

    type: Literal[4]
    id: int | None = None
    custom_id: CustomId
    style: Literal[1, 2]
    label: Annotated[str, between(1, 45)] | None = None
    value: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    placeholder: Annotated[str, up_to(100)] | None = None
    required: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=LONGEST_TEXT)] | None = None
    max_length: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] | None = None

    @model_validator(mode="after")
    def _can_be_filled(self) -> "TextInput":
        check(self._mistakes())
        return self

    def _mistakes(self) -> Iterator[Mistake]:
        least, most = self.min_length or 0, self.max_length or LONGEST_TEXT
        if least > most:
            yield ("min_length",), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}."
        elif self.value and len(self.value) > most:
            yield ("value",), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
        elif self.value and len(self.value) < least:
            yield ("value",), "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length."


class InputRow(Form):
    """A row with one text input, which carries its own label."""

    type: Literal[1]
    id: int | None = None
    components: Annotated[
        list[Annotated[TextInput, of_type({TEXT_INPUT: TextInput})]],
        between(1, 5),
    ]

    @model_validator(mode="after")
    def _holds_one_with_a_label(self) -> "InputRow":
        check(too_wide(self.components))
        check([] if self.components[0].label else [required("components", 0, "label")])
        return self

    @property
    def places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The custom ids in it, with their places."""
        yield ("components", 0), self.components[0].custom_id


class Label(Form):
    """A label with the field under it."""

    type: Literal[18]
    id: int | None = None
    label: Annotated[str, between(1, 45)]
    description: Annotated[str, between(1, 100)] | None = None
    component: Annotated[
        TextInput | StringSelect, of_type({TEXT_INPUT: TextInput, STRING_SELECT: StringSelect})
    ]

    @property
    def places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The custom ids in it, with their places."""
        yield ("component",), self.component.custom_id


class ModalForm(Form):
    """A modal to open."""

    custom_id: CustomId
    title: Annotated[str, between(1, 45)]
    components: Annotated[
        list[Annotated[InputRow | Label, of_type({ACTION_ROW: InputRow, LABEL: Label})]],
        between(1, 5),
    ]

    @model_validator(mode="after")
    def _all_differ(self) -> "ModalForm":
        check(
            duplicated(
                (("components", at, *place), custom_id)
                for at, component in enumerate(self.components)
                for place, custom_id in component.places
            )
        )
        return self

    def to_json(self) -> Json:
        """What the client is told to open."""
        return {
            "custom_id": self.custom_id,
            "title": self.title,
            "components": stored(self.components),
        }


@dataclass(frozen=True)
class FieldOfModal:
    """One field as a person sees it: its label and its component."""

    label: str
    component: Json

    @property
    def is_select(self) -> bool:
        """Whether its values are picked from options."""
        return bool(self.component["type"] == STRING_SELECT)

    @property
    def opened_with(self) -> str:
        """What it holds before a person changes it; of a select, the labels with commas between."""
        if self.is_select:
            return ", ".join(option["label"] for option in self.component["options"] if option.get("default"))
        return str(self.component.get("value", ""))


def fields(modal: Json) -> list[FieldOfModal]:
    """The fields of a modal from top to bottom."""
    return [
        FieldOfModal(component["label"], component["component"])
        if component["type"] == LABEL
        else FieldOfModal(component["components"][0]["label"], component["components"][0])
        for component in modal["components"]
    ]


def filled(modal: Json, values: dict[str, str | list[str]]) -> Json:
    """The data of the interaction that sends a modal, filled in by a person.

    `values` are given by custom id or by label (in any case); several of a select are a list, or a text
    with commas between. A field that they do not name keeps what it was opened with.

    Raises:
        SandboxError: Discord's client would not send it; the sentence says why.
    """
    given = dict(values)
    answers: dict[str, Json] = {}
    for field in fields(modal):
        names = [name for name in given if name == field.component["custom_id"]]
        names = names or [name for name in given if name.lower() == field.label.lower()]
        value = given.pop(names[0]) if names else field.opened_with
        answers[field.component["custom_id"]] = _answer(field, value)
    if given:
        known = ", ".join(field.label for field in fields(modal))
        raise SandboxError(f"{modal['title']} has no field {next(iter(given))!r}; there are: {known}.")
    return {
        "custom_id": modal["custom_id"],
        "components": [_sent(item, answers) for item in modal["components"]],
    }


def _sent(component: Json, answers: dict[str, Json]) -> Json:
    """A row or a label with the answer in it, as the gateway tells it."""
    kept = {"type": component["type"], "id": component["id"]}
    if component["type"] == LABEL:
        return kept | {"component": answers[component["component"]["custom_id"]]}
    return kept | {"components": [answers[item["custom_id"]] for item in component["components"]]}


def _answer(field: FieldOfModal, value: str | list[str]) -> Json:
    component = field.component
    answer = {"type": component["type"], "id": component["id"], "custom_id": component["custom_id"]}
    if field.is_select:
        wanted = list(filter(None, re.split(r",\s*", value))) if isinstance(value, str) else value
        if not wanted and not component.get("required", True):
            return answer | {"values": []}
        return answer | {"values": picked(field.label, component, wanted)}
    if not isinstance(value, str):
        raise SandboxError(f"The field {field.label} takes a text, not a list.")
    return answer | {"value": _typed(field, value)}


def _typed(field: FieldOfModal, text: str) -> str:
    component = field.component
    if not text and component.get("required", True):
        raise SandboxError(f"The field {field.label} is required.")
    if component["style"] == SHORT and "\n" in text:
        raise SandboxError(f"The field {field.label} takes one line.")
    least, most = component.get("min_length", 0), component.get("max_length", LONGEST_TEXT)
    if text and not least <= len(text) <= most:
        raise SandboxError(
            f"The field {field.label} takes {least} to {most} characters; these are {len(text)}."
        )
    return text


def picked(name: str, select: Json, wanted: list[str]) -> list[str]:
    """The values of a select that a person picks, by value or by what is written there.

    Raises:
        SandboxError: one is not there, or they are too few, too many, or one is picked twice.
    """
    values = []
    for text in wanted:
        fitting = [option for option in select["options"] if option["value"] == text]
        fitting = fitting or [o for o in select["options"] if o["label"].lower() == text.lower()]
        if not fitting:
            known = ", ".join(option["label"] for option in select["options"])
            raise SandboxError(f"{name} offers: {known}; not {text[:80]!r}.")
        values.append(fitting[0]["value"])
    least, most = select["min_values"], select["max_values"]
    if not least <= len(set(values)) == len(values) <= most:
        number = str(least) if least == most else f"{least} to {most}"
        raise SandboxError(f"{name} takes {number} different values; these are {len(values)}.")
    return values
