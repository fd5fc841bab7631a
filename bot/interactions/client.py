"""The Discord client: its command tree and its way to the queue."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Concatenate, ParamSpec, TypeVar

import discord
import redis
from discord import app_commands

from bot.interactions import error_handler, modal_handlers
from bot.interactions.button_handlers import Component
from bot.interactions.command_translation import Translator
from bot.interactions.modal_handlers import Form
from bot.settings import BotSettings
from shakelm.errors import ShakelmError

log = logging.getLogger(__name__)

PATIENCE_S = 2.0
"""So long may all questions to the queue take before an interaction's first answer, which Discord wants
within 3 seconds (Receiving and Responding: Followup Messages)."""

DELIVERIES_AT_ONCE = 3
"""Threads that bring messages to those who wait; the others are for commands."""

P = ParamSpec("P")
R = TypeVar("R")


class Tree(app_commands.CommandTree["Bot"]):
    """A command tree with one error handler."""

    async def on_error(self, interaction: discord.Interaction["Bot"], error: Exception, /) -> None:
        """Every error of every command ends here."""
        await error_handler.handle(interaction, error)


class Bot(discord.Client):
    """A client without privileged intents, whose messages ping nobody and whose commands are for servers."""

    def __init__(
        self,
        settings: BotSettings,
        connection: redis.Redis,
        commands: Iterable[
            app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group
        ],
        buttons: Iterable[Component] = (),
        forms: Iterable[Form] = (),
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=30.0,
        )
        self.settings = settings
        self.connection = connection
        self.deliveries = asyncio.Semaphore(DELIVERIES_AT_ONCE)
        self.admission = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._buttons = tuple(buttons)
        self._forms = tuple(forms)
        self._home = discord.Object(settings.guild) if settings.guild else None
        # The commands of one server are for servers anyway, and Discord takes these two for global ones only.
        self.tree = (
            Tree(self)
            if self._home
            else Tree(
                self,
                allowed_contexts=app_commands.AppCommandContext(
                    guild=True, dm_channel=False, private_channel=False
                ),
                allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            )
        )
        for command in commands:
            self.tree.add_command(command, guild=self._home)

    async def ask(
        self,
        interaction: discord.Interaction["Bot"],
        question: Callable[Concatenate[redis.Redis, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """What a function on the queue's connection returns, in time for the first answer to `interaction`.

        Raises:
            TimeoutError: no reply within `PATIENCE_S` of the interaction's first question.
            redis.RedisError: the queue cannot be reached.
        """
        async with self.in_time(interaction):
            return await self.call(question, *args, **kwargs)

    def in_time(self, interaction: discord.Interaction["Bot"]) -> asyncio.Timeout:
        """A context that raises TimeoutError where the first answer to `interaction` would come too late."""
        now = asyncio.get_running_loop().time()
        return asyncio.timeout_at(interaction.extras.setdefault("asked_at", now) + PATIENCE_S)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.create_task(work)
        self._background.add(task)  # asyncio itself keeps no reference
        task.add_done_callback(self._background.discard)

    async def call(
        self, function: Callable[Concatenate[redis.Redis, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What a function on the queue's connection returns, run in a thread, however long it takes.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        return await asyncio.to_thread(function, self.connection, *args, **kwargs)

    async def setup_hook(self) -> None:
        """Register buttons and commands, after the login and before the gateway.

        Commands for one server appear at once; the global ones are emptied then, so that none shows twice.

        Raises:
            ShakelmError: that one server does not have the bot, or a catalog of texts is damaged.
        """
        self.add_dynamic_items(*self._buttons)
        await self.tree.set_translator(Translator())
        if self._home:
            try:
                await self.tree.sync(guild=self._home)
            except discord.Forbidden as error:
                raise ShakelmError(
                    f"The bot may bring no commands to the server {self._home.id}: invite it there with the "
                    "scope applications.commands, or correct DISCORD_GUILD."
                ) from error
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction["Bot"]) -> None:
        """Take what a form sends; commands and buttons have their ways in discord.py."""
        if interaction.type is discord.InteractionType.modal_submit:
            await modal_handlers.dispatch(interaction, self._forms)

    async def on_ready(self) -> None:
        """Say in the log that the bot is there."""
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))
