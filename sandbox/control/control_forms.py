"""The bodies of requests to the control API."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sandbox.client.option_values import LocalFile
from sandbox.world.ids import VERSES_ID
from sandbox.world.permissions import Permission


class ControlForm(BaseModel):
    """Base of all bodies; unlike Discord, it refuses unknown keys."""

    model_config = ConfigDict(extra="forbid")


class ActForm(ControlForm):
    """An action of a member in a channel."""

    user: str = "student"
    channel_id: str = VERSES_ID


class LineForm(ActForm):
    """A line that a member types; `granted` skips the command's default permissions."""

    text: str
    granted: bool = False


class CrowdForm(ControlForm):
    """A command line that `count` new members send at once, or a button that they press."""

    count: Annotated[int, Field(ge=1, le=10_000)]
    text: str | None = None
    button: str | None = None
    message_id: str | None = None
    channel_id: str = VERSES_ID

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) is (self.button is None):
            raise ValueError("give either text or button")
        return self


class MembershipForm(ControlForm):
    """What happens to the bot's membership in the guild."""

    event: Literal["removed", "invited", "outage"]


class CommandLineForm(LineForm):
    """A command line and the files for its options."""

    files: dict[str, LocalFile] = Field(default_factory=dict)


class UnfinishedForm(LineForm):
    """A command line whose option `focused`, by default the last one, is not finished."""

    focused: str | None = None


class PressForm(ActForm):
    """A button to press."""

    button: str
    message_id: str | None = None


class SelectionForm(ActForm):
    """The options to pick in a select."""

    values: list[str]
    select: str | None = None
    message_id: str | None = None


class SubmissionForm(ControlForm):
    """A modal to fill in and submit."""

    user: str = "student"
    interaction_id: str
    values: dict[str, str | list[str]] = Field(default_factory=dict)
    files: dict[str, list[LocalFile]] = Field(default_factory=dict)


class MenuForm(ActForm):
    """A command of a context menu; `message_id` or `member` says whose."""

    name: str
    message_id: str | None = None
    member: str | None = None
    granted: bool = False


def _bits(names: Any) -> Any:
    if isinstance(names, list) and all(str(name) in Permission.__members__ for name in names):
        return int(reduce(or_, (Permission[str(name)] for name in names), Permission(0)))
    known = ", ".join(Permission.__members__)
    raise ValueError(f"a list of permissions is needed, from: {known}")


Permissions = Annotated[int, BeforeValidator(_bits)]
"""A list of names, such as ["SEND_MESSAGES"], as bits."""


class ChannelDeletionForm(ControlForm):
    """A channel to delete."""

    channel_id: str


class MessageDeletionForm(ControlForm):
    """A message to delete."""

    message_id: str


class OverwriteForm(ControlForm):
    """What a channel allows and denies to a role or to a member (the name or the id)."""

    channel_id: str = VERSES_ID
    role: str | None = None
    member: str | None = None
    allow: Permissions = 0
    deny: Permissions = 0

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.role is None) is (self.member is None):
            raise ValueError("give either role or member")
        return self


class RolePermissionsForm(ControlForm):
    """The permissions of a role (its name or id)."""

    role: str
    permissions: Permissions


class RolesForm(ControlForm):
    """The roles (names or ids) of a member."""

    user: str = "student"
    roles: list[str]


class TimeoutForm(ControlForm):
    """The seconds for which a member may only read; 0 ends it."""

    user: str = "student"
    seconds: Annotated[float, Field(ge=0, le=28 * 86400)]


class MemberForm(ControlForm):
    """The user name of a new member."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_.]{2,32}$")]


class LocaleForm(ControlForm):
    """The language of a member, or of the guild (`user` is null)."""

    user: str | None = None
    locale: str


class ClockForm(ControlForm):
    """The seconds that the world's time is ahead of the machine's."""

    ahead_s: Annotated[float, Field(ge=-86400, le=10 * 365 * 86400)]
