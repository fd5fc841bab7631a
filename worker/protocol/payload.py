"""The base of everything that travels through Redis as JSON, and the fields that payloads share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shakelm.configuration import MAX_NUMBER, NAME_PATTERN

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Snowflake = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
ModelReference = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}(@[1-9][0-9]{{0,8}})?$")]
ModelName = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}$")]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]


class Payload(BaseModel):
    """Base of all payloads: immutable, unknown keys are refused, errors do not repeat the input (tokens)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
