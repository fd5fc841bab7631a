"""The one error that people read."""


class SandboxError(Exception):
    """Wrong input or a wrong environment: one sentence that names the cause and the cure."""


class FieldError(SandboxError):
    """One field that a member fills in is wrong: `field` is an option's name or a field's custom id."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
