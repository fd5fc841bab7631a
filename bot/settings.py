"""The settings of the bot, from environment variables. They are validated at the start."""

from typing import Annotated

from pydantic import Field, SecretStr

from shakelm import secret_variables
from worker.protocol import retention
from worker.settings import QueueSettings

SnowflakeNumber = Annotated[int, Field(ge=1, lt=2**64)]


class BotSettings(QueueSettings):
    """The settings of the bot. The base class has those that the workers share."""

    token: Annotated[
        SecretStr,
        Field(
            alias=secret_variables.DISCORD_TOKEN,
            description="The bot's token, from the application's Bot page. DISCORD_TOKEN_FILE names a file "
            "with it.",
        ),
    ]
    admin_role: Annotated[
        SnowflakeNumber | None,
        Field(
            alias="SHAKELM_ADMIN_ROLE",
            description="Id of a role that may use `/admin`, besides who may manage the server.",
        ),
    ] = None
    guild: Annotated[
        SnowflakeNumber | None,
        Field(
            alias="DISCORD_GUILD",
            description="Id of the one server that gets the commands. Default: all servers.",
        ),
    ] = None
    withdraw_s: Annotated[
        float,
        Field(
            alias="SHAKELM_WITHDRAW_S",
            ge=0,
            le=retention.INTERACTION.seconds,
            description="A waiting verse is withdrawn this many seconds before its 15 minutes are over.",
        ),
    ] = 60.0
