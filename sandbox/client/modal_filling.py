"""Modals as a person fills them in."""

import re
from dataclasses import dataclass

from sandbox.sandbox_error import FieldError, SandboxError
from sandbox.schemas.components import STRING_SELECT
from sandbox.schemas.fields import Json
from sandbox.schemas.modals import LABEL, LONGEST_TEXT, SHORT


@dataclass(frozen=True)
class ModalField:
    """A field as a person sees it: its label and its component."""

    label: str
    component: Json

    @property
    def is_select(self) -> bool:
        """Whether a person picks its values from options."""
        return bool(self.component["type"] == STRING_SELECT)

    @property
    def initial_value(self) -> str:
        """Its value before a person changes it; for a select, labels separated by commas."""
        if self.is_select:
            return ", ".join(option["label"] for option in self.component["options"] if option.get("default"))
        return str(self.component.get("value", ""))


def modal_fields(modal: Json) -> list[ModalField]:
    """The fields of a modal from top to bottom."""
    return [
        ModalField(component["label"], component["component"])
        if component["type"] == LABEL
        else ModalField(component["components"][0]["label"], component["components"][0])
        for component in modal["components"]
    ]


def fill_modal(modal: Json, values: dict[str, str | list[str]]) -> Json:
    """The interaction data of a modal that a person filled in.

    The keys of `values` are custom ids or labels in any case. Several values of a select are a list, or a
    text with commas. A field without a value keeps its initial one.

    Raises:
        FieldError: a field does not take its value.
        SandboxError: the modal has no field of that name.
    """
    given = dict(values)
    answers: dict[str, Json] = {}
    for field in modal_fields(modal):
        names = [name for name in given if name == field.component["custom_id"]]
        names = names or [name for name in given if name.lower() == field.label.lower()]
        value = given.pop(names[0]) if names else field.initial_value
        try:
            answers[field.component["custom_id"]] = _answer(field, value)
        except SandboxError as error:
            raise FieldError(field.component["custom_id"], str(error)) from None
    if given:
        known = ", ".join(field.label for field in modal_fields(modal))
        raise SandboxError(f"{modal['title']} has no field {next(iter(given))!r}; there are: {known}.")
    return {
        "custom_id": modal["custom_id"],
        "components": [_answered_component(item, answers) for item in modal["components"]],
    }


def _answered_component(component: Json, answers: dict[str, Json]) -> Json:
    """A row or a label with its answer, as the gateway sends it."""
    kept = {"type": component["type"], "id": component["id"]}
    if component["type"] == LABEL:
        return kept | {"component": answers[component["component"]["custom_id"]]}
    return kept | {"components": [answers[item["custom_id"]] for item in component["components"]]}


def _answer(field: ModalField, value: str | list[str]) -> Json:
    component = field.component
    answer = {"type": component["type"], "id": component["id"], "custom_id": component["custom_id"]}
    if field.is_select:
        wanted = list(filter(None, re.split(r",\s*", value))) if isinstance(value, str) else value
        if not wanted and not component.get("required", True):
            return answer | {"values": []}
        return answer | {"values": pick_values(field.label, component, wanted)}
    if not isinstance(value, str):
        raise SandboxError(f"The field {field.label} takes a text, not a list.")
    return answer | {"value": _text_value(field, value)}


def _text_value(field: ModalField, text: str) -> str:
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


def pick_values(name: str, select: Json, wanted: list[str]) -> list[str]:
    """The values of the options that a person picks; `wanted` holds values or labels.

    Raises:
        SandboxError: an option does not exist or is picked twice, or there are too few or too many.
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
