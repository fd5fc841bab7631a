"""Embeds, mentions and edits of messages."""

from typing import Any

import pytest

from sandbox.client import typed_input
from sandbox.schemas.intents import MESSAGE_CONTENT
from sandbox.world import channel_messages
from sandbox.world.ids import APPLICATION_ID, GUILD_ID, VERSES_ID
from sandbox.world.state import World
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


@pytest.mark.parametrize("approved", [0, MESSAGE_CONTENT])
async def test_the_texts_of_others_are_masked_without_the_intent(approved: int) -> None:
    async with open_stage(World(approved_intents=approved), connect=False) as stage:
        theirs = typed_input.write(stage.world, stage.user("student"), VERSES_ID, "good morrow")
        named = typed_input.write(stage.world, stage.user("student"), VERSES_ID, f"<@{APPLICATION_ID}> hear")
        reply = {"content": "good sir", "message_reference": {"message_id": theirs.id}}
        own = (await stage.rest("POST", MESSAGES, json=reply)).json()
        listed = {item["id"]: item for item in (await stage.rest("GET", MESSAGES)).json()}
        read = "good morrow" if approved else ""
        assert listed[theirs.id]["content"] == read
        assert (await stage.rest("GET", f"{MESSAGES}/{theirs.id}")).json()["content"] == read
        assert listed[named.id]["content"] == named.content and listed[own["id"]]["content"] == "good sir"
        assert listed[own["id"]]["referenced_message"]["content"] == read
        assert own["referenced_message"]["content"] == read


async def test_replies() -> None:
    async with open_stage(connect=False) as stage:
        asked = typed_input.write(stage.world, stage.user("student"), VERSES_ID, "?")
        reply = {"content": "!", "message_reference": {"message_id": asked.id}}
        sent = (await stage.rest("POST", MESSAGES, json=reply)).json()
        assert sent["type"] == 19 and [user["username"] for user in sent["mentions"]] == ["student"]
        assert sent["message_reference"] == {
            "type": 0,
            "message_id": asked.id,
            "channel_id": VERSES_ID,
            "guild_id": GUILD_ID,
        }
        assert sent["referenced_message"]["id"] == asked.id
        quiet = reply | {"allowed_mentions": {"replied_user": False}}
        assert (await stage.rest("POST", MESSAGES, json=quiet)).json()["mentions"] == []
        channel_messages.delete(stage.world, asked)
        again = (await stage.rest("GET", f"{MESSAGES}/{sent['id']}")).json()
        assert again["referenced_message"] is None and again["message_reference"]["message_id"] == asked.id
        refused = (await stage.rest("POST", MESSAGES, json=reply)).json()
        assert refused["errors"]["message_reference"]["_errors"][0]["code"] == "REPLIES_UNKNOWN_MESSAGE"
        reference = {"message_id": asked.id, "fail_if_not_exists": False}
        plain = (
            await stage.rest("POST", MESSAGES, json={"content": "!", "message_reference": reference})
        ).json()
        assert plain["type"] == 0 and "message_reference" not in plain
