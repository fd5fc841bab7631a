"""Forms against Discord's OpenAPI description: which fields they know, their nulls and their limits."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.api.rest.thread_endpoints import BareThreadForm, PostForm, ThreadChangeForm, ThreadForm
from sandbox.schemas.command_form import CommandForm, Option
from sandbox.schemas.components import ActionRow, Button
from sandbox.schemas.embeds import Embed, EmbedAuthor, EmbedField, EmbedFooter, EmbedMedia
from sandbox.schemas.fields import Form, Json
from sandbox.schemas.layout import (
    Container,
    FileComponent,
    GalleryItem,
    MediaGallery,
    Section,
    Separator,
    TextDisplay,
    Thumbnail,
)
from sandbox.schemas.message_form import AllowedMentions, AttachmentForm, MessageForm, MessageReference
from sandbox.schemas.modals import (
    Checkbox,
    CheckboxGroup,
    FileUpload,
    GroupOption,
    Label,
    ModalForm,
    RadioGroup,
    TextInput,
)
from sandbox.schemas.refusals import Refusal
from sandbox.schemas.selects import EntitySelect, SelectOption, StringSelect
from sandbox.schemas.validation import parse_form
from tests.sandbox.discord_description import discord_description

CHOICES = [{"label": "l", "value": f"v{at}"} for at in range(25)]
SELECT = {"type": 3, "custom_id": "c", "options": CHOICES, "max_values": 25}
TEXT = {"type": 4, "custom_id": "c", "style": 1}
MEDIA = {"url": "https://example.org/a.png"}
SHOWN = {"type": 10, "content": "x"}
ROW = {"type": 1, "components": [TEXT | {"label": "l"}]}


def option(kind: int) -> Json:
    return {"type": kind, "name": "n", "description": "d"}


CASES: list[tuple[str, type[Form], Json]] = [
    ("ApplicationCommandUpdateRequest", CommandForm, {"name": "n", "description": "d"}),
    ("ApplicationCommandCreateRequest", CommandForm, {"name": "n", "description": "d"}),
    ("ApplicationCommandSubcommandOption", Option, option(1)),
    ("ApplicationCommandSubcommandGroupOption", Option, option(2)),
    ("ApplicationCommandStringOption", Option, option(3)),
    ("ApplicationCommandIntegerOption", Option, option(4)),
    ("ApplicationCommandBooleanOption", Option, option(5)),
    ("ApplicationCommandUserOption", Option, option(6)),
    ("ApplicationCommandChannelOption", Option, option(7)),
    ("ApplicationCommandNumberOption", Option, option(10)),
    ("MessageCreateRequest", MessageForm, {"content": "x"}),
    ("MessageEditRequestPartial", MessageForm, {"content": "x"}),
    ("IncomingWebhookRequestPartial", MessageForm, {"content": "x"}),
    ("IncomingWebhookInteractionRequest", MessageForm, {"content": "x"}),
    ("MessageAllowedMentionsRequest", AllowedMentions, {}),
    ("MessageAttachmentRequest", AttachmentForm, {"id": "1"}),
    ("MessageReferenceRequest", MessageReference, {"message_id": "1"}),
    ("RichEmbed", Embed, {"title": "t"}),
    ("RichEmbedAuthor", EmbedAuthor, {"name": "n"}),
    ("RichEmbedField", EmbedField, {"name": "n", "value": "v"}),
    ("RichEmbedFooter", EmbedFooter, {"text": "t"}),
    ("RichEmbedImage", EmbedMedia, {"url": "https://example.org"}),
    ("ButtonComponentForMessageRequest", Button, {"type": 2, "style": 1, "label": "l", "custom_id": "c"}),
    ("StringSelectComponentForMessageRequest", StringSelect, SELECT),
    ("StringSelectComponentForModalRequest", StringSelect, SELECT),
    ("StringSelectOptionForRequest", SelectOption, {"label": "l", "value": "v"}),
    ("TextInputComponentForModalRequest", TextInput, TEXT),
    ("LabelComponentForModalRequest", Label, {"type": 18, "label": "l", "component": TEXT}),
    ("ActionRowComponentForMessageRequest", ActionRow, {"type": 1, "components": [SELECT]}),
    *(
        (
            f"{kind}SelectComponentFor{where}Request",
            EntitySelect,
            {"type": number, "custom_id": "c", "max_values": 25},
        )
        for number, kind in ((5, "User"), (6, "Role"), (7, "Mentionable"), (8, "Channel"))
        for where in ("Message", "Modal")
    ),
    ("TextDisplayComponentForMessageRequest", TextDisplay, {"type": 10, "content": "x"}),
    ("ThumbnailComponentForMessageRequest", Thumbnail, {"type": 11, "media": MEDIA}),
    ("MediaGalleryComponentForMessageRequest", MediaGallery, {"type": 12, "items": [{"media": MEDIA}]}),
    ("MediaGalleryItemRequest", GalleryItem, {"media": MEDIA}),
    ("FileComponentForMessageRequest", FileComponent, {"type": 13, "file": {"url": "attachment://a"}}),
    ("SeparatorComponentForMessageRequest", Separator, {"type": 14}),
    (
        "SectionComponentForMessageRequest",
        Section,
        {"type": 9, "components": [SHOWN], "accessory": {"type": 11, "media": MEDIA}},
    ),
    ("ContainerComponentForMessageRequest", Container, {"type": 17, "components": [SHOWN]}),
    ("FileUploadComponentForModalRequest", FileUpload, {"type": 19, "custom_id": "c", "max_values": 10}),
    (
        "RadioGroupComponentForModalRequest",
        RadioGroup,
        {"type": 21, "custom_id": "c", "options": CHOICES[:2]},
    ),
    ("RadioGroupOptionForRequest", GroupOption, CHOICES[0]),
    (
        "CheckboxGroupComponentForModalRequest",
        CheckboxGroup,
        {"type": 22, "custom_id": "c", "options": CHOICES[:10]},
    ),
    ("CheckboxGroupOptionForRequest", GroupOption, CHOICES[0]),
    ("CheckboxComponentForModalRequest", Checkbox, {"type": 23, "custom_id": "c"}),
    ("CreateTextThreadWithMessageRequest", ThreadForm, {"name": "n"}),
    ("CreateTextThreadWithoutMessageRequest", BareThreadForm, {"name": "n"}),
    ("CreateForumThreadRequest", PostForm, {"name": "n", "message": {"content": "x"}}),
    ("UpdateThreadRequestPartial", ThreadChangeForm, {}),
    ("ModalInteractionCallbackRequestData", ModalForm, {"custom_id": "c", "title": "t", "components": [ROW]}),
]

NOT_PLAYED = {
    "handler": "for entry point commands, which are refused",
    "poll": "refused, if there is one",
    "sticker_ids": "refused, if there are some",
    "shared_client_theme": "refused, if there is one",
    "thread_name": "refused, if there is one",
    "applied_tags": "of webhooks that post in forums; those of interactions do not",
    "flags": "of posts: pins are not played",
    "bitrate": "of voice channels",
    "user_limit": "of voice channels",
    "rtc_region": "of voice channels",
    "video_quality_mode": "of voice channels",
    "username": "webhooks of interactions write as the bot",
    "avatar_url": "webhooks of interactions write as the bot",
    "provider": "dropped by Discord: only links have it",
    "video": "dropped by Discord: only links have it",
    "is_animated": "Discord finds out by itself",
    "width": "Discord finds out by itself",
    "height": "Discord finds out by itself",
    "placeholder": "of pictures: Discord makes it",
    "placeholder_version": "Discord finds out by itself",
    "duration_secs": "of voice messages",
    "waveform": "of voice messages",
    "title": "of attachments: not played",
    "type": "Discord's embeds are always rich",
    "is_spoiler": "of attachments: not played",
    "is_remix": "of attachments: not played",
}

OTHERWISE = {
    (MessageForm, "content", "longest"): "2000 characters; the description has 4000",
    (CommandForm, "description", "null"): "required for slash commands",
    (Button, "custom_id", "null"): "required for buttons that reach the bot",
    (Button, "label", "null"): "required without an emoji",
}
"""Where the documentation is stricter than the description."""


def nullable(schema: Json) -> bool:
    branches = schema.get("oneOf", ())
    return "null" in schema.get("type", ()) or any(branch.get("type") == "null" for branch in branches)


def fits(form: type[Form], body: Json) -> bool:
    try:
        parse_form(form, body)
    except Refusal:
        return False
    return True


def differences(form: type[Form], minimal: Json, name: str, schema: Json, required: bool) -> Iterator[str]:
    """How the form differs from the description in one field."""

    def takes(value: Any) -> bool:
        return fits(form, minimal | {name: value})

    if nullable(schema) and not takes(None) and (form, name, "null") not in OTHERWISE:
        yield f"{name}: null is refused"
    if required and takes(None):
        yield f"{name}: null is taken"
    if required and fits(form, {key: value for key, value in minimal.items() if key != name}):
        yield f"{name} may be missing"
    longest = schema.get("maxLength", 10**6)
    if "string" in schema.get("type", ()) and longest < 10_000 and schema.get("format") != "uri":
        if (form, name, "longest") not in OTHERWISE and not takes("x" * longest):
            yield f"{name}: {longest} characters are refused"
        if takes("x" * (longest + 1)):
            yield f"{name}: {longest + 1} characters are taken"
    if schema.get("minLength") and takes(""):
        yield f"{name}: an empty text is taken"
    if "integer" in schema.get("type", ()):
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if bound in schema and not takes(schema[bound]):
                yield f"{name}: {schema[bound]} is refused"
            if bound in schema and takes(schema[bound] + beyond):
                yield f"{name}: {schema[bound] + beyond} is taken"
    if "boolean" in schema.get("type", ()) and takes("perhaps"):
        yield f"{name}: a text is taken for a boolean"


@pytest.mark.parametrize(("schema_name", "form", "minimal"), CASES, ids=[case[0] for case in CASES])
def test_a_form_takes_what_the_description_allows(schema_name: str, form: type[Form], minimal: Json) -> None:
    schemas = discord_description()["components"]["schemas"]
    schema = schemas[schema_name]
    assert fits(form, minimal)
    found = []
    for name, described in schema["properties"].items():
        if name not in form.model_fields:
            found += [] if name in NOT_PLAYED else [f"{name} is unknown"]
            continue
        found += differences(form, minimal, name, described, name in schema.get("required", ()))
    assert found == []
