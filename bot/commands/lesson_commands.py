"""The lessons: commands that show how a model writes. Those that need a model enqueue a job."""

import discord
from discord import app_commands
from discord.app_commands import Range

from bot.interactions import autocompletion
from bot.interactions.answers import answer
from bot.interactions.checks import check_known_model
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from bot.interactions.submission import submit, who
from shakelm.configuration import MAX_RANDOM_SEED, choose_random_seed
from shakelm.data.vocabulary_kinds import VocabularyKind
from worker.lessons.curves import CurvesRequest
from worker.lessons.next_tokens import NextRequest
from worker.lessons.temperatures import MAX_COMPARED_LINES, TemperaturesRequest
from worker.lessons.token_view import TokensRequest
from worker.messages import model_messages
from worker.protocol.payload import MAX_PROMPT_CHARACTERS


@app_commands.command(description=described("command.temperatures.description"))
@app_commands.describe(
    seed=described("command.temperatures.seed"),
    lines=described("command.temperatures.lines"),
    model=described("command.temperatures.model"),
    number=described("command.temperatures.number"),
    private=described("command.verse.private"),
)
@app_commands.autocomplete(model=autocompletion.models)
async def temperatures(
    interaction: discord.Interaction[Bot],
    seed: Range[str, 0, MAX_PROMPT_CHARACTERS] = "",
    lines: Range[int, 1, MAX_COMPARED_LINES] = 4,
    model: str | None = None,
    number: Range[int, 0, MAX_RANDOM_SEED] | None = None,
    private: bool = False,
) -> None:
    """Write verses from one prompt at five temperatures, side by side, with the mean entropy of each."""
    await check_known_model(interaction, model)
    request = TemperaturesRequest(
        prompt=seed,
        lines=lines,
        model=model,
        random_seed=choose_random_seed() if number is None else number,
        **who(interaction, private=private),
    )
    await submit(interaction, request)


@app_commands.command(name="next", description=described("command.next.description"))
@app_commands.describe(
    text=described("command.next.text"),
    model=described("command.next.model"),
    private=described("command.verse.private"),
)
@app_commands.autocomplete(model=autocompletion.models)
async def next_tokens(
    interaction: discord.Interaction[Bot],
    text: Range[str, 0, MAX_PROMPT_CHARACTERS] = "",
    model: str | None = None,
    private: bool = False,
) -> None:
    """Show the likely next tokens after a text. With the buttons, people append one together."""
    await check_known_model(interaction, model)
    request = NextRequest(text=text, model=model, **who(interaction, private=private))
    await submit(interaction, request)


@app_commands.command(description=described("command.tokens.description"))
@app_commands.describe(
    text=described("command.tokens.text"),
    model=described("command.tokens.model"),
    private=described("command.verse.private"),
)
@app_commands.autocomplete(model=autocompletion.models)
async def tokens(
    interaction: discord.Interaction[Bot],
    text: Range[str, 1, MAX_PROMPT_CHARACTERS],
    model: str | None = None,
    private: bool = False,
) -> None:
    """Show a text as a model reads it: its tokens, their ids, and the unknown ones."""
    await check_known_model(interaction, model)
    request = TokensRequest(text=text, model=model, **who(interaction, private=private))
    await submit(interaction, request)


@app_commands.command(description=described("command.curves.description"))
@app_commands.describe(model=described("command.curves.model"), private=described("command.verse.private"))
@app_commands.autocomplete(model=autocompletion.models)
async def curves(
    interaction: discord.Interaction[Bot], model: str | None = None, private: bool = False
) -> None:
    """Show the curves of loss and accuracy of a model's training."""
    await check_known_model(interaction, model)
    request = CurvesRequest(model=model, **who(interaction, private=private))
    await submit(interaction, request)


@app_commands.command(description=described("command.architectures.description"))
@app_commands.describe(vocabulary=described("command.architectures.vocabulary"))
async def architectures(interaction: discord.Interaction[Bot], vocabulary: VocabularyKind = "word") -> None:
    """Show the layers, shapes, parameters, and the purpose of each architecture."""
    message = model_messages.architectures(vocabulary, interaction.locale.value)
    await answer(interaction, message, private=False)
