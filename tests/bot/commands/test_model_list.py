"""`/models`, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support import tiny_models
from tests.support.bot_room import Room
from tests.support.discord_messages import buttons, embed, is_private
from worker.protocol.model_payloads import ModelIndex
from worker.records import model_index


def disabled(message: dict[str, Any]) -> list[str]:
    return [button["label"] for button in buttons(message) if button.get("disabled")]


async def test_everybody_can_turn_the_pages(room: Room) -> None:
    first_day = datetime(2025, 1, 1, tzinfo=UTC)
    versions = [
        tiny_models.summary(
            "model", version, live=version == 3, trained_at=first_day + timedelta(minutes=version)
        )
        for version in range(1, 26)
    ]
    model_index.save(room.bot.connection, ModelIndex(versions=versions))
    first = await room.ask("/models")
    assert embed(first)["title"] == "Models, page 1 of 3"
    assert embed(first)["description"].startswith("★ live: **model\\@3**")
    assert disabled(first) == ["Newer"]

    await room.press("Older", "assistant")
    second = await room.message(first["id"], "page 2 of 3")
    assert disabled(second) == []
    await room.press("Older")
    third = await room.message(first["id"], "page 3 of 3")
    assert disabled(third) == ["Older"]
    assert "**model\\@1**" in embed(third)["description"]

    model_index.save(room.bot.connection, ModelIndex(versions=versions[:11]))
    await room.press("Newer")
    assert "**model\\@1**" in embed(await room.message(first["id"], "page 2 of 2"))["description"]


async def test_without_an_index_the_list_is_refused_in_private(room: Room) -> None:
    refused = await room.ask("/models")
    assert is_private(refused)
    assert "No worker has published" in embed(refused)["description"]
