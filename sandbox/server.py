"""The server: REST API, gateway, control API and page on one port."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.api.faults import Faults
from sandbox.api.gateway.gateway_server import Gateway
from sandbox.api.recording import Recorder
from sandbox.api.rest.middleware import FAULTS, RATE_LIMITS, RECORDER, rest_api
from sandbox.api.rest.rate_limits import RateLimits
from sandbox.api.rest.request_bodies import MAX_BODY_BYTES
from sandbox.api.rest.request_context import PREFIX, WORLD
from sandbox.api.rest.rest_routes import add_rest_routes
from sandbox.control.control_routes import GATEWAY, add_control_routes
from sandbox.page.machinery import Machinery
from sandbox.page.page_routes import add_page_routes
from sandbox.page.request_guard import same_site_only
from sandbox.page.traffic import Traffic
from sandbox.sandbox_error import SandboxError
from sandbox.world.state import World

ANY_HOST = "0.0.0.0"  # noqa: S104 - for containers, if the caller asks for it


_LOG = logging.getLogger(__name__)


def _is_failure_of_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


# aiohttp logs what is no HTTP with a traceback; its sender gets a 400, and nothing is wrong here.
_LOG.addFilter(_is_failure_of_ours)


@dataclass(frozen=True)
class Sandbox:
    """A running server; `address` is `http://HOST:PORT`."""

    address: str
    world: World
    gateway: Gateway
    faults: Faults
    machinery: Machinery

    @property
    def api_base(self) -> str:
        """The URL of the REST API."""
        return self.address + PREFIX

    def environment(self) -> dict[str, str]:
        """The environment variables that point a bot and its workers at this server."""
        return {"DISCORD_API_BASE": self.api_base, "DISCORD_TOKEN": self.world.token}


async def _date_by_the_world(request: web.Request, response: web.StreamResponse) -> None:
    """Date a response by the world's clock, as Discord dates it by its own."""
    response.headers["Date"] = formatdate(request.app[WORLD].clock.now(), usegmt=True)


@asynccontextmanager
async def serving(
    world: World | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    record: Path | None = None,
) -> AsyncIterator[Sandbox]:
    """Serve a world, by default a new one, while the context lasts; port 0 takes a free port.

    Raises:
        SandboxError: the port is taken, or the record cannot be written.
    """
    world = world or World()
    traffic = Traffic(world)
    app = web.Application(
        middlewares=[same_site_only, traffic.middleware, rest_api], client_max_size=MAX_BODY_BYTES
    )
    faults = Faults()
    app[WORLD], app[FAULTS], app[RATE_LIMITS] = world, faults, RateLimits()
    recorder = Recorder(record) if record else None
    gateway = Gateway(world, recorder)
    gateway.observers.append(traffic.observe_gateway)
    if recorder:
        app[RECORDER] = recorder
    app[GATEWAY] = gateway
    app.on_response_prepare.append(_date_by_the_world)
    add_rest_routes(app)
    add_control_routes(app)
    machinery = Machinery()
    add_page_routes(app, gateway, traffic, machinery)
    for path in ("/gateway", "/gateway/"):  # clients add a slash to the address that they get
        app.router.add_get(path, gateway.handle)
    # Broken compression is a refusal; aiohttp would end the connection.
    runner = web.AppRunner(app, access_log=None, logger=_LOG, shutdown_timeout=1, auto_decompress=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            cause = error.strerror or error
            raise SandboxError(f"Cannot listen on {host}:{port}: {cause}; choose another --port.") from None
        reachable_host = "127.0.0.1" if host == ANY_HOST else host
        world.address = f"http://{reachable_host}:{runner.addresses[0][1]}"
        yield Sandbox(world.address, world, gateway, faults, machinery)
    finally:
        await gateway.close_all()
        await runner.cleanup()
        if recorder:
            recorder.close()
