"""Descriptions of commands in each language that has a catalog."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.background.training_message_updates import TrainingMessages
from bot.commands import COMMANDS
from bot.interactions.client import Bot
from bot.interactions.command_translation import Translator
from bot.settings import BotSettings
from shakelm.errors import ShakelmError
from tests.support.bot_room import Room, Running
from tests.support.discord_messages import description, embed, title
from worker.messages import catalog
from worker.protocol.training_payloads import TrainingState, TrainProgress
from worker.trainings import training_records

SPANISH = """
[refusal]
permission = "Te falta el permiso {permissions}."

[permission]
manage_guild = "Gestionar servidor"

[training.title]
queued = "{name} espera"
finished = "{name} ha aprendido"

[command.admin]
description = "Entrena modelos y elige el que escribe"

[command.admin.promote]
description = "Pon un modelo en servicio"
model = "El nombre de un modelo"
"""

FINISHED = TrainProgress(state=TrainingState.FINISHED, epochs=20)


@pytest.fixture
def spanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Spanish catalog beside the English one."""
    shutil.copy(catalog.FOLDER / f"{catalog.DEFAULT}.toml", tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    path = tmp_path / "es-ES.toml"
    path.write_text(SPANISH, encoding="utf-8")
    return path


async def described() -> dict[str, dict[str, Any]]:
    """The payload of each command, subcommand, and option, by the path of names."""
    bot = Bot(BotSettings(DISCORD_TOKEN="token"), redis.Redis(), COMMANDS)
    found: dict[str, dict[str, Any]] = {}
    left = [
        ("", await command.get_translated_payload(bot.tree, Translator()))
        for command in bot.tree.get_commands()
    ]
    while left:
        above, payload = left.pop()
        path = f"{above} {payload['name']}".strip()
        found[path] = payload
        left += [(path, option) for option in payload.get("options", [])]
    return found


async def test_with_english_alone_no_translation_is_sent() -> None:
    for path, payload in (await described()).items():
        assert not payload.get("name_localizations"), path
        assert not payload.get("description_localizations"), path


async def test_every_description_comes_from_the_catalog() -> None:
    texts = catalog.load(catalog.FOLDER, catalog.DEFAULT)
    known = {text.forms["other"] for key, text in texts.items() if key.startswith("command.")}
    descriptions = {
        path: payload["description"]
        for path, payload in (await described()).items()
        if "description" in payload
    }
    assert {"verse", "verse seed", "admin train epochs"} <= set(descriptions)
    assert {path: text for path, text in descriptions.items() if text not in known} == {}


@pytest.mark.usefixtures("spanish")
async def test_a_second_catalog_describes_the_commands_in_its_language() -> None:
    found = await described()
    for path, translation in (
        ("admin", "Entrena modelos y elige el que escribe"),
        ("admin promote", "Pon un modelo en servicio"),
        ("admin promote model", "El nombre de un modelo"),
    ):
        localizations = found[path]["description_localizations"]
        assert localizations == dict.fromkeys(("es-ES", "es-419"), translation), path
        assert not found[path].get("name_localizations")
    assert found["verse"]["description_localizations"] == {}


@pytest.mark.usefixtures("spanish")
async def test_the_bot_registers_the_translations(room: Room) -> None:
    (admin,) = (found for found in room.sandbox.world.commands.values() if found["name"] == "admin")
    assert admin["description_localizations"]["es-ES"] == "Entrena modelos y elige el que escribe"


@pytest.mark.usefixtures("spanish")
async def test_people_read_answers_in_their_own_language(room: Room) -> None:
    room.sandbox.world.locales["student"] = "es-ES"
    refused = embed(await room.ask("/admin status", "student"))
    assert refused["description"] == "Te falta el permiso Gestionar servidor."
    status = embed(await room.ask("/admin status", "teacher"))
    assert status["title"] == "Status"


@pytest.mark.usefixtures("spanish")
async def test_a_training_is_shown_in_the_language_of_the_guild(room: Room) -> None:
    world = room.sandbox.world
    world.guild_locale = "es-ES"
    asked = await room.ask("/admin train name: mine", "teacher")
    assert title(asked) == "Train mine?", asked  # the teacher reads English
    started = await room.press("Start", "teacher")
    (at,) = training_records.watched(room.bot.connection).values()
    assert at.message_id in description(started)
    shown = world.messages[at.message_id]
    assert title(shown) == "mine espera"
    for training in training_records.watched(room.bot.connection):
        training_records.save_progress(room.bot.connection, training, FINISHED)
    await TrainingMessages(room.bot).refresh()
    assert title(shown) == "mine ha aprendido"


@pytest.fixture
def damaged(spanish: Path) -> None:
    """The Spanish catalog lacks a field of a text."""
    spanish.write_text("[verse]\nplace = 'tu turno'", encoding="utf-8")


@pytest.mark.usefixtures("damaged")
async def test_a_damaged_catalog_is_named_at_the_start(running: Running) -> None:
    with pytest.raises(ShakelmError, match=r"verse\.place"):
        async with running():
            raise AssertionError("the bot started")
