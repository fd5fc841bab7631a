"""Descriptions of commands in the languages of the catalog. Names of commands are never translated."""

from discord import Locale, app_commands
from discord.app_commands import TranslationContextTypes, locale_str

from worker.messages import catalog


def described(key: str) -> locale_str:
    """The English text with that key, as a description that `Translator` translates."""
    return locale_str(catalog.text(catalog.DEFAULT, key), key=key)


class Translator(app_commands.Translator):
    """Translates descriptions into each language that has a catalog."""

    async def load(self) -> None:
        """Check all catalogs at the start.

        Raises:
            ShakelmError: a catalog is damaged.
        """
        catalog.check()

    async def translate(
        self,
        string: locale_str,
        locale: Locale,
        context: TranslationContextTypes,  # noqa: ARG002
    ) -> str | None:
        """The description in that locale. None if it is the English one, which is Discord's fallback."""
        key = string.extras.get("key")
        translated = catalog.text(locale.value, key) if key else string.message
        return None if translated == string.message else translated
