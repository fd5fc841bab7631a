"""Reading a request body as JSON and as a form, and Discord's messages for what is wrong with it."""

import json
import math
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sandbox.schemas.refusals import Code, Refusal

_Form = TypeVar("_Form")

MAX_DEPTH = 100
"""The deepest nesting of lists and objects in a body. Discord documents nothing deeper than 10."""


def parse_json(raw: str | bytes) -> Any:
    """Read JSON whose numbers are finite.

    Raises:
        ValueError: it is not such JSON, or it is nested deeper than `MAX_DEPTH`.
    """
    try:
        value = json.loads(raw, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return value
    raise ValueError("nested too deep")


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large")
    return number


def parse_form(form: type[_Form], body: Any, *, at: tuple[str, ...] = ()) -> _Form:
    """Read a body as a form.

    `at` is the body's place in the request. It comes first in the paths of the errors.

    Raises:
        Refusal: the body does not fit: status 400, code 50035 and Discord's tree of errors.
    """
    try:
        return TypeAdapter(form).validate_python(body)
    except ValidationError as error:
        # The branches of a union fail at one place; the last says it best.
        problems = {(*at, *_path(detail)): _code_and_message(detail) for detail in error.errors()}
        raise invalid_form((path, *problem) for path, problem in problems.items()) from None


def invalid_form(problems: Iterable[tuple[tuple[str, ...], str, str]]) -> Refusal:
    """The refusal of a form; each problem is a path, Discord's code and its message."""
    tree: dict[str, Any] = {}
    for path, code, message in problems:
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    return Refusal.of(Code.INVALID_FORM_BODY, errors=tree)


def _path(detail: ErrorDetails) -> tuple[str, ...]:
    # Pydantic adds steps that Discord does not have: the branch of a union ("str", "int"), and "[key]"
    # where the key of a dictionary is wrong.
    branches = {"str", "int", "float", "constrained-str", "[key]"}
    return tuple(str(part) for part in detail["loc"] if part not in branches)


def _code_and_message(detail: ErrorDetails) -> tuple[str, str]:
    """Discord's code and message for a pydantic error."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    most, least = context.get("max_length"), context.get("min_length")
    match kind:
        case "missing":
            return "BASE_TYPE_REQUIRED", "This field is required"
        case "string_too_long" | "too_long":
            return "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
        case "string_too_short" | "too_short":
            return "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length."
        case "string_pattern_mismatch":
            return "STRING_TYPE_REGEX", "String value did not match validation regex."
        case "string_type" | "string_unicode":
            return "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string."
        case "int_type" | "int_parsing" | "int_parsing_size" | "int_from_float":
            return "NUMBER_TYPE_COERCE", f"Value {value!r} is not int."
        case "float_type" | "float_parsing":
            return "NUMBER_TYPE_COERCE", f"Value {value!r} is not float."
        case "finite_number":
            return "NUMBER_TYPE_COERCE", "Value is not a finite number."
        case "bool_type" | "bool_parsing":
            return "BOOLEAN_TYPE_CONVERT", "Must be either true or false."
        case "list_type":
            return "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
        case "greater_than_equal":
            return "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {context['ge']}."
        case "less_than_equal":
            return "NUMBER_TYPE_MAX", f"int value should be less than or equal to {context['le']}."
        case "literal_error":
            return "BASE_TYPE_CHOICES", f"Value must be one of {context['expected']}."
        case _:
            return kind, detail["msg"]
