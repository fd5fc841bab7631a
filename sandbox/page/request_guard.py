"""Keeps other sites that are open in the same browser away from the sandbox.

A request must name this machine in `Host`, so that a name that an attacker points at it (DNS rebinding)
opens nothing, and its `Origin`, if it has one, must be the sandbox itself. The REST API and the gateway need
no guard: each of their requests holds a token that no page has.
"""

import ipaddress
from typing import Any

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from sandbox.api.rest.request_context import answer

_WITH_A_TOKEN = ("/api/", "/gateway")

_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

_FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For attachments: what a bot or a member uploads must not run as a page of the sandbox."""

SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Content types that a browser shows in place. It downloads all others."""

ATTACHMENTS = "/sandbox/attachments/"


@web.middleware
async def same_site_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site asks for (403)."""
    if not request.path.startswith(_WITH_A_TOKEN):
        if not is_own_host(request.host):
            return answer(
                {"error": f"The sandbox is not {request.host!r}: open it by its address."}, status=403
            )
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and origin not in (f"http://{request.host}", f"https://{request.host}"):
            return answer({"error": f"The site {origin!r} may not use the sandbox."}, status=403)
    return await handler(request)


def is_own_host(host: str) -> bool:
    """Whether a `Host` header cannot come from a name in the public DNS.

    That is an address, `localhost` and names below it, or a name of one word, as containers have.
    """
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    name = name.strip("[]").rstrip(".").lower()
    if not name:
        return False
    if "." not in name and ":" not in name:
        return True
    if name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser that nothing but the sandbox's own files may run, load, or frame a page."""
    headers: dict[str, Any] = {
        "Content-Security-Policy": _PAGE_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if request.path.startswith(ATTACHMENTS):
        headers["Content-Security-Policy"] = _FILE_POLICY
        shown = response.content_type in SHOWN_TYPES
        headers["Content-Disposition"] = "inline" if shown else "attachment"
    response.headers.update(headers)
