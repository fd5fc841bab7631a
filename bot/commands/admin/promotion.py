"""Promotion, roll-back, and removal of model versions. Only people promote and remove."""

from contextlib import suppress

import discord
import redis
from discord import app_commands
from discord.app_commands import Range

from bot.commands.admin.announcements import announce
from bot.interactions import autocompletion
from bot.interactions.answers import UNSENT, answer, arguments, reply_to
from bot.interactions.checks import check_administrator, check_model
from bot.interactions.client import Bot
from bot.interactions.command_translation import described
from bot.interactions.custom_id_handlers import pressed
from worker.messages import admin_messages
from worker.messages.catalog import Refusal
from worker.protocol.custom_ids import Promote, Remove
from worker.protocol.job_request import id_of
from worker.protocol.model_payloads import ModelIndex, PromoteRequest, RemoveRequest, RollBackRequest
from worker.queue import enqueueing, rq_internals
from worker.queue.rq_internals import VERSE
from worker.records import model_index


@app_commands.command(description=described("command.admin.promote.description"))
@app_commands.describe(model=described("command.admin.promote.model"))
@app_commands.autocomplete(model=autocompletion.models)
async def promote(interaction: discord.Interaction[Bot], model: Range[str, 1, 80]) -> None:
    """Make a model live. The live model answers requests that name none."""
    await _promote(interaction, model)


@pressed(Promote)
async def promote_trained(interaction: discord.Interaction[Bot], custom_id: Promote) -> None:
    """Make the version of a training live. The answer is a new message; the button goes."""
    check_administrator(interaction, interaction.client.settings.admin_role)
    await _promote(interaction, custom_id.model)
    if interaction.message is not None:
        with suppress(*UNSENT):  # a button that stays does no harm
            await interaction.message.edit(view=None)


async def _promote(interaction: discord.Interaction[Bot], model: str) -> None:
    index = await interaction.client.ask(interaction, _look)
    check_model(model, index)
    request = PromoteRequest(model=model, reply_to=reply_to(interaction))
    await answer(interaction, admin_messages.promoting(model, interaction.locale.value), private=False)
    await interaction.client.call(enqueueing.enqueue_first, request, id_of(interaction.id))
    await announce(interaction, "announcement.promotion", model=model)


@app_commands.command(description=described("command.admin.rollback.description"))
async def rollback(interaction: discord.Interaction[Bot]) -> None:
    """Make the previous live model live again."""
    await interaction.client.ask(interaction, _look)
    request = RollBackRequest(reply_to=reply_to(interaction))
    await answer(interaction, admin_messages.rolling_back(interaction.locale.value), private=False)
    await interaction.client.call(enqueueing.enqueue_first, request, id_of(interaction.id))
    await announce(interaction, "announcement.roll_back")


@app_commands.command(description=described("command.admin.remove.description"))
@app_commands.describe(model=described("command.admin.remove.model"))
@app_commands.autocomplete(model=autocompletion.models)
async def remove(interaction: discord.Interaction[Bot], model: Range[str, 1, 80]) -> None:
    """Ask the teacher to confirm the removal of a version."""
    _check_removable(model, await interaction.client.ask(interaction, _look))
    await answer(interaction, admin_messages.confirm_removal(model, interaction.locale.value), private=True)


@pressed(Remove)
async def confirm_removal(interaction: discord.Interaction[Bot], custom_id: Remove) -> None:
    """Remove the version. The worker refuses if the version has become live since the question."""
    model = custom_id.model
    check_administrator(interaction, interaction.client.settings.admin_role)
    await interaction.client.ask(interaction, _look)
    request = RemoveRequest(model=model, reply_to=reply_to(interaction))
    notice = admin_messages.removing(model, interaction.locale.value)
    await interaction.response.edit_message(**arguments(notice))
    await interaction.client.call(enqueueing.enqueue_first, request, id_of(interaction.id))
    await announce(interaction, "announcement.removal", model=model)


def _look(connection: redis.Redis) -> ModelIndex | None:
    """The model versions. None if no worker has published them yet.

    Raises:
        Refusal: no worker is running that could change anything.
    """
    if not rq_internals.live_workers(connection, VERSE):
        raise Refusal("refusal.nobody_promotes")
    return model_index.load(connection)


def _check_removable(model: str, index: ModelIndex | None) -> None:
    """Pass for a version (NAME@VERSION) that is neither live nor packaged.

    Raises:
        Refusal: the version cannot be removed, or there is no such version.
    """
    if index is None:
        raise Refusal("refusal.no_models")
    check_model(model, index)
    found = [one for one in index.versions if model in (one.name, one.reference)]
    for version in found:
        if model != version.reference:
            raise Refusal("refusal.name_the_version", model=found[-1].reference)
        if version.packaged:
            raise Refusal("refusal.packaged_stays", model=model)
        if version.live:
            raise Refusal("refusal.live_stays", model=model)
