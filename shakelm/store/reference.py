"""References to models: `NAME` or `NAME@VERSION`."""

import re
from dataclasses import dataclass

from shakelm.configuration import NAME_PATTERN, VERSION_PATTERN
from shakelm.errors import ShakelmError

_REFERENCE = re.compile(rf"(?P<name>{NAME_PATTERN})(?:@(?P<version>{VERSION_PATTERN}))?")


@dataclass(frozen=True)
class Reference:
    """`NAME` (the newest version of that name) or `NAME@VERSION`."""

    name: str
    version: int | None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read a reference.

        Raises:
            ShakelmError: the text is not a name of lower-case letters, digits, dots, dashes and underscores,
                with or without a version number after an @.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ShakelmError(
                f"{text[:80]!r} does not name a model: a name has lowercase letters, digits, '.', '-' and "
                "'_' and starts with a letter or digit; a version follows after '@', as in my-model@2."
            )
        version = match["version"]
        return cls(match["name"], int(version) if version else None)

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}@{self.version}"
