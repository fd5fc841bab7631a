"""What a person picks in selects and groups of boxes."""

from collections.abc import Callable
from typing import Any

from sandbox.client.resolved_objects import (
    Place,
    find_named_channel,
    find_named_member,
    find_named_role,
    resolve_channel,
    resolve_member,
    resolve_role,
)
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.components import ENTITY_SELECTS
from sandbox.schemas.fields import Json
from sandbox.schemas.selects import DEFAULT_TYPES


def pick_values(place: Place, name: str, component: Json, wanted: list[str], resolved: Json) -> list[str]:
    """The values that a person picks; `wanted` holds values, labels, or names of members, roles or channels.

    What Discord lists goes into `resolved`.

    Raises:
        SandboxError: something does not exist or is picked twice, or there are too few or too many.
    """
    if component["type"] in ENTITY_SELECTS:
        values = [_entity(place, name, component, text, resolved) for text in wanted]
    else:
        values = [_option(name, component, text) for text in wanted]
    least = component.get("min_values", 1)
    most = component.get("max_values") or len(component.get("options", "1"))
    if not least <= len(set(values)) == len(values) <= most:
        number = str(least) if least == most else f"{least} to {most}"
        raise SandboxError(f"{name} takes {number} different values; these are {len(values)}.")
    return values


def _option(name: str, component: Json, text: str) -> str:
    fitting = [option for option in component["options"] if option["value"] == text]
    fitting = fitting or [o for o in component["options"] if o["label"].lower() == text.lower()]
    if not fitting:
        known = ", ".join(option["label"] for option in component["options"])
        raise SandboxError(f"{name} offers: {known}; not {text[:80]!r}.")
    return str(fitting[0]["value"])


def _entity(place: Place, name: str, component: Json, text: str, resolved: Json) -> str:
    finders: dict[str, tuple[Callable[[], Any], Callable[[Any], str]]] = {
        "user": (
            lambda: find_named_member(place.world, text),
            lambda one: resolve_member(place, one, resolved),
        ),
        "role": (lambda: find_named_role(place.world, text), lambda one: resolve_role(one, resolved)),
        "channel": (
            lambda: find_named_channel(place.world, text),
            lambda one: resolve_channel(place, one, resolved),
        ),
    }
    kinds = DEFAULT_TYPES[component["type"]]
    for kind in kinds:
        find, resolve = finders[kind]
        found = find()
        if found and (kind != "channel" or found.kind in (component.get("channel_types") or [found.kind])):
            return resolve(found)
    raise SandboxError(f"{name} offers no {' or '.join(kinds)} {text[:80]!r}.")
