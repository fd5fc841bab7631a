"""Modals as a person fills them in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.client.option_values import LocalFile, attach, read_file
from sandbox.client.picking import amount, pick_values
from sandbox.client.resolved_objects import Place
from sandbox.sandbox_error import FieldError, SandboxError
from sandbox.schemas.fields import Json
from sandbox.schemas.layout import TEXT_DISPLAY
from sandbox.schemas.modals import (
    CHECKBOX,
    FILE_UPLOAD,
    LABEL,
    LONGEST_TEXT,
    RADIO_GROUP,
    SHORT,
    TEXT_INPUT,
)

Values = Mapping[str, str | list[str] | list[LocalFile]]
"""What a person enters, by custom id or label in any case; several values are a list or divided by commas."""


@dataclass(frozen=True)
class ModalField:
    """A field as a person sees it: its label and its component."""

    label: str
    component: Json

    @property
    def options(self) -> list[str]:
        """The labels that a person picks from, if the bot lists them."""
        return [option["label"] for option in self.component.get("options", ())]

    @property
    def initial(self) -> str | list[str]:
        """Its value before a person changes it, or its values."""
        component = self.component
        if component["type"] == CHECKBOX:
            return str(bool(component.get("default"))).lower()
        if "options" in component:
            return [option["label"] for option in component["options"] if option.get("default")]
        defaults = component.get("default_values", ())
        return [value["id"] for value in defaults] or str(component.get("value", ""))

    @property
    def initial_value(self) -> str:
        """Its value before a person changes it, as people read it."""
        return self.initial if isinstance(self.initial, str) else ", ".join(self.initial)


def modal_fields(modal: Json) -> list[ModalField]:
    """The fields of a modal from top to bottom."""
    return [
        ModalField(component["label"], component["component"])
        if component["type"] == LABEL
        else ModalField(component["components"][0]["label"], component["components"][0])
        for component in modal["components"]
        if component["type"] != TEXT_DISPLAY
    ]


def fill_modal(place: Place, modal: Json, values: Values, *, paths: bool = False) -> Json:
    """The interaction data of a modal that a person filled in.

    A field without a value keeps its initial one. With `paths`, the text of a file upload is a path.

    Raises:
        FieldError: a field does not take its value.
        SandboxError: the modal has no field of that name.
    """
    given, resolved = dict(values), Json()
    answers: dict[str, Json] = {}
    for field in modal_fields(modal):
        names = [name for name in given if name == field.component["custom_id"]]
        names = names or [name for name in given if name.lower() == field.label.lower()]
        value = given.pop(names[0]) if names else field.initial
        try:
            answers[field.component["custom_id"]] = _answer(place, field, value, resolved, paths)
        except SandboxError as error:
            raise FieldError(field.component["custom_id"], str(error)) from None
    if given:
        known = ", ".join(field.label for field in modal_fields(modal))
        raise SandboxError(f"{modal['title']} has no field {next(iter(given))!r}; there are: {known}.")
    data: Json = {
        "custom_id": modal["custom_id"],
        "components": [_answered_component(item, answers) for item in modal["components"]],
    }
    return data | ({"resolved": resolved} if resolved else {})


def _answered_component(component: Json, answers: dict[str, Json]) -> Json:
    """A row, a label or a text with its answer, as the gateway sends it."""
    kept = {"type": component["type"], "id": component["id"]}
    if component["type"] == LABEL:
        return kept | {"component": answers[component["component"]["custom_id"]]}
    if component["type"] == TEXT_DISPLAY:
        return kept
    return kept | {"components": [answers[item["custom_id"]] for item in component["components"]]}


def _answer(
    place: Place, field: ModalField, value: str | list[str] | list[LocalFile], resolved: Json, paths: bool
) -> Json:
    component = field.component
    answer = {"type": component["type"], "id": component["id"], "custom_id": component["custom_id"]}
    if component["type"] == FILE_UPLOAD:
        return answer | {"values": _attached(place, field, value, resolved, paths)}
    if component["type"] in (TEXT_INPUT, CHECKBOX):
        if not isinstance(value, str):
            raise SandboxError(f"The field {field.label} takes a text, not a list.")
        checked = component["type"] == CHECKBOX
        return answer | {"value": _checked(field, value) if checked else _text_value(field, value)}
    wanted = _texts(field, value)
    optional = not component.get("required", True)
    picked = [] if optional and not wanted else pick_values(place, field.label, component, wanted, resolved)
    if component["type"] == RADIO_GROUP:
        return answer | {"value": picked[0] if picked else None}
    return answer | {"values": picked}


def _texts(field: ModalField, value: str | list[str] | list[LocalFile]) -> list[str]:
    """What a person picks: one label, which may have commas, or several divided by commas."""
    if isinstance(value, str):
        value = [value] if value in field.options else re.split(r",\s*", value)
    return [text for text in value if isinstance(text, str) and text]


def _attached(
    place: Place, field: ModalField, value: str | list[str] | list[LocalFile], resolved: Json, paths: bool
) -> list[str]:
    """The ids of the files that a person attaches."""
    if isinstance(value, str):
        named = [text for text in re.split(r",\s*", value) if text]
        if named and not paths:
            raise SandboxError(f"The field {field.label} takes files; attach them instead of typing.")
        files = [read_file({"name": field.label}, path) for path in named]
    else:
        files = [file for file in value if isinstance(file, LocalFile)]
    component = field.component
    least, most = component["min_values"], component["max_values"]
    least = least if component.get("required", True) or files else 0
    if not least <= len(files) <= most:
        wanted = amount(least, most, "file")
        raise SandboxError(f"The field {field.label} takes {wanted}; these are {len(files)}.")
    return [attach(place.world, file, resolved) for file in files]


def _checked(field: ModalField, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise SandboxError(f"The field {field.label} takes true or false, not {text[:80]!r}.")
    return text.lower() == "true"


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
