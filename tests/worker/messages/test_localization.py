"""How a locale writes values."""

from datetime import timedelta
from typing import Any

import pytest
from babel import Locale

from worker.messages.localization import LocalFormatter


@pytest.mark.parametrize(
    ("value", "format_spec", "english", "german"),
    [
        (1.4291, ".3f", "1.429", "1,429"),
        (5, ".1f", "5.0", "5,0"),
        (12345.6, ",.0f", "12,346", "12.346"),
        (1234567, ",", "1,234,567", "1.234.567"),
        (1234567, "", "1234567", "1234567"),  # it may be an id
        (0.8, "", "0.8", "0,8"),
        (2.0, "", "2", "2"),
        (0.00002, "", "0.00002", "0,00002"),
        (0.1 + 0.2, "", "0.3", "0,3"),
        (1234.5, "", "1234.5", "1234,5"),
        (0.553, ".1%", "55.3%", "55,3\xa0%"),
        (0.25, ".0%", "25%", "25\xa0%"),
        (5.1, "6.3f", " 5.100", " 5,100"),
        (7, "3", "  7", "  7"),
        (["a", "b", "c"], "", "a, b, c", "a, b, c"),
        (["a", "b", "c"], "and", "a, b, and c", "a, b und c"),
        (["a", "b"], "or", "a or b", "a oder b"),
        (["a"], "or", "a", "a"),
        ([], "or", "", ""),
        (timedelta(minutes=15), "", "15 minutes", "15 Minuten"),
        (timedelta(minutes=1), "", "1 minute", "1 Minute"),
        (timedelta(minutes=60), "", "1 hour", "1 Stunde"),
        (timedelta(minutes=90), "", "90 minutes", "90 Minuten"),
        (timedelta(days=30), "", "30 days", "30 Tage"),
        ("1234.5", ".3f", "1234.5", "1234.5"),
        (0.5, "or", "0.5", "0,5"),
    ],
)
def test_values_are_written_as_the_locale_writes_them(
    value: Any, format_spec: str, english: str, german: str
) -> None:
    for locale, expected in (("en_US", english), ("de", german)):
        assert (
            LocalFormatter(Locale.parse(locale)).vformat(f"{{v:{format_spec}}}", (), {"v": value}) == expected
        )
