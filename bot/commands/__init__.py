"""Commands, buttons and forms, by subject."""

from typing import Any

from discord import app_commands

from bot.commands import line_buttons, verse_buttons
from bot.commands.admin import admin, training_buttons
from bot.commands.admin.promotion import confirm_removal, promote_trained
from bot.commands.help import confirm_forgetting, forget, help_
from bot.commands.lesson_commands import architectures, curves, next_tokens, temperatures, tokens
from bot.commands.model_list import models, turn
from bot.commands.verse_command import continue_as_verse, verse
from bot.interactions.button_handlers import Component
from bot.interactions.modal_handlers import Form
from bot.interactions.submission import cancel

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
    verse_buttons.again,
    verse_buttons.go_on,
    verse_buttons.hotter,
    verse_buttons.colder,
    verse_buttons.change,
    verse_buttons.discard,
    line_buttons.append,
    line_buttons.undo,
    turn,
    confirm_forgetting,
    confirm_removal,
    promote_trained,
    training_buttons.start,
    training_buttons.drop,
    training_buttons.stop,
    training_buttons.cancel,
)

FORMS: tuple[Form, ...] = (verse_buttons.changed,)
