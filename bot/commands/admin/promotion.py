"""Which versions there are and which one is live. Nothing promotes or removes itself."""

import discord
import redis
from discord import app_commands
from discord.app_commands import Range

from bot.commands.admin.announcements import announce
from bot.interactions import autocompletion
from bot.interactions.answers import answer, arguments, reply_to
from bot.interactions.button_handlers import pressed
from bot.interactions.checks import check_administrator, check_model
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from worker.messages import admin_messages
from worker.messages.catalog import Refusal
from worker.protocol.model_payloads import ModelIndex, PromoteRequest, RemoveRequest, RollBackRequest
from worker.queue import enqueueing, rq_internals
from worker.queue.rq_internals import VERSE
from worker.records import model_index


@app_commands.command(description=described("command.admin.promote.description"))
@app_commands.describe(model=described("command.admin.promote.model"))
@app_commands.autocomplete(model=autocompletion.models)
async def promote(interaction: discord.Interaction[Bot], model: Range[str, 1, 80]) -> None:
    """Make a model the live one, which writes wherever no model is named."""
    await _promote(interaction, model)


@pressed(r"promote:(?P<model>.+@\d+)")
async def promote_trained(interaction: discord.Interaction[Bot], model: str) -> None:
    """Make the version live whose training's message has the button; the answer is a new message."""
    check_administrator(interaction, interaction.client.settings.admin_role)
    await _promote(interaction, model)


async def _promote(interaction: discord.Interaction[Bot], model: str) -> None:
    index = await interaction.client.ask(interaction, _look)
    check_model(model, index)
    request = PromoteRequest(model=model, reply_to=reply_to(interaction))
    await answer(interaction, admin_messages.promoting(model, interaction.locale.value), private=False)
    await interaction.client.call(enqueueing.enqueue_first, request)
    await announce(interaction, "announcement.promotion", model=model)


@app_commands.command(description=described("command.admin.rollback.description"))
async def rollback(interaction: discord.Interaction[Bot]) -> None:
    """Make the model that was live before live again."""
    await interaction.client.ask(interaction, _look)
    request = RollBackRequest(reply_to=reply_to(interaction))
    await answer(interaction, admin_messages.rolling_back(interaction.locale.value), private=False)
    await interaction.client.call(enqueueing.enqueue_first, request)
    await announce(interaction, "announcement.roll_back")


@app_commands.command(description=described("command.admin.remove.description"))
@app_commands.describe(model=described("command.admin.remove.model"))
@app_commands.autocomplete(model=autocompletion.models)
async def remove(interaction: discord.Interaction[Bot], model: Range[str, 1, 80]) -> None:
    """Remove a version for good, once that is confirmed."""
    _check_removable(model, await interaction.client.ask(interaction, _look))
    await answer(interaction, admin_messages.confirm_removal(model, interaction.locale.value), private=True)


@pressed(r"remove:(?P<model>.+@\d+)")
async def confirm_removal(interaction: discord.Interaction[Bot], model: str) -> None:
    """Remove the version: the store says no where it has become live meanwhile."""
    check_administrator(interaction, interaction.client.settings.admin_role)
    await interaction.client.ask(interaction, _look)
    request = RemoveRequest(model=model, reply_to=reply_to(interaction))
    notice = admin_messages.removing(model, interaction.locale.value)
    await interaction.response.edit_message(**arguments(notice))
    await interaction.client.call(enqueueing.enqueue_first, request)
    await announce(interaction, "announcement.removal", model=model)


def _look(connection: redis.Redis) -> ModelIndex | None:
    """The models there are.

    Raises:
        Refusal: no worker is there to change anything.
    """
    if not rq_internals.live_workers(connection, VERSE):
        raise Refusal("refusal.nobody_promotes")
    return model_index.load(connection)


def _check_removable(model: str, index: ModelIndex | None) -> None:
    """Let pass a version (NAME@VERSION) that is neither live nor packaged; without an index the worker looks.

    Raises:
        Refusal: it cannot be removed, or there is no such version.
    """
    check_model(model, index)
    found = [one for one in index.versions if model in (one.name, one.reference)] if index else []
    for version in found:
        if model != version.reference:
            raise Refusal("refusal.name_the_version", model=found[-1].reference)
        if version.packaged:
            raise Refusal("refusal.packaged_stays", model=model)
        if version.live:
            raise Refusal("refusal.live_stays", model=model)
