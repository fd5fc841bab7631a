"""Routes about interactions: first answers, and edits and follow-ups by webhook."""

from aiohttp import web

from sandbox.api.rest.request_context import WORLD, Route, answer, body, parse_message, uploads
from sandbox.world import channel_messages, guild_changes, interaction_lifecycle
from sandbox.world.starting_guild import BOT


async def callback(request: web.Request) -> web.Response:
    """POST /interactions/{interaction_id}/{token}/callback."""
    world = request.app[WORLD]
    interaction = interaction_lifecycle.unanswered(
        world, request.match_info["interaction_id"], request.match_info["token"]
    )
    response = interaction_lifecycle.respond(world, interaction, body(request), uploads(request))
    return answer(response if request.query.get("with_response", "").lower() in ("true", "1") else None)


async def webhook(request: web.Request) -> web.Response:
    """POST /webhooks/{application_id}/{token}: a follow-up."""
    world = request.app[WORLD]
    interaction = interaction_lifecycle.with_token(
        world, request.match_info["application_id"], request.match_info["token"]
    )
    filled = interaction.original if interaction.original and interaction.original.loading else None
    form = parse_message(request, filled)
    sent = interaction_lifecycle.follow_up(world, interaction, form, uploads(request))
    return answer(channel_messages.for_bot(world, sent))


async def webhook_message(request: web.Request) -> web.Response:
    """GET, PATCH and DELETE /webhooks/{application_id}/{token}/messages/{message_id or @original}."""
    world = request.app[WORLD]
    interaction = interaction_lifecycle.with_token(
        world, request.match_info["application_id"], request.match_info["token"]
    )
    found = interaction_lifecycle.answer_message(interaction, request.match_info["message_id"])
    if request.method == "PATCH":
        channel_messages.edit(world, found, parse_message(request, found), uploads(request))
    elif request.method == "DELETE":
        guild_changes.check_open(world, BOT, world.channels[found.channel_id])
        channel_messages.delete(world, found)
        return answer(None)
    return answer(channel_messages.for_bot(world, found))


_WEBHOOK = "/webhooks/{application_id}/{token}"

ROUTES: list[Route] = [
    ("callback", "/interactions/{interaction_id}/{token}/callback", {"POST": callback}),
    ("webhook", _WEBHOOK, {"POST": webhook}),
    (
        "webhook_message",
        f"{_WEBHOOK}/messages/{{message_id:[0-9]+|@original}}",
        dict.fromkeys(("GET", "PATCH", "DELETE"), webhook_message),
    ),
]
