"""Faults that tests ask for: errors, delays and gateway failures."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

RestFault = Literal[
    "error", "400", "401", "403", "404", "429", "429_page", "500", "502", "503", "504", "slow", "reset", "cut"
]
GatewayFault = Literal["drop_gateway", "reconnect", "invalid_session"]


class FaultForm(BaseModel):
    """A fault that a test asks for.

    `route` is a regular expression that is searched in `METHOD /path` (without `/api/v10`). The fault happens
    to `times` of the requests that match, to one of `every` so many. `seconds` is the `retry_after` of a 429,
    or the delay of a slow answer. An `error` has a `status`, Discord's JSON error `code`, and the
    message that Discord has for it; "400", "401", "403" and "404" are the same with that status.

    `429_page` is a 429 without Discord's JSON, as a proxy answers. `reset` breaks the connection before the
    request is handled, `cut` afterwards. A gateway fault happens at once and uses none of the fields.
    """

    model_config = ConfigDict(extra="forbid")

    # One literal, so that the refusal of another kind names them all.
    kind: Literal[RestFault, GatewayFault]
    route: str = ""
    times: Annotated[int, Field(ge=1)] = 1
    every: Annotated[int, Field(ge=1)] = 1
    status: Annotated[int, Field(ge=400, le=599)] = 400
    code: Annotated[int, Field(ge=0)] = 0
    seconds: Annotated[float, Field(ge=0, le=600)] = 1.0

    @field_validator("route")
    @classmethod
    def _compiles(cls, route: str) -> str:
        try:
            re.compile(route)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return route


@dataclass
class _Pending:
    form: FaultForm
    left: int
    seen: int = 0


class Faults:
    """The REST faults that wait for a request."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    @property
    def pending(self) -> int:
        """How many faults still wait for requests."""
        return len(self._pending)

    def add(self, form: FaultForm) -> None:
        """Apply the fault to the next `times` requests that match its route."""
        self._pending.append(_Pending(form, form.times))

    def clear(self) -> None:
        """Apply no fault to the requests that come."""
        self._pending.clear()

    def take(self, method: str, path: str) -> FaultForm | None:
        """The fault for this request, if there is one."""
        for pending in self._pending:
            if re.search(pending.form.route, f"{method} {path}"):
                pending.seen += 1
                if pending.seen % pending.form.every:
                    return None
                pending.left -= 1
                if not pending.left:
                    self._pending.remove(pending)
                return pending.form
        return None
