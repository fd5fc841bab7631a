"""The help, and the messages of `/forget`."""

from datetime import timedelta

from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import AMBER, BLUE, DANGER, GREEN, Body, button, embed, rows
from worker.protocol import retention
from worker.protocol.custom_ids import Forget


def help_(topic: str | None, retention_days: int, locale: str = DEFAULT) -> Body:
    """The overview, or the help on one topic; the guild keeps verses for `retention_days`."""
    if topic is None:
        return embed(text(locale, "help.title"), text(locale, "help.text"), BLUE)
    title = text(locale, f"help.topic.{topic}.title")
    if topic == "privacy":
        return embed(title, _privacy(retention_days, locale), BLUE)
    return embed(title, text(locale, f"help.topic.{topic}.text"), BLUE)


def _privacy(retention_days: int, locale: str) -> str:
    return text(
        locale,
        "help.privacy",
        verses=timedelta(days=retention_days),
        lines=timedelta(seconds=retention.SHARED_LINE.seconds),
        trainings=timedelta(seconds=retention.TRAINING.seconds),
        texts=timedelta(seconds=retention.ATTACHED_TEXT.seconds),
        requests=timedelta(seconds=retention.INTERACTION.seconds),
        counts=timedelta(seconds=retention.REQUEST_COUNT.seconds),
    )


def confirm_forgetting(locale: str = DEFAULT) -> Body:
    """The question before a person's data is removed, with the button that confirms it."""
    question = embed("", text(locale, "forget.question"), AMBER)
    return question | {"components": rows([button(text(locale, "button.forget"), Forget(), DANGER)])}


def forgotten(verses: int, locale: str = DEFAULT) -> Body:
    """The answer after a person's data was removed, with the number of verses."""
    return embed("", text(locale, "forget.done", count=verses), GREEN)
