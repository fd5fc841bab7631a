"""What runs behind the bot, as far as the program that started it tells."""

from collections.abc import Awaitable, Callable

from sandbox.schemas.fields import Json

Look = Callable[[], Awaitable[list[Json]]]
"""The queues now: `name`, and how many jobs are `waiting` and `working`, and how many `workers` there are."""


class Machinery:
    """The queues that a page may show. `look` is None where nobody tells of any."""

    def __init__(self) -> None:
        self.look: Look | None = None

    async def queues(self) -> list[Json]:
        """The queues now; none where nobody tells of any."""
        return await self.look() if self.look else []
