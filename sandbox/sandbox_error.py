"""The one error that people read."""


class SandboxError(Exception):
    """Wrong input or a wrong environment: one sentence that names the cause and the cure."""
