"""The texts that people read in Discord: one catalog for each language.

A catalog is a file of `locales/`. Its name is one of Discord's locales (Discord's documentation: Reference,
Locales) or a language alone. `en-US.toml` has every text. Another catalog may lack texts, which then come in
English. It serves every region of its language that has no catalog of its own; Babel's `negotiate_locale`
would not let `es-ES` serve `es-419`.

Values follow the conventions of the reader's locale; in an English text, those of English. A translation has
the field names of the English text, and formats of its own (`LocalFormatter`).
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale, UnknownLocaleError

from shakelm.errors import ShakelmError
from worker.messages.localization import PLURAL_CATEGORIES, LocalFormatter, is_format

DEFAULT = "en-US"
FOLDER = Path(__file__).parent / "locales"

Forms = Mapping[str, str]
"""A text by plural category; a text without a count has only `other`."""


class Refusal(ShakelmError):  # noqa: N818 - it is an answer, not a fault
    """A mistake whose sentence is in the catalog, so that people read it in their language.

    As a string it is the English sentence, for the log.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(text(DEFAULT, key, **values), key=key, **values)


@dataclass(frozen=True)
class Text:
    """A text with the locale that its plural form and its values follow."""

    forms: Forms
    locale: Locale

    def filled(self, values: Mapping[str, object]) -> str:
        """The form for the value `count`, if there is one, with the values in its fields."""
        count = values.get("count")
        category = self.locale.plural_form(count) if isinstance(count, int) else "other"
        template = self.forms.get(category, self.forms["other"])
        return LocalFormatter(self.locale).vformat(template, (), values)


def text(locale: str, key: str, /, **values: object) -> str:
    """The text with that key in the language of `locale`, with the values in its fields.

    Where the text has plural forms, the value `count` chooses one.

    Raises:
        ShakelmError: the catalog is damaged.
        KeyError: there is no such text, or a value is missing.
    """
    return load(FOLDER, locale)[key].filled(values)


def sentence(error: ShakelmError, locale: str, escape: Callable[[str], str] = str) -> str:
    """The error in the language of `locale` where the catalog has its sentence, otherwise in English.

    `escape` is applied to everything that does not come from the catalog.
    """
    if not error.key:
        return escape(str(error))
    return text(locale, error.key, **escaped(error.values, escape))


def escaped(values: Mapping[str, object], escape: Callable[[str], str]) -> dict[str, object]:
    """The values with `escape` applied to every string, including strings in lists."""

    def safe(value: object) -> object:
        if isinstance(value, str):
            return escape(value)
        return [safe(item) for item in value] if isinstance(value, list) else value

    return {name: safe(value) for name, value in values.items()}


def check() -> None:
    """Read every catalog at the start, so that a damaged one does not spoil an answer later.

    Raises:
        ShakelmError: a catalog cannot be read, or does not fit the English one.
    """
    for name in _names(FOLDER):
        load(FOLDER, name)


@cache
def load(folder: Path, locale: str) -> Mapping[str, Text]:
    """Every text by its key, for people with that locale, from the catalogs in `folder`.

    Raises:
        ShakelmError: the catalog cannot be read, or does not fit the English one.
    """
    names = _names(folder)
    same_language = (name for name in names if _language(name) == _language(locale))
    name = locale if locale in names else next(same_language, DEFAULT)
    english = _read(folder / f"{DEFAULT}.toml", _locale_name(DEFAULT, locale))
    if name == DEFAULT:
        return english
    path = folder / f"{name}.toml"
    translated = _read(path, _locale_name(name, locale))
    for key, translation in translated.items():
        if key not in english:
            raise ShakelmError(f"{path}: {DEFAULT}.toml has no text {key}; correct the key.")
        fields, wanted = _fields(translation.forms["other"]), _fields(english[key].forms["other"])
        if fields != wanted:
            raise ShakelmError(
                f"{path}: {key} has the fields {_listed(fields)}; "
                f"give it those of {DEFAULT}.toml: {_listed(wanted)}."
            )
    return {**english, **translated}


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _language(locale: str) -> str:
    return locale.partition("-")[0]


@cache
def _read(path: Path, locale_name: str) -> Mapping[str, Text]:
    """The texts of a catalog, with the conventions of that locale."""
    try:
        locale = Locale.parse(locale_name, sep="-")
        texts = tomllib.loads(path.read_text(encoding="utf-8"))
        return {key: Text(forms, locale) for key, forms in _flat(texts, locale.plural_form.tags | {"other"})}
    except UnknownLocaleError as error:
        raise ShakelmError(f"{path}: name the catalog by one of Discord's locales ({error}).") from error
    except (OSError, ValueError) as error:
        raise ShakelmError(f"{path}: {error}; correct the catalog, or install the package again.") from error


def _locale_name(catalog: str, reader: str) -> str:
    """The reader's locale if it is of the catalog's language and known, otherwise the catalog's own."""
    if _language(reader) == _language(catalog):
        with suppress(ValueError, UnknownLocaleError):
            Locale.parse(reader, sep="-")
            return reader
    return catalog


def _flat(table: Mapping[str, Any], categories: Set[str], prefix: str = "") -> Iterator[tuple[str, Forms]]:
    """The texts of a table and its subtables, by their dotted keys."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and not (value.keys() <= PLURAL_CATEGORIES and "other" in value):
            yield from _flat(value, categories, f"{key}.")
            continue
        forms = value if isinstance(value, dict) else {"other": value}
        if foreign := forms.keys() - categories:
            raise ValueError(
                f"{key} has the plural form {_listed(foreign)}, but the language has {_listed(categories)}"
            )
        try:
            counted = {category: _fields(form) for category, form in forms.items()}
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key} is not a text with fields in braces ({error})") from error
        for category, fields in counted.items():
            if not fields <= counted["other"]:
                raise ValueError(f"the form {category} of {key} has a field that its form other lacks")
        if isinstance(value, dict) and "count" not in counted["other"]:
            raise ValueError(f"the form other of {key} lacks {{count}}, which chooses the form")
        yield key, forms


def _fields(text: str) -> set[str]:
    """The names of a text's fields.

    Raises:
        TypeError: it is not a text.
        ValueError: a field is damaged or has an unknown format.
    """
    fields = set()
    for _, name, format_spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name:
            raise ValueError("name each field")
        if conversion or not is_format(format_spec or ""):
            raise ValueError(f"unknown format of {{{name}}}; use one such as .3f, .1%, and, or")
        fields.add(name)
    return fields


def _listed(names: Set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
