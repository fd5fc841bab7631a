"""The people of the guild: finding, joining, language."""

from typing import cast, get_args

from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Locale
from sandbox.world.guild_objects import User
from sandbox.world.state import World


def find_member(world: World, name: str) -> User:
    """The member with that user name.

    Raises:
        SandboxError: there is no such member.
    """
    if name not in world.users:
        raise SandboxError(f"There is no user {name!r}; there are: {', '.join(world.users)}.")
    return world.users[name]


def join(world: World, name: str) -> User:
    """Let a new member join the guild.

    Raises:
        SandboxError: the name is taken.
    """
    if name in world.users:
        raise SandboxError(f"There is already a user {name!r}.")
    return world.join(name)


def set_locale(world: World, user: User | None, locale: str) -> None:
    """Set the language of a member, or of the guild (None).

    Raises:
        SandboxError: Discord has no such language.
    """
    if locale not in get_args(Locale):
        known = ", ".join(get_args(Locale))
        raise SandboxError(f"Discord has no language {locale[:20]!r}; it has: {known}.")
    if user:
        world.locales[user.name] = cast(Locale, locale)
    else:
        world.guild_locale = cast(Locale, locale)
