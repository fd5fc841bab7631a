"""`/admin`: trainings, models, the queue, and the settings of a guild."""

from typing import Any

import discord
from discord import app_commands

from bot.commands.admin.group import AdministratorsOnly
from bot.commands.admin.guild_administration import export, limits, log, retention, status
from bot.commands.admin.open_trainings import training
from bot.commands.admin.promotion import promote, remove, rollback
from bot.commands.admin.queue_control import pause, queue, resume
from bot.commands.admin.train_command import train
from bot.interactions.command_translation import described

admin = AdministratorsOnly(
    name="admin",
    description=described("command.admin.description"),
    default_permissions=discord.Permissions(manage_guild=True),
)
_COMMANDS: tuple[app_commands.Command[Any, ..., Any] | app_commands.Group, ...] = (
    *(train, training),
    *(promote, rollback, remove),
    *(queue, pause, resume),
    *(limits, retention, export, status, log),
)
for _command in _COMMANDS:
    admin.add_command(_command)
