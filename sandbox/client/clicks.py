"""What a member does with the mouse: buttons, selects, modals and context menus.

Each function returns the interaction that it starts. It raises SandboxError if Discord's client would not
do it; the sentence says why.
"""

from sandbox.client.command_access import check_may_use, check_takes_interactions, seen_channel
from sandbox.client.modal_filling import Values, fill_modal
from sandbox.client.picking import pick_values
from sandbox.client.resolved_objects import Place, resolve_member
from sandbox.client.visible_messages import components_of, find_message, messages_in_channel
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.command_form import MESSAGE_MENU, USER_MENU
from sandbox.schemas.components import BUTTON, LINK, PREMIUM, SELECTS, component_label
from sandbox.schemas.fields import Json
from sandbox.world import command_registry, interaction_lifecycle
from sandbox.world.guild_objects import User
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import COMPONENT, MODAL_SUBMIT, Interaction, Message
from sandbox.world.state import World

_BUTTONS, _SELECTS = (BUTTON,), SELECTS
_NAMES = {BUTTON: "button", **dict.fromkeys(SELECTS, "select")}


def press(
    world: World, user: User, button: str, message_id: str | None = None, *, channel_id: str = VERSES_ID
) -> Interaction:
    """Press the button with that label or custom id.

    Without `message_id`, this is the button of the newest message in the channel that has one.

    Raises:
        SandboxError: the member sees no such button, or it is disabled or does not reach the bot.
    """
    message, component = _find(world, user, _BUTTONS, button, message_id, channel_id)
    name = component_label(component)
    if component["style"] == LINK:
        raise SandboxError(f"The button {name} opens {component['url']} and does not reach the bot.")
    if component["style"] == PREMIUM:
        raise SandboxError(f"The button {name} opens the shop and does not reach the bot.")
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
    """Pick values or labels in the select with that placeholder or custom id.

    In a select that Discord lists, the values are names of members, roles or channels.

    Without `name`, this is the message's only select. Without `message_id`, it is the select of the newest
    message in the channel that has one.

    Raises:
        SandboxError: the member sees no such select, it is disabled, or it does not take the values.
    """
    message, component = _find(world, user, _SELECTS, name, message_id, channel_id)
    place, resolved = Place(world, user, message.channel_id), Json()
    picked = pick_values(place, f"The select {component_label(component)}", component, values, resolved)
    more: Json = {"values": picked} | ({"resolved": resolved} if resolved else {})
    return _use(world, user, message, component, more)


def submit(
    world: World, user: User, interaction: Interaction, values: Values, *, paths: bool = False
) -> Interaction:
    """Fill in the modal that the bot opened for this interaction, and submit it.

    `values` and `paths` are those of `modal_filling.fill_modal`.

    Raises:
        SandboxError: the bot opened no modal for this member, the channel is closed to the member by now, or
            a field does not take its value.
    """
    modal = interaction.modal
    if modal is None:
        raise SandboxError("The bot opened no modal there.")
    if interaction.user is not user:
        raise SandboxError(f"{user.display_name} does not see the modal {modal['title']}.")
    _check_may_act(world, user, interaction.channel_id)
    data = fill_modal(Place(world, user, interaction.channel_id), modal, values, paths=paths)
    return interaction_lifecycle.start(
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


def with_open_modal(world: World, user: User) -> Interaction:
    """The interaction that opened the member's newest modal that is not submitted yet.

    Raises:
        SandboxError: the member has no open modal.
    """
    submitted = {interaction.trigger.id for interaction in world.interactions.values() if interaction.trigger}
    for interaction in reversed(world.interactions.values()):
        if interaction.user is user and interaction.modal and interaction.id not in submitted:
            return interaction
    raise SandboxError("There is no open modal.")


def use_menu(
    world: World, user: User, name: str, target: User | Message, channel_id: str, *, granted: bool = False
) -> Interaction:
    """Use a command from the context menu of a member or of a message.

    Raises:
        SandboxError: the menu has no such command, or the member may not use it.
    """
    of_user = isinstance(target, User)
    offered = command_registry.offered(world, USER_MENU if of_user else MESSAGE_MENU)
    if name not in offered:
        known = ", ".join(offered) or "none"
        whose = "members" if of_user else "messages"
        raise SandboxError(f"The context menu of {whose} has no {name!r}; there are: {known}.")
    command = offered[name]
    check_may_use(world, user, channel_id, command, name, granted=granted)
    data: Json = {"id": command["id"], "name": name, "type": command["type"], "target_id": target.id}
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    if isinstance(target, User):
        data["resolved"] = {}
        resolve_member(Place(world, user, channel_id), world.members[target.id], data["resolved"])
    else:
        data["resolved"] = {"messages": {target.id: target.to_json(world.address)}}
    return interaction_lifecycle.start(world, user, channel_id, name, data, shown=name, target=target)


def _find(
    world: World,
    user: User,
    kinds: tuple[int, ...],
    wanted: str | None,
    message_id: str | None,
    channel_id: str,
) -> tuple[Message, Json]:
    """The component with that label or custom id, and its message."""
    seen = messages_in_channel(world, user, channel_id)
    among = [find_message(world, user, message_id)] if message_id else reversed(seen)
    known: dict[str, None] = {}
    for message in among:
        components = components_of(message, *kinds)
        known |= dict.fromkeys(map(component_label, components))
        fitting = [item for item in components if wanted is None or _is_called(item, wanted)]
        exact = [item for item in fitting if wanted in (item.get("custom_id"), item.get("label"))]
        if len(fitting) > 1 and len(exact) == 1:
            return message, exact[0]
        if len(fitting) > 1:
            names = ", ".join(map(component_label, fitting))
            raise SandboxError(f"That message has several such {_NAMES[kinds[0]]}s ({names}): name one.")
        if fitting:
            return message, fitting[0]
    there_are = f"; there are: {', '.join(known)}" if known else ""
    called = f" {wanted!r}" if wanted else ""
    where = "That message" if message_id else f"#{world.channels[channel_id].name}"
    raise SandboxError(f"{where} has no {_NAMES[kinds[0]]}{called}{there_are}.")


def _check_may_act(world: World, user: User, channel_id: str) -> None:
    check_takes_interactions(world, user, seen_channel(world, user, channel_id))
    if world.timed_out(user):
        raise SandboxError(f"{user.display_name} is timed out and can only read.")


def _is_called(component: Json, wanted: str) -> bool:
    plain = component.get("label") or component.get("placeholder") or ""
    return wanted == component.get("custom_id") or wanted.lower() in (
        plain.lower(),
        component_label(component).lower(),
    )


def _use(world: World, user: User, message: Message, component: Json, more: Json) -> Interaction:
    name = component_label(component)
    if component.get("disabled"):
        raise SandboxError(f"The {_NAMES[component['type']]} {name} is disabled.")
    _check_may_act(world, user, message.channel_id)
    data = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
    return interaction_lifecycle.start(
        world,
        user,
        message.channel_id,
        name,
        data | more,
        kind=COMPONENT,
        shown=f"[{name}]",
        source=message,
    )
