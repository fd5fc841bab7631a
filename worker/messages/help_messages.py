"""The help, and the messages of `/forget`."""

import re
from collections.abc import Mapping
from datetime import timedelta

from worker.messages.catalog import DEFAULT, text
from worker.messages.discord_json import AMBER, BLUE, DANGER, GREEN, Body, button, embed, rows
from worker.protocol import retention
from worker.protocol.custom_ids import Forget

_COMMAND = re.compile(r"`/([a-z ]+)`")


def help_(topic: str | None, retention_days: int, mentions: Mapping[str, str], locale: str = DEFAULT) -> Body:
    """The overview, or the help on one topic.

    Args:
        topic: None for the overview.
        retention_days: the guild keeps verses so long.
        mentions: by the names of commands, what shows them so that people can click them.
        locale: the reader's.
    """
    if topic is None:
        title, explained = text(locale, "help.title"), text(locale, "help.text")
    else:
        title = text(locale, f"help.topic.{topic}.title")
        explained = (
            _privacy(retention_days, locale)
            if topic == "privacy"
            else text(locale, f"help.topic.{topic}.text")
        )
    return embed(title, _COMMAND.sub(lambda found: mentions.get(found[1], found[0]), explained), BLUE)


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
