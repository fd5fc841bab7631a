"""Every option of every command with any value that Discord lets through, and some that it does not."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.client.option_values import LocalFile, attach
from sandbox.schemas.command_form import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    INTEGER,
    LARGEST_INTEGER,
    NUMBER,
    STRING,
)
from sandbox.schemas.fields import Json
from sandbox.schemas.message_form import MessageForm
from sandbox.world import command_registry, interaction_lifecycle
from sandbox.world.channel_messages import send
from sandbox.world.ids import ANNOUNCEMENTS_ID, STAFF_ID, VERSES_ID
from sandbox.world.message_objects import AUTOCOMPLETE, COMMAND, COMPONENT
from sandbox.world.starting_guild import BOT
from sandbox.world.state import Event
from shakelm.errors import ShakelmError
from tests.support.bot_room import Room
from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import texts
from tests.support.fuzzing.interaction_outcomes import check_outcome, check_text, leaves, start_over
from worker.messages import notices
from worker.trainings import attached_texts

MODELS = ("letters-a", "letters-a@1", "letters-b@2", "letters-b@9", "nobody", "../letters-a", "A", "a@0", "")
PEOPLE = ("student", "teacher", "assistant", "owner")


def values(option: Json) -> st.SearchStrategy[Any]:
    """Values of one option: within its limits, at each of them, and beyond."""
    if choices := option.get("choices"):
        return st.one_of(st.sampled_from([choice["value"] for choice in choices]), texts(100))
    least, most = option.get("min_value", -LARGEST_INTEGER), option.get("max_value", LARGEST_INTEGER)
    match option["type"]:
        case kind if kind == STRING:
            return st.one_of(texts(), st.sampled_from(MODELS))
        case kind if kind == INTEGER:
            edges = [least - 1, least, least + 1, most - 1, most, most + 1, 0, -1, 2**31, 2**53, 2**64]
            return st.one_of(st.sampled_from(edges), st.integers())
        case kind if kind == NUMBER:
            edges = [least - 1e-9, least, most, most + 1e-9, 1e308, 5e-324, -0.0, 0, 1]
            return st.one_of(st.sampled_from(edges), st.floats())
        case kind if kind == BOOLEAN:
            return st.booleans()
        case kind if kind == CHANNEL:
            return st.sampled_from([VERSES_ID, ANNOUNCEMENTS_ID, STAFF_ID])
        case kind if kind == ATTACHMENT:
            return st.builds(LocalFile, st.one_of(texts(80), st.just("a.txt")), files())
    raise AssertionError(f"no values for {option}")


def files() -> st.SearchStrategy[bytes]:
    """Contents of files: texts in any encoding, bytes, one piece many times, nothing."""
    encodings = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp037"))
    encoded = st.builds(
        lambda text, encoding, times: (text.encode(encoding, "replace") * times)[: 5 * 2**20],
        texts(),
        encodings,
        st.sampled_from((1, 3, 100, 2000)),
    )
    raw = st.builds(
        lambda piece, times: piece * times, st.binary(max_size=50), st.sampled_from((0, 1, 200, 10**5))
    )
    return st.one_of(encoded, raw)


@share(30)
@given(data=st.data())
async def test_every_command_ends_in_a_proper_message(
    room: Room, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    start_over(room)
    caplog.clear()
    world = room.sandbox.world
    offered = [leaf for command in command_registry.offered(world).values() for leaf in leaves(command)]
    path, options = data.draw(st.sampled_from(offered))
    required = [option for option in options if option.get("required")]
    chosen = required + data.draw(st.lists(st.sampled_from(options), unique_by=id)) if options else []
    resolved: Json = {}
    given_values: dict[str, Json] = {}
    for option in chosen:
        value = data.draw(values(option), label=option["name"])
        if isinstance(value, LocalFile):
            value = attach(world, value, resolved)
        if option["type"] == CHANNEL:
            channel = world.channels[value]
            resolved.setdefault("channels", {})[value] = channel.to_json() | {"permissions": "0"}
        given_values[option["name"]] = {"type": option["type"], "name": option["name"], "value": value}
    sent: list[Json] = list(given_values.values())
    if data.draw(st.integers(0, 15), label="unknown option") == 15:
        sent.append({"type": STRING, "name": "unknown", "value": "1"})
    for part in reversed(path[1:]):
        sent = [{"type": part["type"], "name": part["name"], "options": sent}]
    command = path[0]
    interaction = interaction_lifecycle.start(
        world,
        world.users[data.draw(st.sampled_from(PEOPLE))],
        data.draw(st.sampled_from([VERSES_ID, ANNOUNCEMENTS_ID])),
        command["name"],
        {"id": command["id"], "name": command["name"], "type": 1, "options": sent, "resolved": resolved},
        kind=COMMAND,
    )

    await check_outcome(room, interaction, caplog)


@share(5)
@given(typed=texts(), data=st.data())
async def test_every_completion_is_answered(
    room: Room, caplog: pytest.LogCaptureFixture, typed: str, data: st.DataObject
) -> None:
    start_over(room)
    caplog.clear()
    world = room.sandbox.world
    offered = [leaf for command in command_registry.offered(world).values() for leaf in leaves(command)]
    completing = [
        (path, option) for path, options in offered for option in options if option.get("autocomplete")
    ]
    path, option = data.draw(st.sampled_from(completing))
    focused = {"type": option["type"], "name": option["name"], "value": typed, "focused": True}
    sent: list[Json] = [focused]
    for part in reversed(path[1:]):
        sent = [{"type": part["type"], "name": part["name"], "options": sent}]
    interaction = interaction_lifecycle.start(
        world,
        world.users["teacher"],
        VERSES_ID,
        path[0]["name"],
        {"id": path[0]["id"], "name": path[0]["name"], "type": 1, "options": sent},
        kind=AUTOCOMPLETE,
        focused=focused,
    )

    choices = await check_outcome(room, interaction, caplog)

    assert all(0 < len(choice) <= 100 for choice in choices)


def as_direct_message(event: Event) -> None:
    """Make an interaction one of a direct message, before the gateway sends it."""
    if event.name == "INTERACTION_CREATE":
        event.data["user"] = event.data.pop("member")["user"]
        for name in ("guild", "guild_id", "guild_locale"):
            del event.data[name]
        event.data.update({"context": 1, "channel": {"id": event.data["channel_id"], "type": 1}})


@pytest.mark.parametrize("kind", [COMMAND, COMPONENT])
async def test_direct_messages_are_refused(room: Room, caplog: pytest.LogCaptureFixture, kind: int) -> None:
    start_over(room)
    world = room.sandbox.world
    world.listeners.insert(0, as_direct_message)
    source = send(world, VERSES_ID, BOT, MessageForm(content="Press a button."), [])
    for command in command_registry.offered(world).values():
        for path, _ in leaves(command):
            sent: list[Json] = []
            for part in reversed(path[1:]):
                sent = [{"type": part["type"], "name": part["name"], "options": sent}]
            of_command = {"id": command["id"], "name": command["name"], "type": 1, "options": sent}
            of_button = {"custom_id": "forget", "component_type": 2, "id": 1}
            interaction = interaction_lifecycle.start(
                world,
                world.users["owner"],
                VERSES_ID,
                command["name"],
                of_command if kind == COMMAND else of_button,
                kind=kind,
                source=source if kind == COMPONENT else None,
            )

            assert "I work only on servers" in str(await check_outcome(room, interaction, caplog))


@share(4)
@example(name="x²½Ⅷ①٣.txt", content=b"to be or not to be\n" * 500)
@given(name=texts(100), content=files())
def test_every_attached_file_is_a_text_or_is_refused(name: str, content: bytes) -> None:
    try:
        attached, corpus = attached_texts.check(name, content)
    except ShakelmError as refused:
        assert refused.key.startswith("refusal.corpus_")
        check_text(notices.problem(refused)["embeds"][0]["description"])
    else:
        assert not {"/", "\\", ".."} & {attached.name, *attached.name[:2]}
        assert len(corpus.text) >= attached_texts.MIN_CHARACTERS
