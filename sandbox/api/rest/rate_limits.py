"""Rate limits of routes (Discord documentation, "Rate Limits").

Discord publishes headers but no figures; these are close to what clients see.
"""

import hashlib
import math
import time
from dataclasses import dataclass

from sandbox.schemas.refusals import Refusal


@dataclass(frozen=True)
class Limit:
    """The most requests in a number of seconds."""

    requests: int
    seconds: float


DEFAULT = Limit(50, 1)
LIMITS = {
    "create_message": Limit(5, 5),
    "edit_message": Limit(5, 5),
    "delete_message": Limit(5, 1),
    "webhook": Limit(5, 2),
}


@dataclass
class _Window:
    ends_at: float
    used: int = 0


class RateLimits:
    """Counts requests by bucket: the kind of route and its major parameter."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def take(self, kind: str, major: str) -> tuple[dict[str, str], Refusal | None]:
        """Count a request.

        Returns:
            The rate limit headers of the answer, and the refusal if the request exceeds the limit.
        """
        limit, now = LIMITS.get(kind, DEFAULT), time.monotonic()
        window = self._windows.get((kind, major))
        if window is None or now >= window.ends_at:
            self._windows = {key: kept for key, kept in self._windows.items() if now < kept.ends_at}
            window = self._windows[kind, major] = _Window(now + limit.seconds)
        window.used += 1
        left = window.ends_at - now
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(0, limit.requests - window.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(kind.encode()).hexdigest()[:32],
        }
        if window.used <= limit.requests:
            return headers, None
        return headers | refusal_headers(left), refusal(left)


def refusal(retry_after_s: float) -> Refusal:
    """The answer to a request over the limit."""
    return Refusal(
        429, 0, "You are being rate limited.", extra={"retry_after": round(retry_after_s, 3), "global": False}
    )


def refusal_headers(retry_after_s: float) -> dict[str, str]:
    """The further headers of that answer."""
    return {"Retry-After": str(math.ceil(retry_after_s)), "X-RateLimit-Scope": "user"}
