"""What clients send to the gateway (Discord documentation, "Gateway Events", sending events)."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sandbox.api.gateway.gateway_protocol import (
    DECODE_ERROR,
    INVALID_INTENTS,
    INVALID_SHARD,
    UNKNOWN_OPCODE,
    Close,
)
from sandbox.schemas.fields import Json, Snowflake
from sandbox.schemas.intents import ALL_INTENTS
from sandbox.schemas.validation import parse_json

MAX_PAYLOAD_BYTES = 4096


def _without_surrogates(text: str) -> str:
    text.encode()  # a lone surrogate is a ValueError
    return text


Text = Annotated[str, AfterValidator(_without_surrogates)]


class Payload(BaseModel):
    """Base of all payloads; unlike REST, the gateway converts no types."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)


class Identify(Payload):
    """The start of a session; `shard` is its number and the count of shards."""

    token: Text
    properties: Json
    intents: Any
    shard: Any = None


class Resume(Payload):
    """The resumption of a session from the event after `seq`."""

    token: Text
    session_id: Text
    seq: int


class RequestMembers(Payload):
    """The request for members by ids, or whose names start with `query`."""

    guild_id: Annotated[Snowflake, Field(strict=False)]
    query: str | None = None
    user_ids: list[Snowflake] | Snowflake | None = None
    limit: Annotated[int, Field(ge=0)] | None = None
    presences: bool | None = None
    nonce: str | None = None


_Payload = TypeVar("_Payload", bound=Payload)


def decode(raw: str | bytes) -> tuple[int, Any]:
    """The opcode and the data of a payload.

    Raises:
        Close: the payload is too long, or not JSON with an opcode (4002), or the opcode is no number (4001).
    """
    if len(raw) > MAX_PAYLOAD_BYTES:
        raise Close(DECODE_ERROR, "Error while decoding payload.")
    try:
        payload = parse_json(raw)
        op = payload["op"]
    except (ValueError, KeyError, TypeError):
        raise Close(DECODE_ERROR, "Error while decoding payload.") from None
    if not isinstance(op, int) or isinstance(op, bool):
        raise Close(UNKNOWN_OPCODE, "Unknown opcode.")
    return op, payload.get("d")


def parse(payload: type[_Payload], data: Any) -> _Payload:
    """The data of a payload.

    Raises:
        Close: the data does not fit (4002).
    """
    try:
        return payload.model_validate(data)
    except ValidationError:
        raise Close(DECODE_ERROR, "Error while decoding payload.") from None


def valid_intents(value: Any) -> int:
    """The intents of a session.

    Raises:
        Close: they are no number, or there is an unknown one (4013).
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= ALL_INTENTS:
        raise Close(INVALID_INTENTS, "Invalid intent(s).")
    return value


def valid_shard(value: Any) -> tuple[int, int]:
    """The number of a session's shard, from 0, and the count of shards; by default the only one.

    Raises:
        Close: there is no such shard (4010).
    """
    match value:
        case None:
            return 0, 1
        case [int(number), int(count)] if type(number) is type(count) is int and 0 <= number < count:
            return number, count
        case _:
            raise Close(INVALID_SHARD, "Invalid shard.")
