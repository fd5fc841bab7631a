"""Embeds, mentions and edits of messages."""

from typing import Any

from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage


async def test_embed() -> None:
    async with open_stage() as stage:
        _, message = await stage.answered("/card")
        embed = message.embeds[0]
        assert embed["description"] == "To be,\nor \\*not\\*"
        assert embed["fields"] == [{"name": "Loss", "value": "1.5", "inline": True}]
        assert embed["footer"] == {"text": "model@1 · 0.4 s"}


MESSAGES = f"/channels/{VERSES_ID}/messages"


async def test_mentions() -> None:
    async with open_stage(connect=False) as stage:
        student, teacher = (stage.world.users[name].id for name in ("student", "teacher"))
        text = f"<@{student}> <@{teacher}> @everyone"

        async def pinged(allowed: dict[str, Any] | None) -> list[str]:
            body = {"content": text} | ({"allowed_mentions": allowed} if allowed is not None else {})
            sent = (await stage.rest("POST", MESSAGES, json=body)).json()
            assert sent["mention_everyone"] is False  # the bot may not
            return [user["id"] for user in sent["mentions"]]

        assert await pinged(None) == [student, teacher]
        assert await pinged({"parse": []}) == []
        assert await pinged({"users": [teacher]}) == [teacher]


async def test_old_messages_are_edited_rarely() -> None:
    async with open_stage(connect=False) as stage:
        sent = (await stage.rest("POST", MESSAGES, json={"content": "x"})).json()
        await stage.control("POST", "/clock", {"ahead_s": 3700})
        path = f"{MESSAGES}/{sent['id']}"
        answers = [await stage.rest("PATCH", path, json={"content": str(n)}) for n in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["code"] == 30046 and answers[-1].json()["retry_after"] > 0
