"""The first answer to an interaction (Discord documentation, "Receiving and Responding")."""

from typing import Annotated, Any

from pydantic import Field

from sandbox.schemas.command_form import Choice
from sandbox.schemas.fields import Form

MESSAGE_ANSWER, DEFERRED_ANSWER, DEFERRED_UPDATE, UPDATE = 4, 5, 6, 7
AUTOCOMPLETE_ANSWER, MODAL_ANSWER = 8, 9
"""Types of first answers (documentation, "Interaction Callback Type")."""


class AutocompleteForm(Form):
    """The answer to an autocomplete interaction."""

    choices: Annotated[list[Choice], Field(max_length=25)] = Field(default_factory=list)


class CallbackForm(Form):
    """The first answer; its type says how to read `data`."""

    type: int
    data: dict[str, Any] | None = None
