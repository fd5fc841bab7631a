"""The Discord client: its command tree, and its access to Redis."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import aiohttp
import discord
import redis
from discord import app_commands

from bot.gateway import instances
from bot.gateway.gathered_calls import GatheredCalls
from bot.gateway.intake import Intake
from bot.gateway.replay import RESUMABLE
from bot.interactions import custom_id_handlers, error_handler
from bot.interactions.command_translation import Translator
from bot.interactions.custom_id_handlers import Handler
from bot.interactions.unanswered import Unanswered
from bot.settings import BotSettings
from shakelm.errors import ShakelmError
from worker.protocol.guild_payloads import GuildSettings
from worker.protocol.job_request import JobRequest
from worker.records import guild_settings

log = logging.getLogger(__name__)

CLOSING_S = 8.0
"""The seconds that a closing bot gives to the interactions that it has begun."""

LEAVING_S = 1.0
"""The time for the last word to Redis."""

ADMISSIONS_AT_ONCE = 8
"""Threads that admit requests. Python runs one at a time, and each mostly waits for Redis."""

CONNECTIONS = 100
"""The most connections to Discord. Hundreds more at one moment would wait for each other's handshakes."""

DELIVERIES_AT_ONCE = 3
"""Threads that edit messages of waiting requests. The other threads are for commands."""

GUILDS_S = 0.5
"""The bot is ready this long after the last guild has come. A course's bot is in few."""

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

    async def run(self, interaction: discord.Interaction["Bot"]) -> None:
        """Run the command of an interaction, or its autocompletion, to the end."""
        try:
            await self._call(interaction)
        except app_commands.AppCommandError as error:  # before the command: it has changed, or is gone
            await self.on_error(interaction, error)


class Bot(discord.Client):
    """A client without privileged intents. Its messages ping nobody, and its commands work in guilds only.

    Args:
        settings: from the environment.
        connection: to Redis.
        commands: the commands to register with Discord.
        handlers: of buttons and forms.

    Attributes:
        announced: the requests, by their ids, whose authors wait for an answer.
        mentions: of the registered commands, by their full names.
        unanswered: tells people whose interactions got no answer.
        intake: takes each interaction once.
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
            guild_ready_timeout=GUILDS_S,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        )
        self.settings = settings
        self.connection = connection
        self.deliveries = asyncio.Semaphore(DELIVERIES_AT_ONCE)
        self.admissions = asyncio.Semaphore(ADMISSIONS_AT_ONCE)
        self.announced: dict[str, JobRequest] = {}
        self.mentions: dict[str, str] = {}
        self.unanswered = Unanswered(self, connection)
        self.intake = Intake(self, self._connection, self._handle)
        self._guild_settings = GatheredCalls(self._read_guild_settings, self.in_background)
        self._custom_id_handlers = tuple(handlers)
        self._background: set[asyncio.Task[Any]] = set()
        self._removed: set[int] = set()
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
            TimeoutError: no reply in time.
            redis.RedisError: the queue cannot be reached.
        """
        async with self.in_time(interaction):
            return await self.call(question, *args, **kwargs)

    async def guild_settings(self, interaction: discord.Interaction["Bot"]) -> GuildSettings:
        """Return the settings of the interaction's guild, in time for the first answer. Raises as `ask`."""
        async with self.in_time(interaction):
            return await self._guild_settings(str(interaction.guild_id))

    async def _read_guild_settings(self, guilds: Sequence[str]) -> Sequence[GuildSettings]:
        read = await self.call(guild_settings.read_all, set(guilds))
        return [read[guild] for guild in guilds]

    def in_time(self, interaction: discord.Interaction["Bot"]) -> asyncio.Timeout:
        """A context that raises TimeoutError when it is time for the interaction's first answer."""
        return asyncio.timeout_at(interaction.extras["patience_until"])

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
        """Give the interactions that were begun `CLOSING_S` to end, cancel the rest, and disconnect.

        Discord keeps the gateway's session, and replays to the next bot what this one did not finish.
        """
        try:
            async with asyncio.timeout(CLOSING_S):
                while self._background:
                    await asyncio.wait(self._background)
        except TimeoutError:
            log.warning("Closing with %d tasks under way", len(self._background))
        finally:
            await self._leave()
            for task in self._background:
                task.cancel()
            await super().close()

    async def _leave(self) -> None:
        """Say in Redis where this bot leaves the gateway, and disconnect so that its session goes on."""
        session = self.intake.session()
        try:
            async with asyncio.timeout(LEAVING_S):
                await self.call(instances.leave, self.intake.name, session)
        except (redis.RedisError, TimeoutError) as error:
            log.warning("The next bot does not know where this one stopped: %s", type(error).__name__)
        if session is not None:
            with suppress(aiohttp.ClientError, OSError, RuntimeError):  # the connection is broken already
                await cast(Any, self.ws).close(code=RESUMABLE)

    async def connect_anew(self) -> None:
        """Leave the session of the gateway for a new one.

        discord.py tries to resume whatever was closed. Discord refuses a session that it does not know, and
        discord.py then identifies itself anew.
        """
        ws = cast(Any, self.ws)
        ws.session_id = "taken over"
        await ws.close(code=RESUMABLE)

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
                self.mentions |= _mentions(await self.tree.sync(guild=self._home))
            except discord.Forbidden as error:
                raise ShakelmError(
                    f"The bot may bring no commands to the server {self._home.id}: invite it there with the "
                    "scope applications.commands, or correct DISCORD_GUILD."
                ) from error
        self.mentions |= _mentions(await self.tree.sync())

    async def _handle(self, interaction: discord.Interaction[Any]) -> None:
        """Handle an interaction to the end."""
        kinds = discord.InteractionType
        if interaction.type in (kinds.application_command, kinds.autocomplete):
            await self.tree.run(interaction)
        else:
            await custom_id_handlers.dispatch(interaction, self._custom_id_handlers)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that a guild has removed the bot. An outage is no removal."""
        log.info("Removed from server %d", guild.id)
        self._removed.add(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Bring the commands to a guild that invites the bot again, if it has commands of its own."""
        if guild.id not in self._removed:
            return
        self._removed.discard(guild.id)
        if self._home is not None and guild.id == self._home.id:
            try:
                await self.tree.sync(guild=self._home)
            except discord.HTTPException as error:
                log.warning("The server %d gets no commands: %s", guild.id, error)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Handle an invitation that Discord sends as a guild that is available."""
        await self.on_guild_join(guild)

    async def on_connect(self) -> None:
        """Say in Redis where this bot is at the gateway, so that the next bot knows it from the start."""
        with suppress(redis.RedisError):  # the heartbeat says it soon
            await self.call(instances.beat, self.intake.name, self.intake.session())

    async def on_ready(self) -> None:
        """Log that the bot is connected."""
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))


def _mentions(commands: Iterable[app_commands.AppCommand]) -> dict[str, str]:
    """What shows each command so that people can click it, by its full name."""
    found: dict[str, str] = {}
    groups: list[app_commands.AppCommand | app_commands.AppCommandGroup] = list(commands)
    while groups:
        command = groups.pop()
        subcommands = [one for one in command.options if isinstance(one, app_commands.AppCommandGroup)]
        groups += subcommands
        if not subcommands:
            name = getattr(command, "qualified_name", command.name)
            found[name] = command.mention
    return found
