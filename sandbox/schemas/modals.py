"""Modals that a bot may open (Discord documentation, "Modal" of "Receiving and Responding" and
"Component Reference").

A field is a text input in a row of its own, or any kind of field under a label: a text input, a select, a
file upload, or boxes to check. Texts may stand between them.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.schemas.components import (
    ACTION_ROW,
    SELECT_FORMS,
    AnySelect,
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
from sandbox.schemas.layout import TEXT_DISPLAY, TextDisplay
from sandbox.schemas.selects import (
    ONE_BY_DEFAULT,
    ComponentId,
    CustomId,
    option_problems,
    range_problems,
)

TEXT_INPUT, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 4, 18, 19, 21, 22, 23
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


class FileUpload(Form):
    """Files that a person attaches."""

    type: Literal[19]
    id: ComponentId | None = None
    custom_id: CustomId
    min_values: Annotated[Annotated[int, Field(ge=0, le=10)], ONE_BY_DEFAULT] = 1
    max_values: Annotated[Annotated[int, Field(ge=1, le=10)], ONE_BY_DEFAULT] = 1
    required: bool | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> "FileUpload":
        check_problems(range_problems(self.min_values, self.max_values))
        return self


class GroupOption(Form):
    """One of the boxes of a group."""

    label: Annotated[str, length_between(1, 100)]
    value: Annotated[str, length_between(1, 100)]
    description: Annotated[str, length_up_to(100)] | None = None
    default: bool | None = None


class RadioGroup(Form):
    """Boxes of which a person picks one."""

    type: Literal[21]
    id: ComponentId | None = None
    custom_id: CustomId
    options: Annotated[list[GroupOption], length_between(2, 10)]
    required: bool | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> "RadioGroup":
        check_problems(option_problems(self.options, 1))
        return self


class CheckboxGroup(Form):
    """Boxes of which a person picks some; without `max_values`, all may be picked."""

    type: Literal[22]
    id: ComponentId | None = None
    custom_id: CustomId
    options: Annotated[list[GroupOption], length_between(1, 10)]
    min_values: Annotated[Annotated[int, Field(ge=0, le=10)], ONE_BY_DEFAULT] = 1
    max_values: Annotated[int, Field(ge=1, le=10)] | None = None
    required: bool | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> "CheckboxGroup":
        most = len(self.options) if self.max_values is None else self.max_values
        check_problems(range_problems(self.min_values, most))
        check_problems(option_problems(self.options, most))
        return self


class Checkbox(Form):
    """A box to check."""

    type: Literal[23]
    id: ComponentId | None = None
    custom_id: CustomId
    default: bool | None = None


_Field = TextInput | AnySelect | FileUpload | RadioGroup | CheckboxGroup | Checkbox
_FIELDS: dict[int, type[Form]] = {
    TEXT_INPUT: TextInput,
    **SELECT_FORMS,
    FILE_UPLOAD: FileUpload,
    RADIO_GROUP: RadioGroup,
    CHECKBOX_GROUP: CheckboxGroup,
    CHECKBOX: Checkbox,
}


class Label(Form):
    """A label and the field under it."""

    type: Literal[18]
    id: ComponentId | None = None
    label: Annotated[str, length_between(1, 45)]
    description: Annotated[str, length_between(1, 100)] | None = None
    component: Annotated[_Field, by_type(_FIELDS)]

    @property
    def places(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The place and the custom id of its field."""
        yield ("component",), self.component.custom_id


class ModalForm(Form):
    """A modal to open."""

    custom_id: CustomId
    title: Annotated[str, length_between(1, 45)]
    components: Annotated[
        list[
            Annotated[
                InputRow | Label | TextDisplay,
                by_type({ACTION_ROW: InputRow, LABEL: Label, TEXT_DISPLAY: TextDisplay}),
            ]
        ],
        length_between(1, 5),
    ]

    @model_validator(mode="after")
    def _all_differ(self) -> "ModalForm":
        check_problems(
            duplicate_custom_ids(
                (("components", at, *place), custom_id)
                for at, component in enumerate(self.components)
                if not isinstance(component, TextDisplay)
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
