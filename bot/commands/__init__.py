"""Commands, buttons, and forms by subject."""

from typing import Any

from discord import app_commands

from bot.commands import cancellation, shared_line_buttons, verse_buttons, verse_form
from bot.commands.admin import admin, promotion, training_buttons
from bot.commands.help import confirm_forgetting, forget, help_
from bot.commands.lesson_commands import architectures, curves, next_tokens, temperatures, tokens
from bot.commands.model_list import models, turn
from bot.commands.verse_command import continue_as_verse, verse
from bot.interactions.custom_id_handlers import Handler

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
"""The commands that are registered with Discord."""

HANDLERS: tuple[Handler, ...] = (
    cancellation.cancel,
    verse_buttons.again,
    verse_buttons.go_on,
    verse_buttons.whole_poem,
    verse_buttons.hotter,
    verse_buttons.colder,
    verse_buttons.discard,
    verse_form.change,
    verse_form.changed,
    verse_form.change_again,
    shared_line_buttons.append,
    shared_line_buttons.draw,
    shared_line_buttons.undo,
    turn,
    confirm_forgetting,
    promotion.confirm_removal,
    promotion.promote_trained,
    training_buttons.start,
    training_buttons.drop,
    training_buttons.stop,
    training_buttons.cancel,
)
"""The handlers of all buttons and forms."""
