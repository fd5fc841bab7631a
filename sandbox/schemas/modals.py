"""Modals that a bot may open (Discord documentation, "Modal" of "Receiving and Responding" and
"Component Reference").

A field is a text input in a row of its own, or a text input or string select under a label.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.schemas.components import (
    ACTION_ROW,
    STRING_SELECT,
    ComponentId,
    CustomId,
    StringSelect,
    components_json,
    duplicate_custom_ids,
    width_problems,
)
from sandbox.schemas.fields import (
    Form,
    Json,
    Problem,
    by_type,
    check_problems,
    length_between,
    length_up_to,
    missing,
)

TEXT_INPUT, LABEL = 4, 18
SHORT = 1
LONGEST_TEXT = 4000


class TextInput(Form):
    """A text input with one line (style 1) or several lines (style 2)."""

    type: Literal[4]
    id: ComponentId | None = None
    custom_id: CustomId
    style: Literal[1, 2]
    label: Annotated[str, length_between(1, 45)] | None = None
    value: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    placeholder: Annotated[str, length_up_to(100)] | None = None
    required: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=LONGEST_TEXT)] | None = None
    max_length: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] | None = None

    @model_validator(mode="after")
    def _can_be_filled(self) -> "TextInput":
        check_problems(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        least, most = self.min_length or 0, self.max_length or LONGEST_TEXT
        if least > most:
            yield ("min_length",), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}."
        elif self.value and len(self.value) > most:
            yield ("value",), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
        elif self.value and len(self.value) < least:
            yield ("value",), "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length."


class InputRow(Form):
    """A row that holds one text input with its label."""

    type: Literal[1]
    id: ComponentId | None = None
    components: Annotated[
        list[Annotated[TextInput, by_type({TEXT_INPUT: TextInput})]],
        length_between(1, 5),
    ]

    @model_validator(mode="after")
    def _holds_one_with_a_label(self) -> "InputRow":
        check_problems(width_problems(self.components))
        check_problems([] if self.components[0].label else [missing("components", 0, "label")])
        return self

    @property
    def places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The place and the custom id of its field."""
        yield ("components", 0), self.components[0].custom_id


class Label(Form):
    """A label and the field under it."""

    type: Literal[18]
    id: ComponentId | None = None
    label: Annotated[str, length_between(1, 45)]
    description: Annotated[str, length_between(1, 100)] | None = None
    component: Annotated[
        TextInput | StringSelect, by_type({TEXT_INPUT: TextInput, STRING_SELECT: StringSelect})
    ]

    @property
    def places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The place and the custom id of its field."""
        yield ("component",), self.component.custom_id


class ModalForm(Form):
    """A modal to open."""

    custom_id: CustomId
    title: Annotated[str, length_between(1, 45)]
    components: Annotated[
        list[Annotated[InputRow | Label, by_type({ACTION_ROW: InputRow, LABEL: Label})]],
        length_between(1, 5),
    ]

    @model_validator(mode="after")
    def _all_differ(self) -> "ModalForm":
        check_problems(
            duplicate_custom_ids(
                (("components", at, *place), custom_id)
                for at, component in enumerate(self.components)
                for place, custom_id in component.places
            )
        )
        return self

    def to_json(self) -> Json:
        """The modal as the client opens it."""
        return {
            "custom_id": self.custom_id,
            "title": self.title,
            "components": components_json(self.components),
        }
