"""The page's WebSocket, with a bot of discord.py at the other side."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.client import members
from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.validation import parse_form
from sandbox.world import guild_changes, interaction_lifecycle
from sandbox.world.guild_objects import TEXT_CHANNEL
from sandbox.world.ids import ANNOUNCEMENTS_ID, GUILD_ID, VERSES_ID
from sandbox.world.permissions import Overwrite, Permission
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.page.socket_client import SocketClient, connected_page
from tests.sandbox.stage import Stage, connected, open_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(prepare=with_buttons) as stage:
        yield stage


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[SocketClient]:
    async with connected_page(stage.box.address) as page:
        yield page


MODAL = {
    "custom_id": "m",
    "title": "Modal",
    "components": [
        {
            "type": 1,
            "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "T", "required": False}],
        }
    ],
}


def use(*words: str, **values: str) -> dict[str, object]:
    return {"do": "use", "channel_id": VERSES_ID, "words": list(words), "values": values}


async def test_the_first_news_are_all_that_a_member_sees(stage: Stage, page: SocketClient) -> None:
    assert [channel["name"] for channel in page.guild["channels"]] == ["verses", "announcements"]
    assert page.guild["me"]["name"] == "student"
    names = {command["name"] for command in page.commands}
    assert {"hello", "here", "Go on with it", "Who"} <= names and "admin" not in names
    await page.speak_as("teacher")
    assert [channel["name"] for channel in page.guild["channels"]] == ["verses", "announcements", "staff"]
    assert "admin" in {command["name"] for command in page.commands}
    assert stage.world.token not in str([page.guild, page.commands])


async def test_a_command_is_answered_and_its_edits_come_as_they_happen(page: SocketClient) -> None:
    done = await page.act(**use("queued"))
    assert done["result"]["state"] == "answered" and done["result"]["modal"] is None
    message = await page.until("the verse")
    assert (message["edits"], message["used"]["shown"]) == (1, "/queued")


async def test_wrong_values_name_their_option_and_reach_no_bot(stage: Stage, page: SocketClient) -> None:
    wrong = await page.act(**use("hello", name="Romeo", times="9"))
    assert wrong["field"] == "times" and "from 1 to 5, not 9" in wrong["error"]
    missing = await page.act(**use("hello"))
    assert (missing["field"], missing["error"]) == ("name", "The option name is required: Whom to greet.")
    unknown = await page.act(**use("hello", name="Romeo", nothing="1"))
    assert unknown["error"] == "/hello has no option 'nothing'." and "field" not in unknown
    checked = await page.act(
        do="check", channel_id=VERSES_ID, words=["hello"], values={"times": "9", "heat": "1"}
    )
    assert list(checked["result"]["mistakes"]) == ["times"]
    assert not stage.world.interactions


async def test_values_reach_the_bot_as_they_are_whatever_they_contain(page: SocketClient) -> None:
    await page.act(**use("hello", name='"a" times: 3'))
    assert (await page.until("hello"))["content"] == 'hello "a" times: 3 at 0.5'


async def test_options_are_completed_by_the_bot(page: SocketClient) -> None:
    asked = {"do": "complete", "channel_id": VERSES_ID, "words": ["suggest"], "focused": "model"}
    done = await page.act(**asked, values={"model": "other"})
    assert [choice["name"] for choice in done["result"]["choices"]] == ["other@1"]


async def test_buttons_selects_and_modals(page: SocketClient) -> None:
    await page.act(**use("buttons"))
    message = await page.until("choose")
    on_it = {"message_id": message["id"]}
    opened = (await page.act(do="press", custom_id="change", **on_it))["result"]
    assert opened["modal"]["title"] == "Change"
    fields = {"do": "submit", "interaction_id": opened["interaction_id"]}
    short = opened["modal"]["components"][0]["components"][0]["custom_id"]
    wrong = await page.act(**fields, values={short: "x"})
    assert wrong["field"] == short and "2 to 4000 characters" in wrong["error"]
    await page.act(**fields, values={short: "or not", "How many": "7"})
    assert (await page.until("or not x 7"))["used"]["shown"] == "Change"
    kind = message["components"][1]["components"][0]
    await page.act(do="select", custom_id=kind["custom_id"], values=["Char"], **on_it)
    assert (await page.until("it is Char"))["id"] == message["id"]


async def test_menus_and_the_language_of_a_member(page: SocketClient) -> None:
    assert "error" in await page.act(do="locale", locale="tlh")
    await page.act(do="locale", locale="es-ES")
    await page.act(do="menu", channel_id=VERSES_ID, name="Who", member="teacher")
    await page.until("teacher speaks es-ES")
    assert page.guild["me"]["locale"] == "es-ES"
    written = await page.act(do="write", channel_id=VERSES_ID, text="O Romeo")
    assert written["result"] == {}
    message = await page.until("O Romeo")
    await page.act(do="menu", channel_id=VERSES_ID, name="Go on with it", message_id=message["id"])
    await page.until("O Romeo …")


async def test_files_for_options(page: SocketClient) -> None:
    files = {"text": {"name": "verse.txt", "content": "T25jZSBtb3Jl"}}
    await page.act(**use("reads"), files=files)
    await page.until("Once more")


async def test_replies_name_the_message_that_they_answer(page: SocketClient) -> None:
    await page.act(do="write", channel_id=VERSES_ID, text="a question")
    question = await page.until("a question")
    await page.act(do="write", channel_id=VERSES_ID, text="an answer", replies_to=question["id"])
    answer = await page.until("an answer")
    assert answer["message_reference"]["message_id"] == question["id"]
    elsewhere = {"do": "write", "channel_id": ANNOUNCEMENTS_ID, "text": "x", "replies_to": question["id"]}
    assert "not in #announcements" in (await page.act(**elsewhere))["error"]


async def test_what_only_one_sees_stays_with_one(stage: Stage, page: SocketClient) -> None:
    members.join(stage.world, "classmate")
    async with connected_page(stage.box.address, "classmate") as other:
        await page.act(**use("secret"))
        secret = await page.until("psst")
        await page.act(**use("hello", name="all"))
        await other.until("hello all")
        assert secret["id"] not in other.messages
        refused = await other.act(do="press", message_id=secret["id"], custom_id="x")
        assert "sees no message" in refused["error"]


async def test_hidden_channels_take_nothing_from_those_who_do_not_see_them(
    stage: Stage, page: SocketClient
) -> None:
    staff = next(channel.id for channel in stage.world.channels.values() if channel.name == "staff")
    for action in (
        {"do": "write", "channel_id": staff, "text": "x"},
        use("queued") | {"channel_id": staff},
        {"do": "menu", "channel_id": staff, "name": "Who", "member": "teacher"},
        {"do": "check", "channel_id": staff, "words": ["hello"], "values": {}},
        {"do": "check", "channel_id": "1", "words": ["hello"], "values": {}},
        {"do": "complete", "channel_id": staff, "words": ["suggest"], "values": {}, "focused": "model"},
    ):
        assert "sees no channel" in (await page.act(**action))["error"]
    assert not stage.world.messages and not stage.world.interactions


async def test_a_modal_whose_channel_is_gone_or_hidden_by_now_is_refused(
    stage: Stage, page: SocketClient
) -> None:
    hidden = Overwrite(GUILD_ID, 0, deny=Permission.VIEW_CHANNEL)
    for deletes in (False, True):
        channel = guild_changes.add_channel(stage.world, "soon-gone", TEXT_CHANNEL, "")
        opened = interaction_lifecycle.start(stage.world, stage.user("student"), channel.id, "silent", {})
        await stage.call_back(opened, 9, MODAL)
        if deletes:
            guild_changes.delete_channel(stage.world, channel)
        else:
            guild_changes.set_overwrite(stage.world, channel, hidden)
        refused = await page.act(do="submit", interaction_id=opened.id, values={})
        assert "sees no channel" in refused["error"]


async def test_an_answer_to_what_one_person_sees_tells_nobody_what_that_was(
    stage: Stage, page: SocketClient
) -> None:
    used = stage.type("/silent")
    await stage.call_back(used, 4, {"content": "for one", "flags": 64})
    assert used.original
    await stage.seen_by_bot(used)
    form = parse_form(MessageForm, {"content": "for all"})
    interaction_lifecycle.follow_up(stage.world, used, form, [])
    shown = await page.until("for all")
    assert shown["referenced_message"]["content"] == "for one"
    replied = await page.act(do="write", channel_id=VERSES_ID, text="x", replies_to=used.original.id)
    assert "takes no replies" in replied["error"]
    told = str((await page.speak_as("teacher"))["messages"])
    assert "for all" in told and "for one" not in told


async def test_a_command_without_an_answer_is_told(stage: Stage, page: SocketClient) -> None:
    number = await page.send(**use("silent"))
    await stage.until(lambda: stage.bot.interactions)
    stage.world.move_clock(4)
    while not page.unanswered:
        await page.receive()
    assert page.unanswered[0]["shown"] == "/silent"
    assert number == 1


async def test_another_bot_comes_and_goes(stage: Stage) -> None:
    async with open_stage(connect=False) as empty, connected_page(empty.box.address) as page:

        def online() -> bool:
            return next(bool(item["online"]) for item in page.guild["members"] if item["bot"])

        assert not online() and not page.commands
        async with connected(empty.box, with_buttons):
            while not online() or not page.commands:
                await page.receive()
        while online():
            await page.receive()
        assert page.commands
    assert stage.world.bot_connected


async def test_nonsense_is_refused_in_a_sentence_and_the_page_goes_on(page: SocketClient) -> None:
    number = '{"number": %s, "do": "dance"}'
    for text in (
        *("", "[]", "null", "{", "[" * 100_000, '{"number": 1}'),
        *(number % one for one in ("1", "1e999", "NaN", "9" * 5000, '"' + "x" * 2_000_000 + '"')),
        '{"number": 1, "do": "write", "channel_id": [], "text": {}}',
        '{"number": 1, "fault": [1]}',
    ):
        await page.socket.send_str(text)
        while "error" not in (body := await page.receive()):
            pass
        assert body["error"].endswith(".") and body["error"][0].isalpha()
    await page.socket.send_bytes(b"\xff")
    named = await page.act(do="use", channel_id=VERSES_ID, words=["x" * 2_000_000])
    assert len(named["error"]) < 200
    await page.socket.send_json({"as": "nobody"})
    assert "There is no user 'nobody'" in (await page.receive())["error"]
    assert (await page.act(**use("queued")))["result"]["state"] == "answered"


async def test_traffic_is_in_order_and_holds_no_token(stage: Stage, page: SocketClient) -> None:
    await page.socket.send_json({"traffic": True})
    await page.act(**use("queued"))
    await page.until("the verse")

    def names() -> list[str]:
        return [entry["name"] for entry in page.traffic]

    while not any(name.startswith("PATCH /webhooks/") for name in names()):
        await page.receive()
    used = names()[names().index("INTERACTION_CREATE") :]
    interaction = next(iter(stage.world.interactions.values()))
    assert used[0] == "INTERACTION_CREATE"
    assert any(name.startswith(f"POST /interactions/{interaction.id}/•••/callback") for name in used)
    assert "IDENTIFY" in names() and "READY" in names()
    text = str(page.traffic)
    assert interaction.token not in text and stage.world.token not in text


async def test_what_bots_do_with_tokens_shows_none_in_the_traffic(stage: Stage, page: SocketClient) -> None:
    interaction = stage.type("/silent")
    secrets = (interaction.token, stage.world.token)
    odd = {
        "content": " ".join(secrets),
        "embeds": [{"title": "x", "url": f"https://x/{secrets[0]}/messages"}],
    }
    await stage.call_back(interaction, 4, odd | {secrets[0]: {"token": list(secrets)}})
    for path in (f"/webhooks/1/{secrets[0]}/slack", f"/webhooks/1/{secrets[0]}?token={secrets[0]}"):
        assert (await stage.rest("POST", path)).status_code >= 400
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stage.box.address}/gateway") as bot:
        await bot.send_json({"op": 2, "d": {"token": "of another bot", "properties": {secrets[1]: secrets}}})
        while (await bot.receive()).type is not aiohttp.WSMsgType.CLOSE:
            pass
    await page.socket.send_json({"traffic": True})
    while not any(entry["name"].endswith("?token=•••") for entry in page.traffic):
        await page.receive()
    text = json.dumps(page.traffic)
    assert "of another bot" not in text and not [secret for secret in secrets if secret in text]
    assert "POST /webhooks/1/•••/slack" in [entry["name"] for entry in page.traffic]


async def test_faults_are_caused_from_the_page(stage: Stage, page: SocketClient) -> None:
    wrong = await page.act(fault={"kind": "500", "times": 0})
    assert wrong["field"] == "times"
    done = await page.act(fault={"kind": "500", "route": "^POST /interactions"})
    assert done["result"]["pending_faults"] == 1
    await page.act(fault={"kind": "reconnect"})
    await stage.bot.resumed.wait()


async def test_only_a_page_of_the_sandbox_may_connect(stage: Stage) -> None:
    address = stage.box.address
    async with aiohttp.ClientSession() as session:
        for origin in (None, "null", "http://evil.example", address.replace("127.0.0.1", "localhost")):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{address}/socket", origin=origin)
            assert refused.value.status == 403
        port = address.rpartition(":")[2]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            headers = {"Host": f"evil.example:{port}"}
            await session.ws_connect(
                f"{address}/socket", origin=f"http://evil.example:{port}", headers=headers
            )
