"""JSON schemas of gateway events (Discord documentation, "Gateway Events").

Discord's OpenAPI description has no events. Objects that it does describe are references into it.
"""

from typing import Any

from sandbox.schemas.fields import Json


def _described(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


SNOWFLAKE = _described("SnowflakeType")
_TEXT: Json = {"type": "string"}
_BOOLEAN: Json = {"type": "boolean"}
_INTEGER: Json = {"type": "integer"}
_PERMISSIONS: Json = {"type": "string", "pattern": "^[0-9]+$"}
_LOCALE = _described("AvailableLocalesEnum")


def _list_of(items: Json) -> Json:
    return {"type": "array", "items": items}


def _map_of(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, *, more: bool = False) -> Json:
    """An object with these keys; `more` allows others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": more,
    }


_MEMBER_WITHOUT_USER = _object(
    {
        "roles": _list_of(SNOWFLAKE),
        "joined_at": {"type": ["string", "null"], "format": "date-time"},
        "deaf": _BOOLEAN,
        "mute": _BOOLEAN,
        "flags": _INTEGER,
    },
    more=True,
)
"""The member of a message, and a resolved member without `deaf` and `mute`."""

_MEMBER: Json = {"allOf": [_MEMBER_WITHOUT_USER, _object({"user": _described("UserResponse")}, more=True)]}

_UNAVAILABLE_GUILD = _object({"id": SNOWFLAKE}, {"unavailable": _BOOLEAN})

_MESSAGE: Json = {
    "allOf": [
        _described("MessageResponse"),
        {"properties": {"guild_id": SNOWFLAKE, "member": _MEMBER_WITHOUT_USER}},
    ]
}

_PARTIAL_CHANNEL = _object(
    {"id": SNOWFLAKE, "type": _described("ChannelTypes"), "permissions": _PERMISSIONS}, more=True
)

_THREAD: Json = {
    "allOf": [
        _described("ThreadResponse"),
        _object({"parent_id": SNOWFLAKE}, {"newly_created": _BOOLEAN}, more=True),
    ]
}
_THREAD_MEMBER = _described("ThreadMemberResponse")

_RESOLVED = _object(
    {},
    {
        "users": _map_of(_described("UserResponse")),
        "members": _map_of(_object({"permissions": _PERMISSIONS, "roles": _list_of(SNOWFLAKE)}, more=True)),
        "roles": _map_of(_described("GuildRoleResponse")),
        "channels": _map_of(_PARTIAL_CHANNEL),
        "messages": _map_of(_object({"id": SNOWFLAKE, "content": _TEXT}, more=True)),
        "attachments": _map_of(_described("MessageAttachmentResponse")),
    },
)

_COMMAND_DATA = _object(
    {"id": SNOWFLAKE, "name": _TEXT, "type": _described("ApplicationCommandType")},
    {
        "resolved": _RESOLVED,
        "options": _list_of({"type": "object", "required": ["name", "type"]}),
        "guild_id": SNOWFLAKE,
        "target_id": SNOWFLAKE,
    },
)
_COMPONENT_DATA = _object(
    {"custom_id": _TEXT, "component_type": _described("MessageComponentTypes"), "id": _INTEGER},
    {"values": _list_of(_TEXT), "resolved": _RESOLVED},
)
_MODAL_DATA = _object(
    {"custom_id": _TEXT, "components": _list_of({"type": "object", "required": ["type", "id"]})},
    {"resolved": _RESOLVED},
)


def _interaction(kind: int, data: Json, more: dict[str, Any] | None = None) -> Json:
    """The interaction of a kind: those of messages carry the message."""
    common = {
        "id": SNOWFLAKE,
        "application_id": SNOWFLAKE,
        "type": {"const": kind},
        "token": _TEXT,
        "version": {"const": 1},
        "app_permissions": _PERMISSIONS,
        "entitlements": {"type": "array"},
        "authorizing_integration_owners": {"type": "object"},
        "attachment_size_limit": _INTEGER,
        "locale": _LOCALE,
        "data": data,
    }
    of_guilds = {
        "guild": _object({"id": SNOWFLAKE, "locale": _LOCALE, "features": _list_of(_TEXT)}),
        "guild_id": SNOWFLAKE,
        "guild_locale": _LOCALE,
        "channel": _PARTIAL_CHANNEL,
        "channel_id": SNOWFLAKE,
        "member": {"allOf": [_MEMBER, _object({"permissions": _PERMISSIONS}, more=True)]},
        "context": {"enum": [0, 1, 2]},
    }
    return _object(common | (more or {}), of_guilds | {"message": _described("MessageResponse")})


EVENTS: dict[str, Json] = {
    "READY": _object(
        {
            "v": {"enum": [9, 10]},
            "user": _object({"id": SNOWFLAKE, "username": _TEXT, "discriminator": _TEXT}, more=True),
            "guilds": _list_of(_UNAVAILABLE_GUILD),
            "session_id": _TEXT,
            "resume_gateway_url": _TEXT,
            "application": _object({"id": SNOWFLAKE, "flags": _INTEGER}),
        },
        {
            "shard": {"type": "array", "prefixItems": [_INTEGER, _INTEGER], "minItems": 2, "maxItems": 2},
            "session_type": _TEXT,
            "private_channels": {"type": "array"},
            "relationships": {"type": "array"},
        },
    ),
    "RESUMED": _object({}, more=True),
    "GUILD_CREATE": {
        "allOf": [
            _described("GuildResponse"),
            _object(
                {
                    "joined_at": {"type": "string", "format": "date-time"},
                    "large": _BOOLEAN,
                    "member_count": _INTEGER,
                    "members": _list_of(_MEMBER),
                    "channels": _list_of(_described("GuildChannelResponse")),
                    "threads": _list_of(_THREAD),
                    "presences": {"type": "array"},
                    "voice_states": {"type": "array"},
                    "stage_instances": {"type": "array"},
                    "guild_scheduled_events": {"type": "array"},
                    "soundboard_sounds": {"type": "array"},
                },
                more=True,
            ),
        ]
    },
    "GUILD_DELETE": _UNAVAILABLE_GUILD,
    "GUILD_MEMBER_ADD": {"allOf": [_MEMBER, _object({"guild_id": SNOWFLAKE}, more=True)]},
    "GUILD_MEMBER_UPDATE": {"allOf": [_MEMBER, _object({"guild_id": SNOWFLAKE}, more=True)]},
    "GUILD_ROLE_UPDATE": _object({"guild_id": SNOWFLAKE, "role": _described("GuildRoleResponse")}),
    "CHANNEL_CREATE": _described("GuildChannelResponse"),
    "CHANNEL_UPDATE": _described("GuildChannelResponse"),
    "CHANNEL_DELETE": _described("GuildChannelResponse"),
    "THREAD_CREATE": _THREAD,
    "THREAD_UPDATE": _THREAD,
    "THREAD_DELETE": _object(
        {"id": SNOWFLAKE, "guild_id": SNOWFLAKE, "parent_id": SNOWFLAKE, "type": _described("ChannelTypes")}
    ),
    "THREAD_LIST_SYNC": _object(
        {"guild_id": SNOWFLAKE, "threads": _list_of(_THREAD), "members": _list_of(_THREAD_MEMBER)},
        {"channel_ids": _list_of(SNOWFLAKE)},
    ),
    "THREAD_MEMBERS_UPDATE": _object(
        {"id": SNOWFLAKE, "guild_id": SNOWFLAKE, "member_count": _INTEGER},
        {
            "added_members": _list_of(
                {"allOf": [_THREAD_MEMBER, _object({"member": _MEMBER, "presence": {}}, more=True)]}
            ),
            "removed_member_ids": _list_of(SNOWFLAKE),
        },
    ),
    "GUILD_MEMBERS_CHUNK": _object(
        {
            "guild_id": SNOWFLAKE,
            "members": _list_of(_MEMBER),
            "chunk_index": _INTEGER,
            "chunk_count": _INTEGER,
        },
        {"not_found": _list_of(SNOWFLAKE), "presences": {"type": "array"}, "nonce": _TEXT},
    ),
    "MESSAGE_CREATE": _MESSAGE,
    "MESSAGE_UPDATE": _MESSAGE,
    "MESSAGE_DELETE": _object({"id": SNOWFLAKE, "channel_id": SNOWFLAKE}, {"guild_id": SNOWFLAKE}),
    "INTERACTION_CREATE": {
        "anyOf": [
            _interaction(2, _COMMAND_DATA),
            _interaction(3, _COMPONENT_DATA, {"message": _described("MessageResponse")}),
            _interaction(4, _COMMAND_DATA),
            _interaction(5, _MODAL_DATA),
        ]
    },
}
"""The schema of each event's data, as part of Discord's description."""
