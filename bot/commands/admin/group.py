"""The group of commands that only teachers may use."""

from typing import Any

import discord
from discord import app_commands

from bot.interactions.checks import check_administrator


class AdministratorsOnly(app_commands.Group):
    """A group that checks the permission at each use. Discord hides commands only by default.

    discord.py asks only the innermost group of a command, so each group below `/admin` is one of these.
    """

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Pass for teachers, and raise for everybody else."""
        check_administrator(interaction, interaction.client.settings.admin_role)
        return True
