"""What people read about the bot, and about what it stores of them."""

from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import AMBER, BLUE, DANGER, GREEN, Body, button, embed, rows


def help_(topic: str | None, retention_days: int, locale: str = DEFAULT) -> Body:
    """What there is, by subject; of one topic all there is to know."""
    if topic is None:
        return embed(text(locale, "help.title"), text(locale, "help.text"), BLUE)
    title = text(locale, f"help.topic.{topic}.title")
    if topic == "privacy":
        return embed(title, text(locale, "help.privacy", count=retention_days), BLUE)
    return embed(title, text(locale, f"help.topic.{topic}.text"), BLUE)


def confirm_forgetting(locale: str = DEFAULT) -> Body:
    """The question before all that is stored about somebody is removed, with the button that does it."""
    question = embed("", text(locale, "forget.question"), AMBER)
    return question | {"components": rows([button(text(locale, "button.forget"), "forget", DANGER)])}


def forgotten(verses: int, locale: str = DEFAULT) -> Body:
    """The answer to whoever is forgotten: how many verses were removed."""
    return embed("", text(locale, "forget.done", count=verses), GREEN)
