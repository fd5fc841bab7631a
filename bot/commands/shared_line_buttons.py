"""The buttons under `/next`. With them, people write a line together, so everybody may press them."""

import discord

from bot.interactions.client import Bot
from bot.interactions.custom_id_handlers import pressed
from bot.interactions.submission import submit_in_place, who
from worker.lessons.next_tokens import StepRequest
from worker.protocol.custom_ids import Append, Draw, OfLine, Undo


@pressed(Append)
async def append(interaction: discord.Interaction[Bot], custom_id: Append) -> None:
    """Append the token on the button."""
    await _step(interaction, custom_id, custom_id.choice)


@pressed(Draw)
async def draw(interaction: discord.Interaction[Bot], custom_id: Draw) -> None:
    """Append what the model draws, which need not be on a button."""
    await _step(interaction, custom_id, None, drawn=True)


@pressed(Undo)
async def undo(interaction: discord.Interaction[Bot], custom_id: Undo) -> None:
    """Remove the token that was appended last."""
    await _step(interaction, custom_id, None)


async def _step(
    interaction: discord.Interaction[Bot], line: OfLine, choice: int | None, *, drawn: bool = False
) -> None:
    """Have a worker change the line and its message, unless somebody has changed it first.

    Raises:
        Refusal: the line has expired or has changed, or the guild's limits are reached.
        TimeoutError, redis.RedisError: the queue cannot be reached.
    """
    shown = interaction.message
    asked = who(interaction, private=shown is not None and shown.flags.ephemeral)
    asked["reply_to"] = asked["reply_to"].model_copy(update={"in_place": True})
    request = StepRequest(line=line.line_id, version=line.version, choice=choice, drawn=drawn, **asked)
    await submit_in_place(interaction, request)
