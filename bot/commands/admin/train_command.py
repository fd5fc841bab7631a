"""`/admin train`: shows what a training costs. `training_buttons` starts it."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Literal

import discord
import redis
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.interactions import autocompletion
from bot.interactions.answers import answer
from bot.interactions.checks import check_can_post, check_model
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from shakelm.configuration import ModelConfiguration, choose_random_seed
from shakelm.data.named_corpora import NAMED
from shakelm.data.text_reading import Reading
from shakelm.training_options import TEACHER_OPTIONS, TrainingOption, plan
from worker.messages import training_messages
from worker.messages.catalog import Refusal
from worker.messages.discord_json import Body
from worker.protocol.model_payloads import ModelSummary
from worker.protocol.training_payloads import TrainRequest
from worker.records import model_index
from worker.trainings import attached_texts, supervisors, training_plans, training_records
from worker.trainings.training_plans import TextSize

Callback = Callable[..., Any]


def with_teacher_options(callback: Callback) -> Callback:
    """Give a command the options of `TEACHER_OPTIONS`, which its callback takes as `**chosen`, by their keys.

    They come before the callback's own options, except the random seed, which comes last.
    """
    options = {name: _parameter(option) for name, option in TEACHER_OPTIONS.items()}
    random_seed = options.pop("random_seed")
    interaction, *own, _ = inspect.signature(callback).parameters.values()
    parameters = [interaction, *options.values(), *own, random_seed]
    callback.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # discord.py reads it
        [each.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in parameters]
    )
    for name, option in TEACHER_OPTIONS.items():
        app_commands.describe(**{name: described(f"command.admin.train.{option.key}")})(callback)
        if name != option.key:
            app_commands.rename(**{name: option.key})(callback)
    return callback


def _parameter(option: TrainingOption) -> inspect.Parameter:
    annotation = option.annotation
    if option.choices:
        annotation = Literal[option.choices]
    elif option.bounds is not None:
        annotation = Range[annotation, annotation(option.bounds.minimum), annotation(option.bounds.maximum)]
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation | None
    )


@app_commands.command(description=described("command.admin.train.description"))
@app_commands.describe(
    corpus=described("command.admin.train.corpus"),
    text=described("command.admin.train.text"),
    name=described("command.admin.train.name"),
)
@app_commands.choices(corpus=[Choice(name=name, value=name) for name in NAMED])
@app_commands.autocomplete(base=autocompletion.models)
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
    base = await _find_base(interaction, chosen["base"]) if chosen["base"] is not None else None
    request = _request(chosen, name, corpus, base, interaction)
    await interaction.response.defer(ephemeral=True)
    size = reading = None
    if text is not None:
        request, size, reading = await _attach(bot, request, base, text)
    await answer(interaction, await bot.call(_propose, request, base, size, reading, locale), private=True)


async def _find_base(interaction: discord.Interaction[Bot], reference: str) -> ModelSummary:
    """The version that a training goes on from, by NAME or NAME@VERSION.

    Raises:
        Refusal: there is no such version, or no worker of this release has published its models.
    """
    index = await interaction.client.ask(interaction, model_index.load)
    check_model(reference, index)
    found = index.find(reference) if index is not None else None
    if found is None or found.network is None:
        raise Refusal("refusal.no_models")
    return found


def _request(
    chosen: dict[str, Any],
    name: str | None,
    corpus: str | None,
    base: ModelSummary | None,
    interaction: discord.Interaction[Bot],
) -> TrainRequest:
    """The request with these options, by name. It gets a new random seed if none was chosen.

    Raises:
        ShakelmError: the options do not fit each other, or the version that the training goes on from.
    """
    if base is not None:
        chosen = chosen | {"base": base.reference}
    planned = plan(**chosen, network=_network(base))
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


def _network(base: ModelSummary | None) -> ModelConfiguration | None:
    return None if base is None else base.network


async def _attach(
    bot: Bot, request: TrainRequest, base: ModelSummary | None, file: discord.Attachment
) -> tuple[TrainRequest, TextSize, Reading]:
    """Store the text of a file for the training. Returns the request with that text, its size and reading.

    Raises:
        ShakelmError: the text is not suitable for a training.
        discord.HTTPException: Discord does not deliver the file.
    """
    attached_texts.check_size(file.size)
    content = await file.read()
    attached, corpus = await asyncio.to_thread(attached_texts.check, file.filename, content)
    planned = training_plans.configuration(request, _network(base))
    size = await asyncio.to_thread(training_plans.measure, corpus.text, planned)
    await bot.call(attached_texts.keep, attached, content)
    return request.model_copy(update={"attached": attached}), size, corpus.reading


def _propose(
    connection: redis.Redis,
    request: TrainRequest,
    base: ModelSummary | None,
    size: TextSize | None,
    reading: Reading | None,
    locale: str,
) -> Body:
    """Keep a training as a proposal. Returns the question whether to start it.

    Raises:
        ShakelmError: the corpus cannot be learned from with these settings.
    """
    planned = training_plans.configuration(request, _network(base))
    own = None if request.attached or request.corpus else training_plans.workers_corpus(connection)
    if own is not None:
        size = own.size
    elif request.corpus is not None:
        size = training_plans.known_size(request.corpus)
    if size is not None and request.attached is None:  # an attached text was checked when it was measured
        training_plans.check(planned, size)
    return training_messages.proposal(
        training_records.propose(connection, request),
        request,
        corpus=own.name if own else None,
        cost=training_plans.cost(connection, planned, size, base) if size else None,
        ahead=len(training_records.open_trainings(connection)),
        workers=supervisors.workers(connection),
        base=base,
        reading=reading,
        locale=locale,
    )
