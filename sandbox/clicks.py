"""What a member does with the mouse: buttons, selects, modals and context menus, as Discord's client lets
them.

Every function raises SandboxError, with one sentence, where the client would not do it.
"""

from collections.abc import Iterator

from sandbox import commands, interactions, modals, typed
from sandbox.components import BUTTON, LINK, PREMIUM, STRING_SELECT, every, label
from sandbox.errors import SandboxError
from sandbox.forms import MESSAGE_MENU, USER_MENU
from sandbox.world import COMPONENT, MODAL_SUBMIT, VERSES_ID, Interaction, Json, Message, User, World

_NAMES = {BUTTON: "button", STRING_SELECT: "select"}


def press(
    world: World, user: User, button: str, message_id: str | None = None, *, channel_id: str = VERSES_ID
) -> Interaction:
    """Press a button, named by its label or custom id.

    Without `message_id` it is that of the newest message of the channel that has such a button.
    """
    message, component = _find(world, user, BUTTON, button, message_id, channel_id)
    name = label(component)
    if component["style"] == LINK:
        raise SandboxError(f"The button {name} opens {component['url']} and tells the bot nothing.")
    if component["style"] == PREMIUM:
        raise SandboxError(f"The button {name} opens the shop and tells the bot nothing.")
    return _use(world, user, message, component, {})


def select(
    world: World,
    user: User,
    values: list[str],
    name: str | None = None,
    message_id: str | None = None,
    *,
    channel_id: str = VERSES_ID,
) -> Interaction:
    """Pick values (or labels) in a select, named by its placeholder or custom id.

    Without `name` it is the only one of the message, without `message_id` that of the newest message
    of the channel that has such a select.
    """
    message, component = _find(world, user, STRING_SELECT, name, message_id, channel_id)
    picked = modals.picked(f"The select {label(component)}", component, values)
    return _use(world, user, message, component, {"values": picked})


def submit(
    world: World, user: User, interaction: Interaction, values: dict[str, str | list[str]]
) -> Interaction:
    """Fill in the modal that answered an interaction of this member, and send it.

    `values` are as in `modals.filled`.
    """
    modal = interaction.modal
    if modal is None:
        raise SandboxError("The bot answered that with no modal.")
    if interaction.user is not user:
        raise SandboxError(f"{user.title} does not see the modal {modal['title']}.")
    data = modals.filled(modal, values)
    return interactions.begin(
        world,
        user,
        interaction.channel_id,
        modal["title"],
        data,
        kind=MODAL_SUBMIT,
        shown=modal["title"],
        source=interaction.source,
        trigger=interaction,
    )


def use_menu(
    world: World, user: User, name: str, target: User | Message, channel_id: str, *, granted: bool = False
) -> Interaction:
    """Use a command of the context menu of a message or of a member."""
    of_user = isinstance(target, User)
    offered = commands.offered(world, USER_MENU if of_user else MESSAGE_MENU)
    if name not in offered:
        known = ", ".join(offered) or "none"
        whose = "members" if of_user else "messages"
        raise SandboxError(f"The context menu of {whose} has no {name!r}; there are: {known}.")
    command = offered[name]
    typed.check_may_use(world, user, channel_id, command, name, granted=granted)
    data: Json = {"id": command["id"], "name": name, "type": command["type"], "target_id": target.id}
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    if isinstance(target, User):
        member = world.members[target.id].to_json() | {"permissions": str(world.permissions(target))}
        data["resolved"] = {"users": {target.id: target.to_json()}, "members": {target.id: member}}
    else:
        data["resolved"] = {"messages": {target.id: target.to_json(world.address)}}
    return interactions.begin(world, user, channel_id, name, data, shown=name, target=target)


def seen(world: World, user: User, message_id: str) -> Message:
    """A message that the member sees."""
    message = world.messages.get(message_id)
    if message is None or not world.sees(user, message):
        raise SandboxError(f"{user.title} sees no message {message_id[:30]!r}.")
    return message


def newest_first(world: World, user: User, channel_id: str) -> Iterator[Message]:
    """The messages of a channel that the member sees."""
    for message in reversed(world.messages.values()):
        if message.channel_id == channel_id and world.sees(user, message):
            yield message


def offered(message: Message, kind: int) -> list[Json]:
    """The buttons or the selects of a message."""
    return [component for component in every(message.components) if component["type"] == kind]


def _find(
    world: World, user: User, kind: int, wanted: str | None, message_id: str | None, channel_id: str
) -> tuple[Message, Json]:
    """The message and its component of that label or custom id."""
    among = [seen(world, user, message_id)] if message_id else newest_first(world, user, channel_id)
    known: dict[str, None] = {}
    for message in among:
        components = offered(message, kind)
        known |= dict.fromkeys(map(label, components))
        fitting = [item for item in components if wanted is None or _is_called(item, wanted)]
        if len(fitting) > 1:
            names = ", ".join(map(label, fitting))
            raise SandboxError(f"That message has several such {_NAMES[kind]}s ({names}): name one.")
        if fitting:
            return message, fitting[0]
    there_are = f"; there are: {', '.join(known)}" if known else ""
    called = f" {wanted!r}" if wanted else ""
    where = "That message" if message_id else f"#{world.channels[channel_id].name}"
    raise SandboxError(f"{where} has no {_NAMES[kind]}{called}{there_are}.")


def _is_called(component: Json, wanted: str) -> bool:
    plain = component.get("label") or component.get("placeholder") or ""
    return wanted == component.get("custom_id") or wanted.lower() in (plain.lower(), label(component).lower())


def _use(world: World, user: User, message: Message, component: Json, more: Json) -> Interaction:
    name = label(component)
    if component.get("disabled"):
        raise SandboxError(f"The {_NAMES[component['type']]} {name} is disabled.")
    data = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
    return interactions.begin(
        world,
        user,
        message.channel_id,
        name,
        data | more,
        kind=COMPONENT,
        shown=f"[{name}]",
        source=message,
    )
