"""What runs behind the bot, as far as the program that started it tells."""

from collections.abc import Awaitable, Callable

from sandbox.schemas.fields import Json

Look = Callable[[], Awaitable[Json]]
"""What runs now: `queues`, each with its `name`, how many jobs are `waiting` and `working`, and how many
`workers` there are; and `live_model`, the model that answers as NAME@VERSION, or None.
"""


async def nothing() -> Json:
    """Nothing that anybody tells of."""
    return {"queues": [], "live_model": None}


class Machinery:
    """What a page may show of it; the program that knows more sets `look`."""

    def __init__(self) -> None:
        self.look: Look = nothing
