"""The slash commands, by subject."""

from typing import Any

from discord import app_commands

from bot.commands.admin import Admin
from bot.commands.models import models
from bot.commands.verse import verse

COMMANDS: tuple[app_commands.Command[Any, ..., Any] | app_commands.Group, ...] = (verse, models, Admin())
"""What is registered with Discord."""
