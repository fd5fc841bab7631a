"""The base of everything that travels through Redis as JSON, and the fields that payloads share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shakelm.configuration import MAX_RANDOM_SEED, NAME_PATTERN, VERSION_PATTERN

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Snowflake = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
ModelReference = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}(@{VERSION_PATTERN})?$")]
VersionReference = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}@{VERSION_PATTERN}$")]
ModelName = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}$")]
RandomSeed = Annotated[int, Field(alias="number", ge=0, le=MAX_RANDOM_SEED)]
"""The random seed that reproduces a verse or a training. People, and the JSON in Redis, call it `number`."""

MAX_PROMPT_CHARACTERS = 500
Prompt = Annotated[str, Field(alias="seed", max_length=MAX_PROMPT_CHARACTERS)]
"""The text that a model continues. People, and the JSON in Redis, call it `seed`."""


class Payload(BaseModel):
    """Base of all payloads: immutable. Unknown keys are refused. Errors do not repeat the input (tokens).

    A field with an alias is written under the alias and read under both names.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
