"""The components of a message in both versions (Discord documentation, "Component Reference").

In the first version they are rows below the text. In the second, with the flag `COMPONENTS_V2`, they are the
whole message.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from sandbox.schemas.components import ACTION_ROW, BUTTON, ActionRow, Button, duplicate_custom_ids
from sandbox.schemas.fields import Form, Json, Problem, Url, by_type, length_between
from sandbox.schemas.selects import ComponentId

SECTION, TEXT_DISPLAY, THUMBNAIL, MEDIA_GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
COMPONENTS_V2 = 1 << 15

MAX_ROWS = 5
MAX_COMPONENTS = 40
MAX_SHOWN_TEXT = 4000

_Description = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


def _default(value: Any) -> BeforeValidator:
    """Take null for a default value."""
    return BeforeValidator(lambda given: value if given is None else given)


class TextDisplay(Form):
    """Markdown."""

    type: Literal[10]
    id: ComponentId | None = None
    content: Annotated[str, length_between(1, MAX_SHOWN_TEXT)]


class Media(Form):
    """A picture, a video or a file, by an address or by `attachment://NAME`."""

    url: Url


class FileMedia(Form):
    """A file of the message: `attachment://NAME`."""

    url: Annotated[Url, StringConstraints(pattern="^attachment://")]


class Thumbnail(Form):
    """A small picture beside the text of a section."""

    type: Literal[11]
    id: ComponentId | None = None
    media: Media
    description: _Description | None = None
    spoiler: Annotated[bool, _default(False)] = False


class GalleryItem(Form):
    """A picture or video of a gallery."""

    media: Media
    description: _Description | None = None
    spoiler: Annotated[bool, _default(False)] = False


class MediaGallery(Form):
    """Up to ten pictures or videos."""

    type: Literal[12]
    id: ComponentId | None = None
    items: Annotated[list[GalleryItem], length_between(1, 10)]


class FileComponent(Form):
    """A file to download."""

    type: Literal[13]
    id: ComponentId | None = None
    file: FileMedia
    spoiler: Annotated[bool, _default(False)] = False


class Separator(Form):
    """Space between components, with or without a line."""

    type: Literal[14]
    id: ComponentId | None = None
    divider: Annotated[bool, _default(True)] = True
    spacing: Annotated[Literal[1, 2], _default(1)] = 1


class Section(Form):
    """Up to three texts with a button or a thumbnail beside them."""

    type: Literal[9]
    id: ComponentId | None = None
    components: Annotated[
        list[Annotated[TextDisplay, by_type({TEXT_DISPLAY: TextDisplay})]], length_between(1, 3)
    ]
    accessory: Annotated[Button | Thumbnail, by_type({BUTTON: Button, THUMBNAIL: Thumbnail})]


_IN_CONTAINERS: dict[int, type[Form]] = {
    ACTION_ROW: ActionRow,
    SECTION: Section,
    TEXT_DISPLAY: TextDisplay,
    MEDIA_GALLERY: MediaGallery,
    FILE: FileComponent,
    SEPARATOR: Separator,
}
_InContainer = ActionRow | Section | TextDisplay | MediaGallery | FileComponent | Separator


class Container(Form):
    """A box around other components."""

    type: Literal[17]
    id: ComponentId | None = None
    components: Annotated[
        list[Annotated[_InContainer, by_type(_IN_CONTAINERS)]], length_between(1, MAX_COMPONENTS)
    ]
    accent_color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    spoiler: Annotated[bool, _default(False)] = False


MessageComponents = list[
    Annotated[_InContainer | Container, by_type(_IN_CONTAINERS | {CONTAINER: Container})]
]
"""The components of a message in either version; `layout_problems` says what its version does not allow."""

Place = tuple[str | int, ...]


def layout_problems(components: Iterable[Form], *, second_version: bool) -> Iterator[Problem]:
    """What is wrong with the components of a message as a whole, below the place `components`."""
    top = list(components)
    if not second_version:
        for at, component in enumerate(top):
            if not isinstance(component, ActionRow):
                yield (
                    (at, "type"),
                    "UNION_TYPE_CHOICES",
                    f'Value of field "type" must be one of ({ACTION_ROW}).',
                )
        if len(top) > MAX_ROWS:
            yield (), "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_ROWS} or fewer in length."
    placed = list(_placed(top))
    if second_version and len(placed) > MAX_COMPONENTS:
        text = f"The number of components exceeds the maximum of {MAX_COMPONENTS}"
        yield (), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text
    shown = sum(len(item.content) for _, item in placed if isinstance(item, TextDisplay))
    if shown > MAX_SHOWN_TEXT:
        text = f"The text shown exceeds the maximum size of {MAX_SHOWN_TEXT}"
        yield (), "COMPONENT_MAX_TOTAL_TEXT_SIZE_EXCEEDED", text
    yield from duplicate_custom_ids((place, getattr(item, "custom_id", None)) for place, item in placed)
    seen: set[int] = set()
    for place, item in placed:
        number = getattr(item, "id", None)
        if number and number in seen:
            yield (*place, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated"
        seen.add(number or 0)


def _placed(components: Iterable[Form], place: Place = ()) -> Iterator[tuple[Place, Form]]:
    """All components with their places, each before those that it holds."""
    for at, component in enumerate(components):
        here: Place = (*place, at)
        yield here, component
        yield from _placed(getattr(component, "components", ()), (*here, "components"))
        if accessory := getattr(component, "accessory", None):
            yield (*here, "accessory"), accessory


def media_of(component: Json) -> Iterator[Json]:
    """The pictures and files that a component shows: objects with a `url`."""
    yield from (component[key] for key in ("media", "file") if key in component)
    yield from (item["media"] for item in component.get("items", ()))
