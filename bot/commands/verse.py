"""`/verse`: a worker writes a verse into the bot's first answer."""

import discord
import redis
from discord import app_commands
from discord.app_commands import Range

from bot.answers import answer, reply_to
from bot.checks import check_model
from bot.client import Bot
from shakelm.configuration import MAX_NUMBER, choose_number
from worker import messages, queues
from worker.payloads import MAX_LINES, MAX_SEED_CHARACTERS, MAX_TEMPERATURE, ModelIndex, VerseRequest


@app_commands.command()
@app_commands.describe(
    seed="How the verse begins; empty lets the model begin",
    temperature="0 always takes the likeliest way on, 0.8 is balanced, 2 is wild",
    lines="How many lines to write (8)",
    model="A model's name, or name@version, as /models shows them; the live one if left out",
    number="The same number with the same settings writes the same verse again",
    private="Show the verse to you alone",
)
async def verse(
    interaction: discord.Interaction[Bot],
    seed: Range[str, 0, MAX_SEED_CHARACTERS] = "",
    temperature: Range[float, 0.0, MAX_TEMPERATURE] = 0.8,
    lines: Range[int, 1, MAX_LINES] = 8,
    model: str | None = None,
    number: Range[int, 0, MAX_NUMBER] | None = None,
    private: bool = False,
) -> None:
    """Write a verse in the manner of the texts that the model has read."""
    bot = interaction.client
    ahead, workers, index = await bot.ask(_look)
    if model is not None:
        check_model(model, index)
    request = VerseRequest(
        seed=seed,
        temperature=temperature,
        lines=lines,
        model=model,
        number=choose_number() if number is None else number,
        reply_to=reply_to(interaction),
    )
    await answer(interaction, messages.queued(ahead + 1, workers), private)
    await bot.call(queues.enqueue_verse, request)


def _look(connection: redis.Redis) -> tuple[int, int, ModelIndex | None]:
    """How many verses are ahead, how many workers write them, and the models they hold."""
    return (
        queues.verses_ahead(connection),
        queues.verse_workers(connection),
        queues.model_index(connection),
    )
