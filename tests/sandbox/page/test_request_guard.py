"""Other sites in the same browser get nothing."""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.page.request_guard import is_own_host
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.validation import parse_form
from sandbox.world import channel_messages
from sandbox.world.attachments import Upload
from sandbox.world.ids import VERSES_ID
from sandbox.world.starting_guild import BOT
from tests.sandbox.stage import Stage, open_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(connect=False) as stage:
        yield stage


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:8080", True),
        ("127.0.0.1", True),
        ("localhost:80", True),
        ("LOCALHOST", True),
        ("a.localhost:1", True),
        ("[::1]:8080", True),
        ("[::1]", True),
        ("192.168.1.2:8080", True),
        ("sandbox:8080", True),
        ("evil.example", False),
        ("evil.example:80", False),
        ("127.0.0.1.evil.example:80", False),
        ("localhost.evil.example", False),
        ("evillocalhost.example.", False),
        ("", False),
        (":80", False),
    ],
)
def test_hosts_that_the_public_dns_cannot_name(host: str, own: bool) -> None:
    assert is_own_host(host) is own


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/sandbox/state", "/socket", "/nothing"])
async def test_a_name_that_was_rebound_opens_nothing(
    stage: Stage, client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(stage.box.address + path, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
        assert stage.world.token not in await answer.text()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_site_changes_nothing(stage: Stage, client: aiohttp.ClientSession, origin: str) -> None:
    line = '{"user": "student", "text": "taken", "channel_id": "' + VERSES_ID + '"}'
    url = f"{stage.box.address}/sandbox/messages"
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    async with client.post(url, data=line, headers=headers) as refused:
        assert refused.status == 403
    assert not stage.world.messages
    async with client.post(url, data=line, headers={"Origin": stage.box.address}) as own:
        assert own.status == 200
    async with client.post(url, data=line) as program:
        assert program.status == 200


@pytest.mark.parametrize("prefix", ["/api/v10", "/api/v9", "/api"])
async def test_bots_need_no_origin_and_no_host(
    stage: Stage, client: aiohttp.ClientSession, prefix: str
) -> None:
    headers = {"Host": "sandbox.example", "Origin": "http://elsewhere.example"}
    async with client.get(f"{stage.box.address}{prefix}/gateway", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/page/main.js", "/page/nothing", "/nothing", "/socket", "/gateway", "/sandbox/state"),
        *("/sandbox/attachments/1/x.html", "/api/v10/gateway", "/api/v10/users/@me", "/api/v10/nothing"),
    ],
)
async def test_no_answer_runs_anything(stage: Stage, client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(stage.box.address + path) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_what_is_no_http_is_refused_without_a_traceback(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = stage.box.address.removeprefix("http://").split(":")
    for request in (b"garbage\r\n\r\n", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        assert b" 400 " in await reader.readline()
        writer.close()
    assert not caplog.records


async def test_the_page_allows_nothing_but_its_own_files(stage: Stage, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{stage.box.address}/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        page = await answer.text()
        headers = answer.headers
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert {rules[key] for key in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert "unsafe" not in policy and "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]* src=\"/page/)|<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


async def test_what_a_bot_uploads_never_runs_as_a_page(stage: Stage, client: aiohttp.ClientSession) -> None:
    uploads = [
        Upload("0", "page.html", b"<script>alert(1)</script>"),
        Upload(
            "1", "drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        ),
        Upload("2", "picture.png", b"\x89PNG"),
    ]
    form = parse_form(MessageForm, {"content": "files"})
    message = channel_messages.send(stage.world, VERSES_ID, BOT, form, uploads)
    kinds = []
    for attachment in message.attachments:
        async with client.get(attachment.to_json(stage.box.address)["url"]) as answer:
            assert answer.status == 200
            assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            kinds.append(answer.headers["Content-Disposition"])
    assert kinds == ["attachment", "attachment", "inline"]
