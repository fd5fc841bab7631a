"""Attachments of messages."""

import discord

from tests.sandbox.stage import open_stage


async def test_attachments_are_kept_added_and_removed() -> None:
    async with open_stage() as stage:
        interaction, message = await stage.answered("/file")
        first = message.to_json(stage.box.address)["attachments"][0]
        assert first["filename"] == "verse.txt" and first["description"] == "a verse"
        path = first["url"].removeprefix(f"{stage.box.address}/sandbox")
        assert (await stage.control("GET", path)).content == b"once more"
        edit = f"/webhooks/1100000000000000001/{interaction.token}/messages/@original"
        entries = [{"id": first["id"]}, {"id": 0, "filename": "../curves.png"}]
        files = {
            "payload_json": (None, discord.utils._to_json({"attachments": entries}), "application/json"),
            "files[0]": ("x.png", b"PNG", "image/png"),
        }
        both = (await stage.rest("PATCH", edit, files=files)).json()["attachments"]
        assert [item["filename"] for item in both] == ["verse.txt", "curves.png"]
        none = (await stage.rest("PATCH", edit, json={"attachments": []})).json()
        assert none["attachments"] == [] and none["content"] == "see"
        missing = await stage.rest("PATCH", edit, json={"attachments": [{"id": "7"}]})
        assert (
            missing.json()["errors"]["attachments"]["0"]["id"]["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"
        )
        files["files[0]"] = ("big", bytes(10 * 2**20 + 1), "application/octet-stream")
        assert (await stage.rest("PATCH", edit, files=files)).json()["code"] == 40005
