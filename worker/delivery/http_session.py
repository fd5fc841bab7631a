"""The HTTP session for all messages to Discord: its connections stay open between messages.

All threads of a process share the session. That is safe because urllib3's pool of connections is thread-safe
(urllib3's documentation: `HTTPConnectionPool`) and nothing else in the session changes: it keeps no cookies.
A connection that Discord has closed in the meantime is opened again (urllib3, `is_connection_dropped`).
"""

import socket
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

PROJECT_URL = "https://shakelm.example"
"""The project has no public address yet. Names under `.example` are reserved (RFC 2606)."""

USER_AGENT = f"DiscordBot ({PROJECT_URL}, {metadata.version('shakelm')})"
"""Discord's documentation: Reference, User Agent."""

MAX_CONNECTIONS = 32
"""Connections that stay open; the bot has as many threads."""

PROBE_AFTER_S = 60
"""Idle connections are probed this often, so that routers on the way do not forget them."""

_IDLE_TIME = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
"""The option's name on Linux, on macOS."""


class _KeepAliveAdapter(HTTPAdapter):
    """Opens connections with TCP keep-alive."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool whose connections have these socket options."""
        options = [
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),  # as urllib3 does by default
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        ]
        if _IDLE_TIME is not None:
            options.append((socket.IPPROTO_TCP, _IDLE_TIME, PROBE_AFTER_S))
        super().init_poolmanager(*args, **kwargs, socket_options=options)


def open_session() -> requests.Session:
    """Open a new session. `session` serves the whole process."""
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    adapter = _KeepAliveAdapter(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


session = open_session()
