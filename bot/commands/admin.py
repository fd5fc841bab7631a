"""`/admin`: trainings, the live model, and how the queue is. Nothing promotes itself."""

from typing import Any

import discord
import redis
from discord import app_commands
from discord.app_commands import Range

from bot.answers import answer, arguments, reply_to
from bot.checks import check_administrator, check_can_post, check_model
from bot.client import Bot
from shakelm.configuration import MAX_NUMBER, Architecture, VocabularyKind, choose_number
from shakelm.errors import ShakelmError
from worker import messages, queues
from worker.payloads import (
    MAX_EPOCHS,
    MessageAt,
    ModelIndex,
    PromoteRequest,
    RollBackRequest,
    TrainingState,
    TrainProgress,
    TrainRequest,
)


class Admin(app_commands.Group):
    """The commands of those who manage the server; Discord hides them from everyone else."""

    def __init__(self) -> None:
        super().__init__(
            name="admin",
            description="Train models and choose the one that writes",
            default_permissions=discord.Permissions(manage_guild=True),
        )

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Look at run time too: a server can show these commands to anyone."""
        check_administrator(interaction, interaction.client.settings.admin_role)
        return True

    @app_commands.command()
    @app_commands.describe(
        architecture="The network",
        vocabulary="What it reads and writes: words or characters",
        epochs="How often it reads the whole corpus, at most; it stops early when it no longer learns (20)",
        name="What to call it; a name that exists gets a new version",
        number="The same number with the same settings trains the same model again",
    )
    async def train(
        self,
        interaction: discord.Interaction[Bot],
        architecture: Architecture,
        vocabulary: VocabularyKind,
        epochs: Range[int, 1, MAX_EPOCHS] = 20,
        name: Range[str, 1, 64] | None = None,
        number: Range[int, 0, MAX_NUMBER] | None = None,
    ) -> None:
        """Train a model; a message in this channel shows how far it is."""
        bot = interaction.client
        check_can_post(interaction)
        request = TrainRequest(
            name=name or f"{architecture}-{vocabulary}",
            architecture=architecture,
            vocabulary=vocabulary,
            epochs=epochs,
            number=choose_number() if number is None else number,
            requested_by=str(interaction.user.id),
        )
        workers, index = await bot.ask(_look_for_training)
        await interaction.response.defer(ephemeral=True)
        waiting = TrainProgress(state=TrainingState.QUEUED, epochs=epochs)
        live = index.live() if index else None
        channel = bot.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
        message = await channel.send(**arguments(messages.training(request, waiting, live)))
        try:
            at = MessageAt(channel_id=str(message.channel.id), message_id=str(message.id))
            await bot.call(queues.enqueue_training, request, at)
        except Exception:
            await message.delete()
            raise
        text = f"The training of {messages.escape(request.name)} is in the queue: {message.jump_url}"
        if not workers:
            text += "\nNo training worker is running: start one with `python -m worker train`."
        await interaction.edit_original_response(content=text)

    @app_commands.command()
    async def status(self, interaction: discord.Interaction[Bot]) -> None:
        """Show the workers, the queues, the trainings and the live model, to you alone."""
        status, index = await interaction.client.ask(
            lambda connection: (queues.status(connection), queues.model_index(connection))
        )
        await answer(interaction, messages.status(status, index), private=True)

    @app_commands.command()
    @app_commands.describe(model="A model's name, or name@version, as /models shows them")
    async def promote(self, interaction: discord.Interaction[Bot], model: Range[str, 1, 80]) -> None:
        """Make a model the live one, which writes wherever no model is named."""
        index = await interaction.client.ask(_look_for_promotion)
        check_model(model, index)
        request = PromoteRequest(model=model, reply_to=reply_to(interaction))
        await answer(interaction, messages.waiting(f"Making {messages.escape(model)} live …"), private=False)
        await interaction.client.call(queues.enqueue_promotion, request)

    @app_commands.command()
    async def rollback(self, interaction: discord.Interaction[Bot]) -> None:
        """Make the model that was live before live again."""
        await interaction.client.ask(_look_for_promotion)
        request = RollBackRequest(reply_to=reply_to(interaction))
        await answer(interaction, messages.waiting("Making the former model live again …"), private=False)
        await interaction.client.call(queues.enqueue_roll_back, request)


def _look_for_training(connection: redis.Redis) -> tuple[int, ModelIndex | None]:
    """How many training workers there are, and the models there are."""
    return queues.train_workers(connection), queues.model_index(connection)


def _look_for_promotion(connection: redis.Redis) -> ModelIndex | None:
    """The models there are.

    Raises:
        ShakelmError: no worker is there to move the pointer.
    """
    if not queues.verse_workers(connection):
        raise ShakelmError(
            "No verse worker is running, and only a worker can change the live model: start one with "
            "python -m worker verse, then try again."
        )
    return queues.model_index(connection)
