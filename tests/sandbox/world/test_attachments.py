"""Attachments of messages."""

import io
import json
from typing import Any

import discord
from PIL import Image

from sandbox.world.ids import VERSES_ID
from tests.sandbox.stage import open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"


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
        entries[1]["filename"] = ".."
        files["payload_json"] = (None, discord.utils._to_json({"attachments": entries}), "application/json")
        dots = (await stage.rest("PATCH", edit, files=files)).json()["attachments"]
        assert [item["filename"] for item in dots] == ["verse.txt", "unknown"]
        none = (await stage.rest("PATCH", edit, json={"attachments": []})).json()
        assert none["attachments"] == [] and none["content"] == "see"
        missing = await stage.rest("PATCH", edit, json={"attachments": [{"id": "7"}]})
        assert (
            missing.json()["errors"]["attachments"]["0"]["id"]["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"
        )
        files["files[0]"] = ("big", bytes(10 * 2**20 + 1), "application/octet-stream")
        assert (await stage.rest("PATCH", edit, files=files)).json()["code"] == 40005


def png(width: int, height: int) -> bytes:
    """A picture of one color."""
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return content.getvalue()


def form(body: Any, *files: tuple[str, bytes]) -> dict[str, Any]:
    """The parts of a multipart request."""
    parts: dict[str, Any] = {f"files[{at}]": (name, content) for at, (name, content) in enumerate(files)}
    return {"files": parts | {"payload_json": (None, json.dumps(body), "application/json")}}


async def test_pictures_have_sizes_and_other_files_none() -> None:
    async with open_stage(connect=False) as stage:
        files = (("a.png", png(30, 20)), ("broken.png", png(30, 20)[:20]), ("a.txt", b"to be"))
        sent = (await stage.rest("POST", MESSAGES, **form({}, *files))).json()
        picture, broken, text = sent["attachments"]
        assert (picture["width"], picture["height"]) == (30, 20)
        assert picture["proxy_url"] == picture["url"]
        assert "width" not in broken and "width" not in text


async def test_a_file_that_an_embed_shows_is_no_attachment() -> None:
    async with open_stage(connect=False) as stage:
        embed = {
            "title": "t",
            "image": {"url": "attachment://a.png"},
            "thumbnail": {"url": "https://example.org/b.png"},
            "footer": {"text": "f", "icon_url": "attachment://icon.png"},
        }
        files = (("a.png", png(30, 20)), ("icon.png", png(4, 4)), ("c.txt", b"to be"))
        sent = (await stage.rest("POST", MESSAGES, **form({"embeds": [embed]}, *files))).json()
        assert [item["filename"] for item in sent["attachments"]] == ["icon.png", "c.txt"]
        shown, path = sent["embeds"][0], f"{MESSAGES}/{sent['id']}"
        image = shown["image"]
        assert (image["width"], image["height"], image["proxy_url"]) == (30, 20, image["url"])
        assert image["url"].startswith(stage.box.address) and shown["thumbnail"] == embed["thumbnail"]
        assert shown["footer"]["icon_url"] == sent["attachments"][0]["url"]

        edited = (await stage.rest("PATCH", path, json={"embeds": [shown | {"title": "u"}]})).json()
        assert edited["embeds"][0]["image"] == image and len(edited["attachments"]) == 2
        bare = (await stage.rest("PATCH", path, json={"embeds": []})).json()
        assert [item["filename"] for item in bare["attachments"]] == ["a.png", "icon.png", "c.txt"]
