"""Numbers, lists and periods in the conventions of a locale: Babel's data are those of Unicode CLDR."""

import re
from datetime import timedelta
from string import Formatter
from typing import Any, Final, Literal

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

PLURAL_CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
"""CLDR, Language Plural Rules: each language uses some of them, and always `other`."""

_NUMBER = re.compile(r"(\d*)(,?)(?:\.(\d+)([f%]))?")
_LISTS: Final[dict[str, Literal["standard", "or"]]] = {"and": "standard", "or": "or"}
"""Babel's list styles. It has more, but they fail in several languages (python-babel/babel, issue 781)."""

_UNITS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


def is_format(format_spec: str) -> bool:
    """Whether `LocalFormatter` knows this format."""
    return format_spec in _LISTS or _NUMBER.fullmatch(format_spec) is not None


class LocalFormatter(Formatter):
    """`str.format` by the conventions of a locale.

    - A number takes some of Python's formats: a width, `,` for groups of digits, `.3f` and `.1%`. Without a
      format, a fraction has at most six decimals, and an integer has plain digits, because it may be an id.
    - A list of strings takes `and`, `or` or no format ("a, b, c").
    - A `timedelta` of whole seconds becomes a number of the largest unit that divides it: "15 minutes".
    - A string stays unchanged.
    """

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value as text; a format for another type is ignored."""
        match value:
            case list() if format_spec in _LISTS:
                return format_list(value, _LISTS[format_spec], self.locale)
            case list():
                return ", ".join(value)
            case timedelta():
                unit = next(unit for unit, length in _UNITS.items() if not value % length)
                return format_unit(value // _UNITS[unit], f"duration-{unit}", "long", locale=self.locale)
            case int() | float():
                return self._number(value, format_spec)
        return str(value)

    def _number(self, value: float, format_spec: str) -> str:
        match = _NUMBER.fullmatch(format_spec)
        width, groups, decimals, kind = match.groups() if match else ("", "", None, None)
        if isinstance(value, int) and not groups and not kind:
            return str(value).rjust(int(width or 0))
        optional = "" if groups else "#" * 6
        digits = optional if decimals is None else "0" * int(decimals)
        if kind == "%":
            pattern = _pattern(self.locale.percent_formats[None].pattern, digits)
            shown = format_percent(value, pattern, self.locale)
        else:
            pattern = _pattern(self.locale.decimal_formats[None].pattern, digits)
            shown = format_decimal(value, pattern, self.locale, group_separator=bool(groups))
        return shown.rjust(int(width or 0))


def _pattern(standard: str, digits: str) -> str:
    """The CLDR pattern, such as `#,##0.###`, with these digits after the decimal point."""
    return re.sub(r"0(\.#+)?", f"0.{digits}" if digits else "0", standard)
