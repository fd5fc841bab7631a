"""Custom ids of buttons and forms, as typed values that both compose and match.

A custom id, `ACTION` or `ACTION:FIELD:…`, comes back with each press of a button and each submitted form
(Discord: Component Reference). It holds everything that its handler needs. Nothing is kept in memory, so
buttons work after a restart. Messages of former versions keep their ids: never change how an id is written.
"""

from dataclasses import astuple, fields
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, ValidationError
from pydantic.dataclasses import dataclass

from shakelm.configuration import NAME_PATTERN, VERSION_PATTERN
from worker.protocol.payload import RecordId

VersionReference = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}@{VERSION_PATTERN}$")]
"""NAME@VERSION."""


@dataclass(frozen=True)
class CustomId:
    """One custom id. `str` composes it and `parse` reads it; it has at most 100 characters, Discord's limit.

    A subclass names its action, as in `class Again(OfRecord, action="again")`. Invalid fields raise a
    `pydantic.ValidationError`.
    """

    action: ClassVar[str] = ""

    def __init_subclass__(cls, action: str = "") -> None:
        """Keep the action."""
        super().__init_subclass__()
        cls.action = action

    def __str__(self) -> str:
        return ":".join([self.action, *map(str, astuple(self))])

    @classmethod
    def parse(cls, custom_id: str) -> Self | None:
        """The value that composes exactly this custom id. None if there is none."""
        action, *values = custom_id.split(":")
        if action != cls.action or len(values) != len(fields(cls)):
            return None
        try:
            found = cls(*values)
        except ValidationError:
            return None
        return found if str(found) == custom_id else None


@dataclass(frozen=True)
class OfRecord(CustomId):
    """Names a verse, a queued request, or a training by its id."""

    record_id: RecordId


class CancelRequest(OfRecord, action="cancel"):
    """Take a request out of the queue."""


class Again(OfRecord, action="again"):
    """Another verse with the same settings."""


class Continue(OfRecord, action="continue"):
    """A verse that continues this one."""


class WholePoem(OfRecord, action="poem"):
    """Everything from the first verse to this one, which continues it."""


class Hotter(OfRecord, action="hotter"):
    """The same verse at a higher temperature."""


class Colder(OfRecord, action="colder"):
    """The same verse at a lower temperature."""


class Change(OfRecord, action="change"):
    """The form with the settings of a verse: the button opens it, and the form has the same id."""


class ChangeAgain(OfRecord, action="change-again"):
    """The form of `Change` with what was typed into it before."""


class Discard(OfRecord, action="discard"):
    """Remove a verse."""


@dataclass(frozen=True)
class OfLine(CustomId):
    """Names a shared line at one version."""

    line_id: RecordId
    version: Annotated[int, Field(ge=0, lt=10**9)]


@dataclass(frozen=True)
class Append(OfLine, action="append"):
    """Append one of the tokens that the message offers, counted from 0."""

    choice: Annotated[int, Field(ge=0, lt=5)]


class Draw(OfLine, action="draw"):
    """Let the model choose what is appended."""


class Undo(OfLine, action="undo"):
    """Remove the token that was appended last."""


@dataclass(frozen=True)
class ModelPage(CustomId, action="models"):
    """Show a page of the model list, counted from 0."""

    page: Annotated[int, Field(ge=0, lt=10**4)]


@dataclass(frozen=True)
class OfVersion(CustomId):
    """Names a model version."""

    model: VersionReference


class Promote(OfVersion, action="promote"):
    """Make a version live."""


class Remove(OfVersion, action="remove"):
    """Remove a version."""


class Forget(CustomId, action="forget"):
    """Remove everything that is stored about the person who presses."""


class StartTraining(OfRecord, action="start-training"):
    """Start a proposed training."""


class DropTraining(OfRecord, action="drop-training"):
    """Drop a proposed training."""


class StopTraining(OfRecord, action="stop-training"):
    """End a training, and keep the best epoch."""


class CancelTraining(OfRecord, action="cancel-training"):
    """End a training, and keep nothing."""


ALL: tuple[type[CustomId], ...] = tuple(
    found
    for found in list(globals().values())
    if isinstance(found, type) and issubclass(found, CustomId) and found.action
)
"""Every type of custom id that a message or a form has."""
