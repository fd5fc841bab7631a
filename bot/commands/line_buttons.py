"""The buttons under `/next`, with which people write a line together: anybody may press them."""

import discord

from bot.interactions.button_handlers import ID, pressed
from bot.interactions.client import Bot
from bot.interactions.submission import submit_in_place, who
from worker.lessons.next_tokens import StepRequest

OF_A_LINE = rf"{ID}:(?P<version>\d{{1,9}})"
"""The line and the version of it that the button belongs to."""


@pressed(rf"append:{OF_A_LINE}:(?P<choice>[0-4])")
async def append(interaction: discord.Interaction[Bot], record_id: str, version: str, choice: str) -> None:
    """Append what stands on the button."""
    await _step(interaction, record_id, version, int(choice))


@pressed(f"undo:{OF_A_LINE}")
async def undo(interaction: discord.Interaction[Bot], record_id: str, version: str) -> None:
    """Take off what was appended last."""
    await _step(interaction, record_id, version, None)


async def _step(
    interaction: discord.Interaction[Bot], record_id: str, version: str, choice: int | None
) -> None:
    """Let a worker change the line and its message, unless somebody was quicker.

    Raises:
        Refusal: the line has expired or has changed, or its server's limits are reached.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    asked = who(interaction, private=False)
    asked["reply_to"] = asked["reply_to"].model_copy(update={"in_place": True})
    request = StepRequest(line=record_id, version=int(version), choice=choice, **asked)
    await submit_in_place(interaction, request)
