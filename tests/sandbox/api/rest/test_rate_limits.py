"""Rate limits of routes."""

from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"


async def test_rate_limit_headers_and_refusal() -> None:
    async with open_stage(connect=False) as stage:
        answers = [await stage.rest("POST", MESSAGES, json={"content": "x"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == list("432100")
        last = answers[-1]
        assert last.json()["retry_after"] <= 5 and last.json()["global"] is False
        assert last.headers["X-RateLimit-Scope"] == "user" and float(last.headers["Retry-After"]) <= 5
        assert len({answer.headers["X-RateLimit-Bucket"] for answer in answers}) == 1
