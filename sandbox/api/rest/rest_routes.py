"""The routes of the REST API v10 that a bot like this one uses (Discord documentation, "Reference").

Each `*_endpoints` module holds the handlers of a subject and, at its end, their routes.
"""

import re

from aiohttp import web

from sandbox.api.rest import (
    command_endpoints,
    guild_endpoints,
    interaction_endpoints,
    message_endpoints,
    thread_endpoints,
)
from sandbox.api.rest.request_context import VERSIONED


def add_rest_routes(app: web.Application) -> None:
    """Add the REST API's routes to an application."""
    for endpoints in (
        guild_endpoints,
        message_endpoints,
        thread_endpoints,
        command_endpoints,
        interaction_endpoints,
    ):
        for name, path, handlers in endpoints.ROUTES:
            resource = app.router.add_resource(VERSIONED + _with_snowflakes(path), name=name)
            for method, handler in handlers.items():
                resource.add_route(method, handler)


def _with_snowflakes(path: str) -> str:
    """A path whose ids are numbers, so that `/guilds/1/members/search` is not taken for a member."""
    return re.sub(r"{(\w+_id)}", r"{\1:[0-9]+}", path)
