"""`/admin train`: shows what a training costs. `training_buttons` starts it."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Literal

import discord
import redis
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.interactions.answers import answer
from bot.interactions.checks import check_can_post
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from shakelm.configuration import choose_random_seed
from shakelm.data.named_corpora import NAMED
from shakelm.data.text_reading import Reading
from shakelm.training_options import TEACHER_OPTIONS, TrainingOption, by_name, plan
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Body
from worker.protocol.training_payloads import TrainRequest
from worker.trainings import attached_texts, supervisors, training_plans, training_records
from worker.trainings.training_plans import TextSize

Callback = Callable[..., Any]


def with_teacher_options(callback: Callback) -> Callback:
    """Give a command the options of `TEACHER_OPTIONS`, which its callback takes as `**chosen`, by their keys.

    They come before the callback's own options, except the random seed, which comes last.
    """
    options = {option.key: _parameter(option) for option in TEACHER_OPTIONS.values()}
    random_seed = options.pop(TEACHER_OPTIONS["random_seed"].key)
    interaction, *own, _ = inspect.signature(callback).parameters.values()
    parameters = [interaction, *options.values(), *own, random_seed]
    callback.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # discord.py reads it
        [each.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in parameters]
    )
    return app_commands.describe(
        **{option.key: described(f"command.admin.train.{option.key}") for option in TEACHER_OPTIONS.values()}
    )(callback)


def _parameter(option: TrainingOption) -> inspect.Parameter:
    annotation = option.annotation
    if option.choices:
        annotation = Literal[option.choices]
    elif option.bounds is not None:
        annotation = Range[annotation, annotation(option.bounds.minimum), annotation(option.bounds.maximum)]
    return inspect.Parameter(
        option.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation | None
    )


@app_commands.command(description=described("command.admin.train.description"))
@app_commands.describe(
    corpus=described("command.admin.train.corpus"),
    text=described("command.admin.train.text"),
    name=described("command.admin.train.name"),
)
@app_commands.choices(corpus=[Choice(name=name, value=name) for name in NAMED])
@with_teacher_options
async def train(
    interaction: discord.Interaction[Bot],
    corpus: str | None = None,
    text: discord.Attachment | None = None,
    name: Range[str, 1, 64] | None = None,
    **chosen: Any,
) -> None:
    """Show in private what a training would cost, and ask whether to start it."""
    bot, locale = interaction.client, interaction.locale.value
    check_can_post(interaction)
    if corpus is not None and text is not None:
        raise Refusal("refusal.two_corpora")
    request = _request(by_name(chosen), name, corpus, interaction)
    await interaction.response.defer(ephemeral=True)
    size = reading = None
    if text is not None:
        request, size, reading = await _attach(bot, request, text)
    await answer(interaction, await bot.call(_propose, request, size, reading, locale), private=True)


def _request(
    chosen: dict[str, Any], name: str | None, corpus: str | None, interaction: discord.Interaction[Bot]
) -> TrainRequest:
    """The request with these options, by name. It gets a new random seed if none was chosen.

    Raises:
        ShakelmError: the options do not fit each other.
    """
    planned = plan(**chosen)
    known = {
        "architecture": planned.model.architecture,
        "vocabulary": planned.model.vocabulary,
        "epochs": planned.training.epochs,
        "random_seed": choose_random_seed(),
    }
    return TrainRequest(
        **known | {option: value for option, value in chosen.items() if value is not None},
        name=name or f"{planned.model.architecture}-{planned.model.vocabulary}",
        corpus=corpus,
        requested_by=str(interaction.user.id),
        guild=str(interaction.guild_id),
        locale=str(interaction.guild_locale or interaction.locale),
    )


async def _attach(
    bot: Bot, request: TrainRequest, file: discord.Attachment
) -> tuple[TrainRequest, TextSize, Reading]:
    """Store the text of a file for the training. Returns the request with that text, its size and reading.

    Raises:
        ShakelmError: the text is not suitable for a training.
        discord.HTTPException: Discord does not deliver the file.
    """
    attached_texts.check_size(file.size)
    content = await file.read()
    attached, corpus = await asyncio.to_thread(attached_texts.check, file.filename, content)
    planned = training_plans.configuration(request)
    size = await asyncio.to_thread(training_plans.measure, corpus.text, planned)
    await bot.call(attached_texts.keep, attached, content)
    return request.model_copy(update={"attached": attached}), size, corpus.reading


def _propose(
    connection: redis.Redis,
    request: TrainRequest,
    size: TextSize | None,
    reading: Reading | None,
    locale: str,
) -> Body:
    """Keep a training as a proposal. Returns the question whether to start it.

    Raises:
        ShakelmError: the corpus cannot be learned from with these settings.
    """
    own = None if request.attached or request.corpus else training_plans.workers_corpus(connection)
    if own is not None:
        size = own.size
    elif request.corpus is not None:
        size = training_plans.known_size(request.corpus)
    if size is not None and request.attached is None:  # an attached text was checked when it was measured
        training_plans.check(request, size)
    return training_messages.proposal(
        training_records.propose(connection, request),
        request,
        corpus=own.name if own else None,
        cost=training_plans.cost(connection, request, size) if size else None,
        ahead=len(training_records.open_trainings(connection)),
        workers=supervisors.workers(connection),
        reading=reading,
        locale=locale,
    )
