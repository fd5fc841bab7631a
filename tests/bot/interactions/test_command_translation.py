"""Descriptions of commands in every language that has a catalog."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.background.loops import TrainingMessages
from bot.commands import COMMANDS
from bot.interactions.client import Bot
from bot.interactions.command_translation import Translator
from bot.settings import BotSettings
from shakelm.errors import ShakelmError
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
    """A Spanish catalog, in use beside the English one."""
    shutil.copy(catalog.FOLDER / f"{catalog.DEFAULT}.toml", tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    path = tmp_path / "es-ES.toml"
    path.write_text(SPANISH, encoding="utf-8")
    return path


def described() -> dict[str, dict[str, Any]]:
    """What Discord is told of every command, subcommand and option, by the path of names."""

    async def payloads() -> list[dict[str, Any]]:
        bot = Bot(BotSettings(DISCORD_TOKEN="token"), redis.Redis(), COMMANDS)
        return [
            await command.get_translated_payload(bot.tree, Translator())
            for command in bot.tree.get_commands()
        ]

    found: dict[str, dict[str, Any]] = {}
    left = [("", payload) for payload in asyncio.run(payloads())]
    while left:
        above, payload = left.pop()
        path = f"{above} {payload['name']}".strip()
        found[path] = payload
        left += [(path, option) for option in payload.get("options", [])]
    return found


def test_with_english_alone_no_translation_is_sent() -> None:
    for path, payload in described().items():
        assert not payload.get("name_localizations"), path
        assert not payload.get("description_localizations"), path


def test_every_description_comes_from_the_catalog() -> None:
    texts = catalog.load(catalog.FOLDER, catalog.DEFAULT)
    known = {text.forms["other"] for key, text in texts.items() if key.startswith("command.")}
    descriptions = {
        path: payload["description"] for path, payload in described().items() if "description" in payload
    }
    assert {"verse", "verse seed", "admin train epochs"} <= set(descriptions)
    assert {path: text for path, text in descriptions.items() if text not in known} == {}


@pytest.mark.usefixtures("spanish")
def test_a_second_catalog_describes_the_commands_in_its_language() -> None:
    found = described()
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
def test_the_bot_registers_them(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            (admin,) = (found for found in room.sandbox.world.commands.values() if found["name"] == "admin")
            assert admin["description_localizations"]["es-ES"] == "Entrena modelos y elige el que escribe"

    asyncio.run(test())


@pytest.mark.usefixtures("spanish")
def test_people_are_answered_in_their_language_and_refused_in_it(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            room.sandbox.world.locales["student"] = "es-ES"
            (refused,) = (await room.ask("/admin status", "student"))["embeds"]
            assert refused["description"] == "Te falta el permiso Gestionar servidor."
            (status,) = (await room.ask("/admin status", "teacher"))["embeds"]
            assert status["title"] == "Status"

    asyncio.run(test())


@pytest.mark.usefixtures("spanish")
def test_a_training_is_shown_in_the_language_of_the_server(running: Any) -> None:
    async def test() -> None:
        async with running() as room:
            world = room.sandbox.world
            world.guild_locale = "es-ES"
            asked = await room.ask("/admin train name: mine", "teacher")
            assert asked["embeds"][0]["title"] == "Train mine?", asked  # the teacher reads English
            started = await room.press("Start", "teacher")
            (at,) = training_records.watched(room.bot.connection).values()
            assert at.message_id in started["embeds"][0]["description"]
            shown = world.messages[at.message_id]
            assert shown.embeds[0]["title"] == "mine espera"
            for training in training_records.watched(room.bot.connection):
                training_records.save_progress(room.bot.connection, training, FINISHED)
            await TrainingMessages(room.bot).refresh()
            assert shown.embeds[0]["title"] == "mine ha aprendido"

    asyncio.run(test())


def test_a_damaged_catalog_is_named_at_the_start(running: Any, spanish: Path) -> None:
    spanish.write_text("[verse]\nplace = 'tu turno'", encoding="utf-8")

    async def test() -> None:
        async with running():
            raise AssertionError("the bot started")

    with pytest.raises(ShakelmError, match=r"verse\.place"):
        asyncio.run(test())
