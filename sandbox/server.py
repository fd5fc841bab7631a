"""The sandbox as one aiohttp application: REST API, gateway and control API on one port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox import control, rest
from sandbox.errors import SandboxError
from sandbox.faults import Faults
from sandbox.gateway import Gateway
from sandbox.ratelimits import RateLimits
from sandbox.recording import Recorder
from sandbox.world import World

ANY_HOST = "0.0.0.0"  # noqa: S104 - for containers, where the caller asks for it
LARGEST_BODY_BYTES = 110 * 2**20


@dataclass(frozen=True)
class Sandbox:
    """A running server: `address` is `http://HOST:PORT`, `api_base` what DISCORD_API_BASE takes."""

    address: str
    world: World
    gateway: Gateway

    @property
    def api_base(self) -> str:
        """The REST API's address."""
        return self.address + rest.PREFIX

    def environment(self) -> dict[str, str]:
        """What tells a bot and its workers to use this sandbox."""
        return {"DISCORD_API_BASE": self.api_base, "DISCORD_TOKEN": self.world.token}


@asynccontextmanager
async def serving(
    world: World | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    record: Path | None = None,
) -> AsyncIterator[Sandbox]:
    """Serve a world (a new one by default) while the context lasts; port 0 takes a free one.

    Raises:
        SandboxError: the port is taken, or the record cannot be written.
    """
    world = world or World()
    gateway = Gateway(world)
    app = web.Application(middlewares=[rest.api], client_max_size=LARGEST_BODY_BYTES)
    app[rest.WORLD], app[rest.FAULTS], app[rest.RATE_LIMITS] = world, Faults(), RateLimits()
    recorder = Recorder(record) if record else None
    if recorder:
        app[rest.RECORDER] = recorder
    app[control.GATEWAY] = gateway
    rest.add_routes(app)
    control.add_routes(app)
    app.router.add_get("/gateway", gateway.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            cause = error.strerror or error
            raise SandboxError(f"Cannot listen on {host}:{port}: {cause}; choose another --port.") from None
        reached_at = "127.0.0.1" if host == ANY_HOST else host
        world.address = f"http://{reached_at}:{runner.addresses[0][1]}"
        yield Sandbox(world.address, world, gateway)
    finally:
        await gateway.close_all()
        await runner.cleanup()
        if recorder:
            recorder.close()
