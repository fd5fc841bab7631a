"""Routes about the bot, its application, the gateway and the guild."""

from aiohttp import web

from sandbox.api.gateway.gateway_protocol import gateway_url
from sandbox.api.rest.request_context import WORLD, Route, answer, body, world_of_guild
from sandbox.schemas.fields import Form, Snowflake
from sandbox.schemas.refusals import Code, Refusal
from sandbox.schemas.validation import parse_form
from sandbox.world.ids import APPLICATION_ID
from sandbox.world.starting_guild import BOT


async def own_user(_request: web.Request) -> web.Response:
    """GET /users/@me."""
    return answer(BOT.to_json() | {"verified": True, "mfa_enabled": True, "locale": "en-US", "flags": 0})


async def user(request: web.Request) -> web.Response:
    """GET /users/{user_id}."""
    member = request.app[WORLD].members.get(request.match_info["user_id"])
    if member is None:
        raise Refusal.of(Code.UNKNOWN_USER)
    return answer(member.user.to_json())


async def own_guilds(request: web.Request) -> web.Response:
    """GET /users/@me/guilds."""
    guild = request.app[WORLD].guild()
    kept = {key: guild[key] for key in ("id", "name", "icon", "banner", "features")}
    return answer([kept | {"owner": False, "permissions": str(request.app[WORLD].permissions(BOT))}])


class RecipientForm(Form):
    """The user of a direct channel."""

    recipient_id: Snowflake


async def direct_channel(request: web.Request) -> web.Response:
    """POST /users/@me/channels: a direct channel, in which no member takes messages."""
    world, wanted = request.app[WORLD], parse_form(RecipientForm, body(request)).recipient_id
    member = world.members.get(wanted)
    if member is None:
        raise Refusal.of(Code.INVALID_RECIPIENTS)
    if member.user.bot:
        raise Refusal.of(Code.CANNOT_MESSAGE_USER)
    known = (key for key, user in world.direct_channels.items() if user is member.user)
    channel_id = next(known, None) or world.snowflakes.next()
    world.direct_channels[channel_id] = member.user
    recipients = [member.user.to_json()]
    return answer(
        {"id": channel_id, "type": 1, "last_message_id": None, "flags": 0, "recipients": recipients}
    )


async def own_application(request: web.Request) -> web.Response:
    """GET /applications/@me and /oauth2/applications/@me."""
    world = request.app[WORLD]
    owner = world.users["owner"].to_json()
    return answer(
        {
            "id": APPLICATION_ID,
            "name": BOT.display_name,
            "icon": None,
            "description": "",
            "type": None,
            "bot": BOT.to_json(),
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "owner": owner,
            "team": None,
            "rpc_origins": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "tags": [],
            "integration_types_config": {"0": {}},
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "flags_new": "0",
        }
    )


async def gateway_address(request: web.Request) -> web.Response:
    """GET /gateway."""
    return answer({"url": gateway_url(request)})


async def gateway_address_for_bot(request: web.Request) -> web.Response:
    """GET /gateway/bot."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 14_400_000, "max_concurrency": 1}
    return answer({"url": gateway_url(request), "shards": 1, "session_start_limit": limit})


async def default_sounds(_request: web.Request) -> web.Response:
    """GET /soundboard-default-sounds."""
    return answer([])


async def guild(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}."""
    world = world_of_guild(request)
    counts = {
        "approximate_member_count": len(world.members),
        "approximate_presence_count": len(world.members),
    }
    with_counts = request.query.get("with_counts", "").lower() in ("true", "1")
    return answer(world.guild() | (counts if with_counts else {}))


async def guild_channels(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/channels."""
    return answer([channel.to_json() for channel in world_of_guild(request).guild_channels()])


async def guild_roles(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/roles."""
    return answer([role.to_json() for role in world_of_guild(request).roles.values()])


async def guild_member(request: web.Request) -> web.Response:
    """GET /guilds/{guild_id}/members/{user_id}."""
    member = world_of_guild(request).members.get(request.match_info["user_id"])
    if member is None:
        raise Refusal.of(Code.UNKNOWN_MEMBER)
    return answer(member.to_json() | {"user": member.user.to_json()})


ROUTES: list[Route] = [
    ("own_user", "/users/@me", {"GET": own_user}),
    ("own_guilds", "/users/@me/guilds", {"GET": own_guilds}),
    ("direct_channels", "/users/@me/channels", {"POST": direct_channel}),
    ("user", r"/users/{user_id:\d+}", {"GET": user}),
    ("own_application", "/applications/@me", {"GET": own_application}),
    ("own_application_oauth2", "/oauth2/applications/@me", {"GET": own_application}),
    ("gateway", "/gateway", {"GET": gateway_address}),
    ("gateway_bot", "/gateway/bot", {"GET": gateway_address_for_bot}),
    ("default_sounds", "/soundboard-default-sounds", {"GET": default_sounds}),
    ("guild", "/guilds/{guild_id}", {"GET": guild}),
    ("guild_channels", "/guilds/{guild_id}/channels", {"GET": guild_channels}),
    ("guild_roles", "/guilds/{guild_id}/roles", {"GET": guild_roles}),
    ("guild_member", "/guilds/{guild_id}/members/{user_id}", {"GET": guild_member}),
]
