"""Each class of error has one sentence for people."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest
import redis
from discord import app_commands
from discord.app_commands.transformers import Transformer
from pydantic import ValidationError

from bot.interactions.checks import TO_POST
from bot.interactions.error_handler import refusal
from shakelm.errors import ShakelmError
from tests.support.request_makers import verse_request
from worker.protocol.training_payloads import TrainRequest


def refused_by_discord(status: int, of: type[discord.HTTPException], code: int = 0) -> discord.HTTPException:
    """An error as discord.py raises it for a response with this status and code."""
    return of(SimpleNamespace(status=status, reason="reason"), {"code": code, "message": "message"})  # type: ignore[arg-type]


def invalid_request(name: str = "small", epochs: int = 1) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TrainRequest(
            name=name, architecture="lstm", vocabulary="char", epochs=epochs, random_seed=1, requested_by="1"
        )
    return caught.value


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (ShakelmError("There is no such model."), "There is no such model."),
        (redis.ConnectionError("secret:password@host"), "The queue does not respond"),
        (redis.TimeoutError(), "The queue does not respond"),
        (TimeoutError(), "The queue does not respond"),
        (redis.ResponseError("WRONGTYPE Operation against a key"), "What is stored for this is damaged"),
        (invalid_request(name="a/b"), "I cannot use this name. It must have only lowercase letters"),
        (invalid_request(epochs=0), "The option epochs must be 1 or more."),
        (
            app_commands.TransformerError("`wild`", discord.AppCommandOptionType.number, Transformer()),
            "I cannot use the value",
        ),
        (app_commands.MissingPermissions(["manage_guild"]), "You need the permission Manage Server"),
        (app_commands.MissingRole("Teachers"), "the role Teachers or the permission Manage Server"),
        (app_commands.BotMissingPermissions(["embed_links"]), "I need Embed Links in this channel"),
        (app_commands.NoPrivateMessage(), "I work only on servers"),
        (app_commands.CheckFailure("no"), "You are not allowed to do this"),
        (app_commands.CommandNotFound("verse", []), "Reload Discord"),
        (app_commands.CommandSignatureMismatch(SimpleNamespace(name="verse")), "Reload Discord"),  # type: ignore[arg-type]
        (refused_by_discord(403, discord.Forbidden), "Discord does not let me"),
        (refused_by_discord(400, discord.HTTPException, 50083), "This thread is locked or archived"),
        (refused_by_discord(400, discord.HTTPException, 160005), "This thread is locked or archived"),
        (refused_by_discord(503, discord.DiscordServerError), "Discord is too busy"),
        (discord.RateLimited(60), "Discord is too busy"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_class_of_error_has_its_sentence(error: Exception, part: str) -> None:
    refused = refusal(error, "en-US")

    assert part in str(refused)
    assert str(refused).endswith(".")
    assert "secret" not in str(refused)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"learning_rate": 0}, "The option learning_rate must be more than 0."),
        ({"epochs": 10**9}, "The option epochs must be "),
        ({"number": -1}, "The option number must be 0 or more."),
        ({"dropout": float("nan")}, "The option dropout must be "),
        ({"epochs": "many"}, "The option epochs must be a number."),
        ({"architecture": "gru"}, "The option architecture must be 'simple-rnn', 'lstm' or 'stacked-lstm'."),
        ({"name": "a\ud800"}, "The option name has characters that are not valid text."),
        ({"author": "1"}, "What is stored for this is damaged"),
    ],
)
def test_an_invalid_option_is_refused_in_words_of_the_catalog(changes: dict[str, Any], part: str) -> None:
    settings = {"name": "small", "architecture": "lstm", "vocabulary": "char", "epochs": 1, "number": 1}
    with pytest.raises(ValidationError) as caught:
        TrainRequest.model_validate(settings | {"requested_by": "1"} | changes)

    assert part in str(refusal(caught.value, "en-US"))


def test_a_text_that_is_too_long_is_refused_with_its_limit() -> None:
    with pytest.raises(ValidationError) as caught:
        verse_request(prompt="a" * 501)

    assert str(refusal(caught.value, "en-US")) == "The option seed takes at most 500 characters. Write less."


@pytest.mark.parametrize(
    "error",
    [ValueError("a bug"), refused_by_discord(400, discord.HTTPException)],
    ids=lambda e: type(e).__name__,
)
def test_an_error_of_the_bot_itself_has_no_sentence(error: Exception) -> None:
    assert refusal(error, "en-US") is None


def test_every_permission_that_the_bot_needs_has_a_name() -> None:
    needed = [*TO_POST, "send_messages_in_threads"]

    refused = str(refusal(app_commands.BotMissingPermissions(needed), "en-US"))

    assert "View Channel, Send Messages, Embed Links, Attach Files, and Send Messages in Threads" in refused
