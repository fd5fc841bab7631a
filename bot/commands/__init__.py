"""Commands, buttons and forms, by subject."""

from typing import Any

from discord import app_commands

from bot import lines, trainings, verses
from bot.asking import cancel
from bot.buttons import Component
from bot.commands.admin import admin
from bot.commands.admin.models import confirm_removal, promote_trained
from bot.commands.help import confirm_forgetting, forget, help_
from bot.commands.lessons import architectures, curves, next_tokens, temperatures, tokens
from bot.commands.models import models, turn
from bot.commands.verse import continue_as_verse, verse
from bot.modals import Form

COMMANDS: tuple[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group, ...] = (
    verse,
    continue_as_verse,
    temperatures,
    next_tokens,
    tokens,
    architectures,
    models,
    curves,
    help_,
    forget,
    admin,
)
"""What is registered with Discord."""

BUTTONS: tuple[Component, ...] = (
    cancel,
    verses.again,
    verses.go_on,
    verses.hotter,
    verses.colder,
    verses.change,
    verses.discard,
    lines.append,
    lines.undo,
    turn,
    confirm_forgetting,
    confirm_removal,
    promote_trained,
    trainings.start,
    trainings.drop,
    trainings.stop,
    trainings.cancel,
)

FORMS: tuple[Form, ...] = (verses.changed,)
