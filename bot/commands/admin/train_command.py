"""`/admin train`: shows what a training costs; `training_buttons` has what follows."""

import asyncio

import discord
import redis
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.interactions.answers import answer
from bot.interactions.checks import check_can_post
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from shakelm.configuration import MAX_RANDOM_SEED, Architecture, VocabularyKind, choose_random_seed
from shakelm.data.corpus import NAMED
from shakelm.training_options import presets, read_preset
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Body
from worker.protocol.training_payloads import MAX_DROPOUT, MAX_EPOCHS, MAX_LAYERS, MAX_UNITS, TrainRequest
from worker.queue import rq_internals
from worker.queue.rq_internals import TRAIN
from worker.trainings import attached_texts, training_plans, training_records
from worker.trainings.training_plans import TextSize

DEFAULTS = {"architecture": "stacked-lstm", "vocabulary": "word", "epochs": 20}
"""As in `shakelm train`."""


@app_commands.command(description=described("command.admin.train.description"))
@app_commands.describe(
    architecture=described("command.admin.train.architecture"),
    vocabulary=described("command.admin.train.vocabulary"),
    preset=described("command.admin.train.preset"),
    epochs=described("command.admin.train.epochs"),
    units=described("command.admin.train.units"),
    layers=described("command.admin.train.layers"),
    dropout=described("command.admin.train.dropout"),
    learning_rate=described("command.admin.train.learning_rate"),
    corpus=described("command.admin.train.corpus"),
    text=described("command.admin.train.text"),
    name=described("command.admin.train.name"),
    number=described("command.admin.train.number"),
)
@app_commands.choices(
    preset=[Choice(name=name, value=name) for name in presets()],
    corpus=[Choice(name=name, value=name) for name in NAMED],
)
async def train(
    interaction: discord.Interaction[Bot],
    architecture: Architecture | None = None,
    vocabulary: VocabularyKind | None = None,
    preset: str | None = None,
    epochs: Range[int, 1, MAX_EPOCHS] | None = None,
    units: Range[int, 1, MAX_UNITS] | None = None,
    layers: Range[int, 1, MAX_LAYERS] | None = None,
    dropout: Range[float, 0.0, MAX_DROPOUT] | None = None,
    learning_rate: Range[float, 0.0, 1.0] | None = None,
    corpus: str | None = None,
    text: discord.Attachment | None = None,
    name: Range[str, 1, 64] | None = None,
    number: Range[int, 0, MAX_RANDOM_SEED] | None = None,
) -> None:
    """Say what a training would cost, to you alone, and ask whether to start it."""
    bot, locale = interaction.client, interaction.locale.value
    check_can_post(interaction)
    if corpus is not None and text is not None:
        raise Refusal("refusal.two_corpora")
    given = {"architecture": architecture, "vocabulary": vocabulary, "epochs": epochs}
    known = DEFAULTS | (read_preset(preset) if preset else {})
    chosen = {key: known[key] if value is None else value for key, value in given.items()}
    request = TrainRequest(
        **chosen,
        name=name or f"{chosen['architecture']}-{chosen['vocabulary']}",
        preset=preset,
        units=units,
        layers=layers,
        dropout=dropout,
        learning_rate=learning_rate,
        random_seed=choose_random_seed() if number is None else number,
        corpus=corpus,
        requested_by=str(interaction.user.id),
        guild=str(interaction.guild_id),
        locale=str(interaction.guild_locale or interaction.locale),
    )
    training_plans.configuration(request)  # what is impossible is said at once
    await interaction.response.defer(ephemeral=True)
    size = None
    if text is not None:
        request, size = await _attach(bot, request, text)
    await answer(interaction, await bot.call(_propose, request, size, locale), private=True)


async def _attach(bot: Bot, request: TrainRequest, file: discord.Attachment) -> tuple[TrainRequest, TextSize]:
    """The request with the file's text as its corpus, which is kept for the training, and the text's size.

    Raises:
        ShakelmError: nothing can be learned from that file.
        discord.HTTPException: Discord does not give it.
    """
    attached_texts.check_size(file.size)
    content = await file.read()
    attached, text = await asyncio.to_thread(attached_texts.check, file.filename, content)
    size = await asyncio.to_thread(training_plans.measure, text)
    await bot.call(attached_texts.keep, attached, content)
    return request.model_copy(update={"attached": attached}), size


def _propose(connection: redis.Redis, request: TrainRequest, size: TextSize | None, locale: str) -> Body:
    """Keep a training as a proposal; the question whether to start it."""
    own = None if request.attached or request.corpus else training_plans.workers_corpus(connection)
    if own is not None:
        size = own.size
    elif request.corpus is not None:
        size = training_plans.KNOWN_SIZES.get(request.corpus)
    return training_messages.proposal(
        training_records.propose(connection, request),
        request,
        corpus=own.name if own else None,
        cost=training_plans.cost(connection, request, size) if size else None,
        ahead=len(training_records.open_trainings(connection)),
        workers=len(rq_internals.live_workers(connection, TRAIN)),
        locale=locale,
    )
