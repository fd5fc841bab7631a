"""What Discord sent to a bot that runs no more is replayed by Discord, and by nobody else."""

import pytest
from aiohttp import web

from bot.gateway import replay
from bot.gateway.instances import GatewaySession
from tests.support.bot_room import Room
from tests.support.waiting import eventually_async


async def left_session(room: Room) -> GatewaySession:
    """The session of the room's bot, which is gone, from before the interaction that it got last."""
    intake = room.bot.intake
    before = intake.session()
    assert before is not None
    await room.ask("/help")
    done = before.sequence
    await eventually_async(lambda: (now := intake.session()) and now.sequence > done, "its end")
    await room.bot.close()
    return before


async def test_a_session_is_replayed_again_if_who_asked_is_gone(room: Room) -> None:
    """Who takes over may be killed before it is done."""
    session = await left_session(room)
    token = room.bot.settings.token.get_secret_value()

    for _ in range(2):
        (missed,) = await replay.missed_interactions(session, token)
        assert missed["data"]["name"] == "help"


@pytest.mark.usefixtures("room")
async def test_the_token_goes_to_no_gateway_that_only_redis_names(caplog: pytest.LogCaptureFixture) -> None:
    came: list[str] = []

    async def listen(request: web.Request) -> web.Response:
        came.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", listen)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    session = GatewaySession(session_id="aa", gateway=f"ws://127.0.0.1:{runner.addresses[0][1]}", sequence=1)

    assert await replay.missed_interactions(session, "secret") == []

    await runner.cleanup()
    assert came == []
    assert "at another gateway" in caplog.text
