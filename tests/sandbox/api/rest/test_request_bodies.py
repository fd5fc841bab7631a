"""Bodies of requests: JSON, forms and files, and what cannot be read."""

import gzip
import json
from typing import Any

import pytest

from sandbox.world.ids import APPLICATION_ID, VERSES_ID
from tests.sandbox.stage import Stage, open_stage

MESSAGES = f"/channels/{VERSES_ID}/messages"
COMMANDS = f"/applications/{APPLICATION_ID}/commands"

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=boundary"

UPLOAD_OF_THE_DOCUMENTATION = b"""--boundary
Content-Disposition: form-data; name="content"

Hello, World!
--boundary
Content-Disposition: form-data; name="tts"

true
--boundary
Content-Disposition: form-data; name="files[0]"; filename="a.txt"
Content-Type: text/plain

once more
--boundary--
""".replace(b"\n", b"\r\n")


async def sent(
    stage: Stage, body: bytes, content_type: str | None, path: str = MESSAGES, **headers: str
) -> Any:
    """The status and the body of the answer to a POST."""
    kind = {"Content-Type": content_type} if content_type else {}
    answer = await stage.rest("POST", path, data=body, more_headers=kind | headers)
    return answer.status_code, answer.json()


async def test_plain_fields_of_forms() -> None:
    async with open_stage(connect=False) as stage:
        status, message = await sent(stage, b"content=to+be%21&tts=true", URLENCODED)
        assert (status, message["content"], message["tts"]) == (200, "to be!", True)
        status, message = await sent(stage, UPLOAD_OF_THE_DOCUMENTATION, MULTIPART)
        assert (status, message["content"], message["tts"]) == (200, "Hello, World!", True)
        assert message["attachments"][0]["filename"] == "a.txt"


async def test_payload_json_of_forms_comes_before_their_fields() -> None:
    payload = json.dumps({"embeds": [{"title": "t"}], "content": "json"})
    async with open_stage(connect=False) as stage:
        status, message = await sent(stage, f"content=field&payload_json={payload}".encode(), URLENCODED)
        assert (status, message["content"], message["embeds"][0]["title"]) == (200, "json", "t")
        head = '--boundary\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n'
        part = f"{head}{payload}\r\n--boundary--"
        status, message = await sent(stage, part.encode(), MULTIPART)
        assert (status, message["content"]) == (200, "json")
        status, refused = await sent(stage, b"embeds%5B0%5D=x", URLENCODED)
        assert status == 501 and "payload_json" in refused["message"]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (MESSAGES, None),
        (MESSAGES, "text/plain"),
        (MESSAGES, "application/octet-stream"),
        (COMMANDS, None),
        (COMMANDS, URLENCODED),
        (COMMANDS, MULTIPART),
    ],
)
async def test_content_types_that_are_refused(path: str, content_type: str | None) -> None:
    async with open_stage(connect=False) as stage:
        status, body = await sent(stage, b'{"content": "x"}', content_type, path)
        assert (status, body["code"]) == (400, 50035)
        (problem,) = body["errors"]["_errors"]
        assert problem["code"] == "CONTENT_TYPE_INVALID" and "application/json" in problem["message"]
        assert (URLENCODED in problem["message"]) == (path == MESSAGES)


BROKEN_PART = b'--boundary\r\nContent-Disposition: form-data; name="content"\r\n'


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "code"),
    [
        (b"{", "application/json", "", 50109),
        (b'{"content": NaN}', "application/json", "", 50109),
        (b'{"nonce": 1e400}', "application/json", "", 50109),
        (b"\xff\xfe\xfd", "application/json", "", 50109),
        (b"[" * 100_000, "application/json", "", 50109),
        (b"[" * 500 + b"]" * 500, "application/json", "", 50109),
        (b"payload_json={", URLENCODED, "", 50109),
        (b"content=\xff", URLENCODED, "", 50035),
        (b"{}", "application/json", "gzip", 50035),
        (gzip.compress(b'{"content": "to be or not"}', mtime=0)[:-12], "application/json", "gzip", 50035),
        (b"{}", "application/json", "deflate", 50035),
        (b"{}", "application/json", "br", 50035),
        (b"x", "multipart/form-data", "", 50035),
        (b"x", MULTIPART, "", 50035),
        (b"", MULTIPART, "", 50035),
        (BROKEN_PART + b"\r\nhello", MULTIPART, "", 50035),
        (BROKEN_PART[:20], MULTIPART, "", 50035),
        (b"--boundary\r\nnothing\r\n\r\nx\r\n--boundary--\r\n", MULTIPART, "", 50035),
        (
            BROKEN_PART + b"Content-Transfer-Encoding: odd\r\n\r\nx\r\n--boundary--\r\n",
            MULTIPART,
            "",
            50035,
        ),
        (
            BROKEN_PART + b"Content-Transfer-Encoding: base64\r\n\r\nx&x\r\n--boundary--\r\n",
            MULTIPART,
            "",
            50035,
        ),
        (b"--boundary\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n--boundary--\r\n", MULTIPART, "", 50035),
        (BROKEN_PART + b"\r\n\xff\r\n--boundary--\r\n", MULTIPART, "", 50035),
    ],
)
async def test_bodies_that_cannot_be_read(body: bytes, content_type: str, encoding: str, code: int) -> None:
    async with open_stage(connect=False) as stage:
        headers = {"Content-Encoding": encoding} if encoding else {}
        status, refused = await sent(stage, body, content_type, **headers)
        assert (status, refused["code"]) == (400, code)


async def test_compressed_bodies_are_read() -> None:
    async with open_stage(connect=False) as stage:
        body = gzip.compress(b'{"content": "squeezed"}')
        status, message = await sent(stage, body, "application/json", **{"Content-Encoding": "gzip"})
        assert (status, message["content"]) == (200, "squeezed")


async def test_tokens_and_access_come_before_the_body() -> None:
    kind = {"Content-Type": "application/json"}
    async with open_stage(connect=False) as stage:
        for path, status, code in (
            ("/channels/42/messages", 404, 10003),
            (f"/webhooks/{APPLICATION_ID}/nothing", 401, 50027),
            ("/interactions/1/nothing/callback", 404, 10062),
            ("/applications/1/commands", 404, 10002),
        ):
            answer = await stage.rest("POST", path, data=b"{", more_headers=kind)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        answer = await stage.rest("POST", MESSAGES, token="wrong", data=b"{", more_headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (401, 0)


@pytest.mark.parametrize("body", [b"{}", b"false", b'""', b"null", b""])
async def test_commands_are_replaced_only_by_a_list(body: bytes) -> None:
    async with open_stage(connect=False) as stage:
        made = {"name": "verse", "description": "d"}
        assert (await stage.rest("POST", COMMANDS, json=made)).status_code == 201
        answer = await stage.rest(
            "PUT", COMMANDS, data=body, more_headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)
        assert len((await stage.rest("GET", COMMANDS)).json()) == 1
        assert (await stage.rest("PUT", COMMANDS, json=[])).json() == []
