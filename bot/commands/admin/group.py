"""Groups of commands for those who manage the server."""

from typing import Any

import discord
from discord import app_commands

from bot.interactions.checks import check_administrator


class AdministratorsOnly(app_commands.Group):
    """A group whose commands look at run time who may: Discord's own hiding is a default that servers change.

    discord.py asks the group next to a command alone, so every group below `/admin` is one of these.
    """

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let administrators pass, and raise for all others."""
        check_administrator(interaction, interaction.client.settings.admin_role)
        return True
