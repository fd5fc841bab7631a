"""Routes about users: direct channels."""

from sandbox.world.ids import APPLICATION_ID
from tests.sandbox.stage import open_stage

CHANNELS = "/users/@me/channels"


async def test_members_take_no_direct_messages() -> None:
    async with open_stage() as stage:
        student = await stage.bot.fetch_user(int(stage.user("student").id))
        refused = await stage.refused(student.send("x"))
        assert (refused.status, refused.code) == (403, 50007)
        first, again = await student.create_dm(), await stage.bot.http.start_private_message(student.id)
        assert str(first.id) == again["id"]


async def test_direct_channels_that_are_refused() -> None:
    async with open_stage(connect=False) as stage:
        for body, status, code in (
            ({"recipient_id": "42"}, 400, 50033),
            ({"recipient_id": APPLICATION_ID}, 403, 50007),
            ({}, 400, 50035),
        ):
            answer = await stage.rest("POST", CHANNELS, json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
