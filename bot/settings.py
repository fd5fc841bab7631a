"""The settings of the bot, from environment variables. They are validated at the start."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from shakelm import secret_variables
from worker.protocol import retention
from worker.settings import QueueSettings, Valid


def _digits(given: object) -> object:
    if isinstance(given, str) and not (given.isascii() and given.isdigit()):  # pydantic also takes 1_0
        raise ValueError("not a whole number")
    return given


SnowflakeNumber = Annotated[int, BeforeValidator(_digits), Field(ge=1, lt=2**64)]

_ID = (
    "the id of a {of}, a whole number (in Discord's Developer Mode, right-click the {of} and choose Copy ID)"
)


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
        Valid(_ID.format(of="role")),
        Field(
            alias="SHAKELM_ADMIN_ROLE",
            description="Id of a role that may use `/admin`, besides who may manage the server.",
        ),
    ] = None
    guild: Annotated[
        SnowflakeNumber | None,
        Valid(_ID.format(of="server")),
        Field(
            alias="DISCORD_GUILD",
            description="Id of the one server that gets the commands. Default: all servers.",
        ),
    ] = None
    withdraw_s: Annotated[
        float,
        Valid(f"a number of seconds from 0 to {retention.INTERACTION.seconds}"),
        Field(
            alias="SHAKELM_WITHDRAW_S",
            ge=0,
            le=retention.INTERACTION.seconds,
            description="A waiting verse is withdrawn this many seconds before its 15 minutes are over.",
        ),
    ] = 60.0
