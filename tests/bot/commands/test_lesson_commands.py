"""Lessons that need no worker."""

from tests.support.bot_room import Room
from tests.support.discord_messages import embed, is_private


async def test_architectures_are_shown_without_a_worker(room: Room) -> None:
    words = await room.ask("/architectures")
    characters = await room.ask("/architectures vocabulary: char")
    for message, size in ((words, "6,047 words"), (characters, "66 characters")):
        assert not is_private(message)
        for part in (size, "**simple-rnn**", "**lstm**", "**stacked-lstm**", "(batch, time, 150)"):
            assert part in embed(message)["description"]
