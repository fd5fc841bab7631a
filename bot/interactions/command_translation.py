"""The commands in the languages of the catalog; their names are the same in all of them."""

from discord import Locale, app_commands
from discord.app_commands import TranslationContextTypes, locale_str

from worker.messages import catalog


def described(key: str) -> locale_str:
    """The text with that key, in English, as a description that `Translator` can translate."""
    return locale_str(catalog.text(catalog.DEFAULT, key), key=key)


class Translator(app_commands.Translator):
    """Gives Discord a description in every language that has a catalog."""

    async def load(self) -> None:
        """Check the catalogs, before any is needed.

        Raises:
            ShakelmError: one is damaged.
        """
        catalog.check()

    async def translate(
        self,
        string: locale_str,
        locale: Locale,
        context: TranslationContextTypes,  # noqa: ARG002
    ) -> str | None:
        """The description in that locale; None where the English one, which Discord falls back to, does."""
        key = string.extras.get("key")
        translated = catalog.text(locale.value, key) if key else string.message
        return None if translated == string.message else translated
