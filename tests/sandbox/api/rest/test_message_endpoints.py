"""Routes about messages: which ones a bot lists."""

import pytest

from sandbox.client import typed_input
from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("", "98765 43210"),
        ("limit=3", "987"),
        (f"limit={'0' * 5000}3", "987"),
        ("limit=2&before=ID5", "43"),
        ("limit=2&after=ID5", "76"),
        ("limit=3&around=ID5", "654"),
        ("limit=4&around=ID5", "7654"),
        ("limit=1&around=ID5", "5"),
        ("limit=4&around=ID9", "9876"),
    ],
)
async def test_listed_messages(query: str, listed: str) -> None:
    async with open_stage(connect=False) as stage:
        sent = [typed_input.write(stage.world, stage.user("student"), VERSES_ID, str(n)) for n in range(10)]
        for number, message in enumerate(sent):
            query = query.replace(f"ID{number}", message.id)
        found = (await stage.rest("GET", f"{MESSAGES}?{query}")).json()
        by_id = {message.id: message.content for message in sent}
        assert "".join(by_id[message["id"]] for message in found) == listed.replace(" ", "")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        f"limit={'9' * 5000}",
        "before=x",
        f"after={'9' * 5000}",
        "around=-1",
    ],
)
async def test_queries_that_are_refused(query: str) -> None:
    async with open_stage(connect=False) as stage:
        answer = await stage.rest("GET", f"{MESSAGES}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)
        assert set(answer.json()["errors"]) == {query.partition("=")[0]}
