"""What people read in Discord, from one catalogue for each language.

A catalogue is a file of `locales/`, named by one of Discord's locales (Discord's documentation: Reference,
Locales) or by a language alone. `en-US.toml` is whole. Another may lack texts, which then come in English,
and serves every region of its language that has no file of its own.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from shakelm.errors import ShakelmError

DEFAULT = "en-US"
FOLDER = Path(__file__).parent / "locales"

FORMS = {"one", "other"}
"""The plural forms of English, and of Spanish below a million (Unicode CLDR: Language Plural Rules)."""

Forms = Mapping[str, str]
"""A text by plural form; one that counts nothing has the form `other` alone."""


class Refusal(ShakelmError):  # noqa: N818 - it is an answer, not a fault
    """A mistake whose sentence stands in the catalogue, so that people read it in their language.

    As a string it is the English sentence, for the log.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(text(DEFAULT, key, **values))
        self.key = key
        self.values = values


def text(locale: str, key: str, /, **values: object) -> str:
    """The text with that key in the language of `locale`, its fields filled with the values.

    Where a text has plural forms, the value `count` chooses.

    Raises:
        ShakelmError: the catalogue is damaged.
        KeyError: there is no such text, or a value is missing.
    """
    forms = catalogue(FOLDER, locale)[key]
    form = "one" if values.get("count") == 1 and "one" in forms else "other"
    return forms[form].format(**values)


def sentence(error: ShakelmError, locale: str, escape: Callable[[str], str] = str) -> str:
    """What to tell people about the error, in the language of `locale` where the catalogue has its sentence.

    `escape` is applied to what does not come from the catalogue.
    """
    if not isinstance(error, Refusal):
        return escape(str(error))
    values = {
        name: escape(value) if isinstance(value, str) else value for name, value in error.values.items()
    }
    return text(locale, error.key, **values)


def check() -> None:
    """Read every catalogue, so that a damaged one shows at the start and not in an answer.

    Raises:
        ShakelmError: one cannot be read, or does not fit the English one.
    """
    for name in _names(FOLDER):
        catalogue(FOLDER, name)


@cache
def catalogue(folder: Path, locale: str) -> Mapping[str, Forms]:
    """Every text by its key, as people with that locale read it, from the catalogues in `folder`.

    Raises:
        ShakelmError: the catalogue cannot be read, or does not fit the English one.
    """
    english = _read(folder / f"{DEFAULT}.toml")
    names = _names(folder)
    same_language = (name for name in names if name.partition("-")[0] == locale.partition("-")[0])
    name = locale if locale in names else next(same_language, DEFAULT)
    path = folder / f"{name}.toml"
    translated = _read(path)
    for key, forms in translated.items():
        if key not in english:
            raise ShakelmError(f"{path}: {DEFAULT}.toml has no text {key}; correct the key.")
        if _fields(forms["other"]) != _fields(english[key]["other"]):
            raise ShakelmError(f"{path}: give {key} the same fields {{…}} as it has in {DEFAULT}.toml.")
    return {**english, **translated}


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _read(path: Path) -> dict[str, Forms]:
    try:
        texts = dict(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError) as error:
        raise ShakelmError(
            f"{path}: {error}; correct the catalogue, or install the package again."
        ) from error
    return texts


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Forms]]:
    """The texts of a table and of the tables in it, by their dotted keys."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value.keys() != FORMS:
            yield from _flat(value, f"{key}.")
            continue
        forms = value if isinstance(value, dict) else {"other": value}
        try:
            fits = all(_fields(form) <= _fields(forms["other"]) for form in forms.values())
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key} is not a text with fields in braces ({error})") from error
        if not fits:
            raise ValueError(f"the form one of {key} has a field that its form other lacks")
        yield key, forms


def _fields(text: str) -> set[tuple[str, str | None, str | None]]:
    """Name, format and conversion of each field of `str.format`."""
    return {(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None}
