"""The Discord client: its command tree, and its access to Redis."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Concatenate, ParamSpec, TypeVar

import discord
import redis
from discord import app_commands

from bot.interactions import custom_id_handlers, error_handler
from bot.interactions.command_translation import Translator
from bot.interactions.custom_id_handlers import Handler
from bot.settings import BotSettings
from shakelm.errors import ShakelmError

log = logging.getLogger(__name__)

PATIENCE_S = 2.0
"""The time in seconds for all questions to Redis before an interaction's first answer.

Discord wants that answer within 3 seconds (Receiving and Responding: Followup Messages).
"""

CLOSING_S = 2.5
"""The seconds that a closing bot gives to the work in its background. Less than `bot.__main__.AGAIN_S`."""

DELIVERIES_AT_ONCE = 3
"""Threads that edit messages of waiting requests. The other threads are for commands."""

_COMMAND = discord.InteractionType.application_command

P = ParamSpec("P")
R = TypeVar("R")


def _values(choices: Iterable[app_commands.Choice[Any]]) -> list[Any]:
    return [choice.value for choice in choices]


class Tree(app_commands.CommandTree["Bot"]):
    """A command tree with one error handler."""

    async def interaction_check(self, interaction: discord.Interaction["Bot"], /) -> bool:
        """Refuse a choice that the command does not offer: a Discord client may still have an older command.

        Raises:
            app_commands.NoPrivateMessage: the command was not used in a guild.
            app_commands.CommandSignatureMismatch: an option has such a value.
        """
        if interaction.guild_id is None:
            raise app_commands.NoPrivateMessage
        command = interaction.command
        if isinstance(command, app_commands.Command) and interaction.type is _COMMAND:
            for parameter in command.parameters:
                value = getattr(interaction.namespace, parameter.name, None)
                if value is not None and parameter.choices and value not in _values(parameter.choices):
                    raise app_commands.CommandSignatureMismatch(command)
        return True

    async def on_error(self, interaction: discord.Interaction["Bot"], error: Exception, /) -> None:
        """Handle an error of any command."""
        await error_handler.handle(interaction, error)


class Bot(discord.Client):
    """A client without privileged intents. Its messages ping nobody, and its commands work in guilds only.

    Args:
        settings: from the environment.
        connection: to Redis.
        commands: the commands to register with Discord.
        handlers: of buttons and forms.
    """

    def __init__(
        self,
        settings: BotSettings,
        connection: redis.Redis,
        commands: Iterable[
            app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group
        ],
        handlers: Iterable[Handler] = (),
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
        self._custom_id_handlers = tuple(handlers)
        self._background: set[asyncio.Task[Any]] = set()
        self._home = discord.Object(settings.guild) if settings.guild else None
        # Discord takes these two for global commands only. Commands of one guild need neither.
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
        """Return what `question` reads from Redis, in time for the first answer to `interaction`.

        A question that is too slow runs on in its thread, so it must not change anything.

        Raises:
            TimeoutError: no reply within `PATIENCE_S` of the interaction's first question.
            redis.RedisError: the queue cannot be reached.
        """
        async with self.in_time(interaction):
            return await self.call(question, *args, **kwargs)

    def in_time(self, interaction: discord.Interaction["Bot"]) -> asyncio.Timeout:
        """A context that raises TimeoutError `PATIENCE_S` after the interaction's first question."""
        now = asyncio.get_running_loop().time()
        return asyncio.timeout_at(interaction.extras.setdefault("asked_at", now) + PATIENCE_S)

    async def call(
        self, function: Callable[Concatenate[redis.Redis, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Call `function` with the connection to Redis, in a thread and without a time limit.

        Raises:
            redis.RedisError: the queue cannot be reached.
        """
        return await asyncio.to_thread(function, self.connection, *args, **kwargs)

    def in_background(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Start work that goes on if its caller is cancelled. `close` waits for it."""
        task = asyncio.create_task(work)
        self._background.add(task)  # asyncio itself keeps no reference
        task.add_done_callback(self._background.discard)
        return task

    async def close(self) -> None:
        """Give the work in the background `CLOSING_S` to end, cancel the rest, and disconnect."""
        try:
            async with asyncio.timeout(CLOSING_S):
                while self._background:
                    await asyncio.wait(self._background)
        except TimeoutError:
            log.warning("Closing with %d tasks under way", len(self._background))
        finally:
            for task in self._background:
                task.cancel()
            await super().close()

    async def setup_hook(self) -> None:
        """Register the commands, after the login and before the connection to the gateway.

        With `DISCORD_GUILD`, only that guild has the commands, and has them at once. The global commands of
        an earlier start are removed, so that none shows twice.

        Raises:
            ShakelmError: that guild does not have the bot, or a catalog of texts is damaged.
        """
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
        """Handle presses of buttons and submitted forms."""
        await custom_id_handlers.dispatch(interaction, self._custom_id_handlers)

    async def on_ready(self) -> None:
        """Log that the bot is connected."""
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))
