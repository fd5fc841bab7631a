"""The record of requests, answers and events."""

import json
from pathlib import Path

from tests.sandbox.stage import open_stage


async def test_record_names_bodies_files_and_no_tokens(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"

    async with open_stage(record=record) as stage:
        interaction, message = await stage.answered("/file")
        await stage.answered("/queued")
        await stage.until(lambda: [m for m in stage.world.messages.values() if m.edits])
        await stage.rest("POST", f"/webhooks/1/{interaction.token}/slack")  # a route that is not played
        assert message.attachments and interaction.token not in record.read_text()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    events = [line for line in lines if "event" in line]
    assert {"READY", "INTERACTION_CREATE", "MESSAGE_UPDATE"} <= {line["event"] for line in events}
    lines = [line for line in lines if "event" not in line]
    answers = [line for line in lines if line["path"].endswith("/callback")]
    assert answers[0]["files"] == ["0"] and answers[0]["content_type"] == "multipart/form-data"
    assert answers[0]["body"]["data"]["attachments"] == [
        {"id": 0, "filename": "verse.txt", "description": "a verse"}
    ]
    edit = next(line for line in lines if line["method"] == "PATCH")
    assert edit["path"] == "/webhooks/1100000000000000001/token/messages/@original"
    assert edit["body"]["content"] == "the verse" and edit["status"] == 200
    assert edit["answer"]["content"] == "the verse" and edit["fault"] is None
