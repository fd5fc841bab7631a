"""Routes about channels and threads: errors in one sentence."""

import pytest

from sandbox.world.ids import ANNOUNCEMENTS_ID, STAFF_ID, VERSES_ID
from tests.sandbox.stage import open_stage


async def test_what_cannot_be_started_or_forwarded_is_one_sentence() -> None:
    async with open_stage(connect=False) as stage:
        forum = (await stage.control("POST", "/channels", {"name": "f", "kind": "forum"})).json()
        cases = (
            ("/channels", {"name": "f", "kind": "stage"}, "kind"),
            ("/threads", {"name": "x", "user": "nobody"}, "nobody"),
            ("/threads", {"name": "x", "message_id": "1"}, "sees no message"),
            ("/threads", {"name": "x", **forum}, "Discord refuses the thread: Cannot send an empty message"),
            ("/threads", {"name": "x", "tags": ["Ode"], "text": "x", **forum}, "no tag 'Ode'"),
            ("/thread_changes", {"thread_id": VERSES_ID, "locked": True}, "There is no thread"),
            ("/thread_members", {"thread_id": "1"}, "There is no thread"),
            ("/forwards", {"message_id": "1"}, "sees no message"),
        )
        for path, body, words in cases:
            refused = await stage.control("POST", path, body)
            assert refused.status_code == 400 and words in refused.json()["error"], refused.text
        assert list(stage.world.channels)[-1] == forum["channel_id"]


@pytest.mark.parametrize("user", ["student", "teacher"])
async def test_a_forward_keeps_what_was_said(user: str) -> None:
    async with open_stage(connect=False) as stage:
        said = (await stage.control("POST", "/messages", {"text": "once", "user": "student"})).json()
        body = {"user": user, "message_id": said["id"], "channel_id": ANNOUNCEMENTS_ID}
        forward = (await stage.control("POST", "/forwards", body)).json()
        await stage.control("POST", "/message_deletions", {"message_id": said["id"]})
        (seen,) = (await stage.control("GET", f"/messages?channel_id={ANNOUNCEMENTS_ID}")).json()["messages"]
        assert seen["message_snapshots"][0]["message"]["content"] == "once"
        assert seen["message_reference"]["type"] == 1 and forward["content"] == ""
        masked = (await stage.rest("GET", f"/channels/{ANNOUNCEMENTS_ID}/messages")).json()
        assert masked[0]["message_snapshots"][0]["message"]["content"] == ""
        hidden = await stage.control("POST", "/forwards", body | {"channel_id": STAFF_ID, "user": "student"})
        assert "may not write" in hidden.json()["error"]
