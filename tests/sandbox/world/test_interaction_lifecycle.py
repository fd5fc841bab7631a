"""First answers, edits and follow-ups, from discord.py and from another process."""

import discord
import pytest

from sandbox.world import channel_messages, interaction_lifecycle
from sandbox.world.message_objects import EPHEMERAL, LOADING
from tests.sandbox.stage import open_stage


async def test_message() -> None:
    async with open_stage() as stage:
        _, message = await stage.answered("/hello name: Romeo times: 2 heat: 1.5 loud: true")
        assert message.content == "HELLO, HELLO ROMEO AT 1.5"
        assert message.kind == 20 and not message.ephemeral and message.author.bot


async def test_command_of_the_server_only() -> None:
    async with open_stage() as stage:
        _, message = await stage.answered("/here")
        assert message.content == "here"


async def test_another_process_edits_the_first_answer() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/queued")
        await stage.until(lambda: message.edits)
        assert message.content == "the verse" and message.edited_at
        state = (await stage.control("GET", f"/interactions/{interaction.id}?wait_s=5&after_edits=0")).json()
        assert (state["state"], state["edits"]) == ("answered", 1)
        assert state["message"]["content"] == "the verse"
        await stage.until(lambda: stage.bot.edited)


async def test_deferred_answer_keeps_its_ephemeral_flag() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/later private: true")
        assert message.flags == EPHEMERAL | LOADING
        assert interaction_lifecycle.state(stage.world, interaction) == "deferred"
        as_bot_has_it = await stage.seen_by_bot(interaction)
        body = {"content": "at last", "flags": 0}
        path = f"/webhooks/{as_bot_has_it.application_id}/{interaction.token}/messages/@original"
        answer = (await stage.rest("PATCH", path, json=body)).json()
        assert answer["flags"] == EPHEMERAL and answer["content"] == "at last"
        assert answer["edited_timestamp"] is None
        viewers = {}
        for viewer in ("student", "teacher"):
            seen = (await stage.control("GET", f"/messages?viewer={viewer}")).json()["messages"]
            viewers[viewer] = [item["content"] for item in seen]
        assert viewers == {"student": ["at last"], "teacher": []}


async def test_follow_up_fills_a_deferred_answer_and_then_adds_messages() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/later")
        as_bot_has_it = await stage.seen_by_bot(interaction)
        filled = await as_bot_has_it.followup.send("filled", wait=True)
        assert str(filled.id) == message.id and message.content == "filled"
        added = await as_bot_has_it.followup.send("added", ephemeral=True, wait=True)
        assert str(added.id) != message.id and added.flags.ephemeral
        await added.edit(content="changed")
        assert interaction.followups[0].content == "changed"
        await added.delete()
        assert not interaction.followups
        await as_bot_has_it.delete_original_response()
        with pytest.raises(discord.NotFound) as gone:
            await as_bot_has_it.original_response()
        assert gone.value.code == 10008


async def test_a_deleted_message_is_no_answer_any_more() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/later")
        channel_messages.delete(stage.world, message)
        interaction.original = message  # as for a press that is answered later
        as_bot_has_it = await stage.seen_by_bot(interaction)
        with pytest.raises(discord.NotFound) as gone:
            await as_bot_has_it.delete_original_response()
        assert gone.value.code == 10008


async def test_second_first_answer_is_refused() -> None:
    async with open_stage() as stage:
        _, message = await stage.answered("/twice")
        await stage.until(lambda: stage.bot.errors)
        error = stage.bot.errors[0]
        assert (error.status, error.code) == (400, 40060)
        assert message.content == "once"


async def test_answer_after_three_seconds_is_refused() -> None:
    async with open_stage() as stage:
        interaction = stage.type("/silent")
        as_bot_has_it = await stage.seen_by_bot(interaction)
        with pytest.raises(discord.NotFound) as early:
            await as_bot_has_it.followup.send("before the first answer")
        assert early.value.code == 10015
        await stage.control("POST", "/clock", {"ahead_s": 4})
        assert (await stage.control("GET", f"/interactions/{interaction.id}")).json()["state"] == "failed"
        with pytest.raises(discord.NotFound) as late:
            await as_bot_has_it.response.send_message("late")
        assert late.value.code == 10062


async def test_token_dies_after_fifteen_minutes() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/later")
        as_bot_has_it = await stage.seen_by_bot(interaction)
        await stage.control("POST", "/clock", {"ahead_s": 901})
        with pytest.raises(discord.HTTPException) as late:
            await as_bot_has_it.edit_original_response(content="late")
        assert (late.value.status, late.value.code) == (401, 50027)
        assert message.loading and interaction_lifecycle.state(stage.world, interaction) == "failed"


async def test_unknown_tokens_and_applications() -> None:
    async with open_stage(connect=False) as stage:
        unknown = await stage.rest(
            "PATCH", "/webhooks/1100000000000000001/nonsense/messages/@original", json={}
        )
        assert (unknown.status_code, unknown.json()["code"]) == (401, 50027)
        other = await stage.rest("POST", "/webhooks/42/nonsense", json={"content": "x"})
        assert (other.status_code, other.json()["code"]) == (404, 10015)
        callback = await stage.rest("POST", "/interactions/42/nonsense/callback", json={"type": 4})
        assert (callback.status_code, callback.json()["code"]) == (404, 10062)


async def test_answers_that_do_not_fit_are_refused_and_leave_the_interaction_open() -> None:
    async with open_stage() as stage:
        interaction = stage.type("/silent")
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        empty = await stage.rest("POST", path, json={"type": 4, "data": {"content": "  "}})
        assert (empty.status_code, empty.json()["code"]) == (400, 50006)
        long = await stage.rest("POST", path, json={"type": 4, "data": {"content": "x" * 2001}})
        problem = long.json()["errors"]["data"]["content"]["_errors"][0]
        assert problem == {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}
        kind = await stage.rest("POST", path, json={"type": 8, "data": {"choices": []}})
        assert kind.json()["errors"]["type"]["_errors"][0]["code"] == "BASE_TYPE_CHOICES"
        right = await stage.rest(
            "POST", f"{path}?with_response=true", json={"type": 4, "data": {"content": "x"}}
        )
        assert right.json()["resource"]["message"]["content"] == "x"
