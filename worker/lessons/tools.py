"""What lessons work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from shakelm.decoding.language_model import LanguageModel
    from shakelm.store.version import Version

PNG = "image/png"

MAX_ALTERNATIVE = 1024
"""Characters of the alternative text of a picture (Discord: Attachment Object)."""


@dataclass(frozen=True)
class Tools:
    """Redis, and the models of the store by reference (NAME or NAME@VERSION, None for the live one).

    `load` and `find` raise ShakelmError if there is no such model, or if it is damaged.
    """

    connection: "redis.Redis"
    load: "Callable[[str | None], LanguageModel]"
    find: "Callable[[str | None], Version]"
