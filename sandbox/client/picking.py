"""What a person picks in selects and groups of boxes."""

from sandbox.client.resolved_objects import Place, resolve_named
from sandbox.sandbox_error import SandboxError
from sandbox.schemas.components import ENTITY_SELECTS
from sandbox.schemas.fields import Json
from sandbox.schemas.modals import RADIO_GROUP
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
    most = 1 if component["type"] == RADIO_GROUP else component.get("max_values") or len(component["options"])
    if not least <= len(set(values)) == len(values) <= most:
        noun = "value" if most == 1 else "different value"
        raise SandboxError(f"{name} takes {amount(least, most, noun)}; these are {len(values)}.")
    return values


def amount(least: int, most: int, noun: str) -> str:
    """How many a field takes, as in `1 to 2 files`."""
    number = str(least) if least == most else f"{least} to {most}"
    return f"{number} {noun}" + ("" if most == 1 else "s")


def _option(name: str, component: Json, text: str) -> str:
    fitting = [option for option in component["options"] if option["value"] == text]
    fitting = fitting or [o for o in component["options"] if o["label"].lower() == text.lower()]
    if not fitting:
        known = ", ".join(option["label"] for option in component["options"])
        raise SandboxError(f"{name} offers: {known}; not {text[:80]!r}.")
    return str(fitting[0]["value"])


def _entity(place: Place, name: str, component: Json, text: str, resolved: Json) -> str:
    kinds = DEFAULT_TYPES[component["type"]]
    found = resolve_named(place, kinds, text, resolved, component.get("channel_types") or ())
    if found is None:
        raise SandboxError(f"{name} offers no {' or '.join(kinds)} {text[:80]!r}.")
    return found
