"""Defaults and limits that several parts of the project share."""

from typing import Literal

TEMPERATURE = 0.8
"""Sampling temperature of a verse."""

MAX_TEMPERATURE = 2.0

LINES = 8
"""Length of a verse."""

CORPUS = "shakespeare"
"""The known corpus of a training (`shakelm.data.named_corpora.NAMED`)."""

REDIS_URL = "redis://localhost:6379/0"

DISCORD_API = "https://discord.com/api/v10"
"""Base address of Discord's REST API."""

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

LOG_LEVEL: LogLevel = "INFO"
