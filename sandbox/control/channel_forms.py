"""The bodies of requests to the control API about channels, threads and forwards."""

from typing import Annotated, Literal

from pydantic import Field

from sandbox.control.control_forms import ActForm, ControlForm

_Name = Annotated[str, Field(min_length=1, max_length=100)]


class ChannelForm(ControlForm):
    """A new channel; `tags` are the names of those that a forum offers."""

    name: _Name
    kind: Literal["text", "announcement", "voice", "forum"] = "text"
    topic: Annotated[str, Field(max_length=1024)] = ""
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=20)]], Field(max_length=20)] = Field(
        default_factory=list
    )


class NewThreadForm(ActForm):
    """A new thread of a message or of a channel, or with `text` and `tags` (names) a new post of a forum."""

    name: _Name
    message_id: str | None = None
    private: bool = False
    text: str | None = None
    tags: list[str] = Field(default_factory=list)


class ThreadStateForm(ControlForm):
    """What moderators change of a thread."""

    thread_id: str
    name: _Name | None = None
    archived: bool | None = None
    locked: bool | None = None


class ThreadMemberForm(ControlForm):
    """Somebody who becomes a member of a thread, or with `leaves` ends the membership; null is the bot."""

    thread_id: str
    user: str | None = None
    leaves: bool = False


class ForwardForm(ActForm):
    """A message to forward to a channel."""

    message_id: str
