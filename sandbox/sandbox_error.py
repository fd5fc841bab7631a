"""The one error that people read."""

from pydantic import ValidationError


class SandboxError(Exception):
    """Wrong input or a wrong environment: one sentence that names the cause and the cure."""


def first_problem(error: ValidationError, whole: str) -> tuple[str, str]:
    """The field of the first problem, and a sentence about it; `whole` names what has the fields."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    return field, f"{field or whole}: {first['msg']}."


class FieldError(SandboxError):
    """One field that a member fills in is wrong: `field` is an option's name or a field's custom id."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
