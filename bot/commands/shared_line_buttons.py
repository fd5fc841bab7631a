"""The buttons under `/next`. With them, people write a line together, so everybody may press them."""

import discord

from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import pressed
from bot.interactions.submission import submit_in_place, who
from worker.lessons.next_tokens import StepRequest
from worker.protocol.custom_ids import Append, OfLine, Undo


@pressed(Append)
async def append(interaction: discord.Interaction[Bot], custom_id: Append) -> None:
    """Append the token on the button."""
    await _step(interaction, custom_id, custom_id.choice)


@pressed(Undo)
async def undo(interaction: discord.Interaction[Bot], custom_id: Undo) -> None:
    """Remove the token that was appended last."""
    await _step(interaction, custom_id, None)


async def _step(interaction: discord.Interaction[Bot], line: OfLine, choice: int | None) -> None:
    """Have a worker change the line and its message, unless somebody has changed it first.

    Raises:
        Refusal: the line has expired or has changed, or the guild's limits are reached.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    asked = who(interaction, private=False)
    asked["reply_to"] = asked["reply_to"].model_copy(update={"in_place": True})
    request = StepRequest(line=line.line_id, version=line.version, choice=choice, **asked)
    await submit_in_place(interaction, request)
