"""Defaults that several parts of the project share."""

TEMPERATURE = 0.8
"""Sampling temperature of a verse."""

REDIS_URL = "redis://localhost:6379/0"

DISCORD_API = "https://discord.com/api/v10"
"""Base address of Discord's REST API."""
