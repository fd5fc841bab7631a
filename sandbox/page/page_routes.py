"""The routes of the page: `/`, its files under `/page/`, and its WebSocket."""

from pathlib import Path

from aiohttp import web

from sandbox.api.gateway.gateway_server import Gateway
from sandbox.page.machinery import Machinery
from sandbox.page.page_socket import PAGE_GATEWAY, PAGE_MACHINERY, PAGE_TRAFFIC, connect
from sandbox.page.request_guard import add_security_headers
from sandbox.page.traffic import Traffic

STATIC = Path(__file__).with_name("static")


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


async def _revalidate(request: web.Request, response: web.StreamResponse) -> None:
    """Let no browser keep a file of the page without asking: another release may answer here next."""
    if request.path == "/" or request.path.startswith("/page/"):
        response.headers["Cache-Control"] = "no-cache"


def add_page_routes(app: web.Application, gateway: Gateway, traffic: Traffic, machinery: Machinery) -> None:
    """Add the page to an application that has a world and faults."""
    app[PAGE_GATEWAY], app[PAGE_TRAFFIC], app[PAGE_MACHINERY] = gateway, traffic, machinery
    app.router.add_get("/", _index)
    app.router.add_get("/socket", connect)
    app.router.add_static("/page/", STATIC)
    app.on_response_prepare.append(add_security_headers)
    app.on_response_prepare.append(_revalidate)
