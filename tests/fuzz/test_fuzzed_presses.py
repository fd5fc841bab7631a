"""Buttons and forms with any custom id, by anybody: records of others, of other guilds, and of none."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.client import clicks
from sandbox.schemas.fields import Json
from sandbox.schemas.message_form import MessageForm
from sandbox.world import interaction_lifecycle
from sandbox.world.channel_messages import send
from sandbox.world.ids import GUILD_ID, VERSES_ID
from sandbox.world.message_objects import COMPONENT, MODAL_SUBMIT, Message
from sandbox.world.starting_guild import BOT
from tests.support.bot_room import Room
from tests.support.fuzzing.fuzz_cases import share
from tests.support.fuzzing.hostile_texts import texts
from tests.support.fuzzing.interaction_outcomes import check_outcome, start_over
from tests.support.request_makers import shared_line, train_request, verse_request
from worker.lessons import shared_lines
from worker.protocol import custom_ids
from worker.protocol.training_payloads import MessageAt
from worker.protocol.verse_payloads import VerseRecord, VerseResult, VerseSettings
from worker.queue import admission, withdrawal
from worker.records import verse_records
from worker.trainings import training_records

OURS, FOREIGN, WAITING, LINE, TRAINING, NOTHING = (f"{number:016x}" for number in range(1, 7))
FOREIGN_TRAINING = "f" * 16
FOREIGN_TO_TEACHERS = (
    *(custom_ids.Again, custom_ids.Continue, custom_ids.Hotter, custom_ids.Colder, custom_ids.Change),
    *(custom_ids.Discard, custom_ids.CancelRequest, custom_ids.StopTraining, custom_ids.CancelTraining),
)
PEOPLE = ("student", "teacher", "assistant", "owner")


def fill(room: Room) -> Message:
    """Store a verse of the student, one of another guild, a waiting request, a line, and a training.

    Returns:
        A message of the bot, under which buttons may stand.
    """
    start_over(room)
    connection, world = room.bot.connection, room.sandbox.world
    student = world.users["student"].id
    for record_id, guild, author in ((OURS, GUILD_ID, student), (FOREIGN, "7", "9")):
        settings = VerseSettings(prompt="to be", random_seed=7).model_dump(by_alias=False)
        result = VerseResult(
            text="*a* verse\n", model="letters-a@1", temperature=0.8, random_seed=7, seconds=1, unknown=[]
        )
        asked = {"id": record_id, "author": author, "guild": guild, "channel": VERSES_ID, "asked_at": 1.0}
        verse_records.save(connection, VerseRecord(**settings, **asked, result=result), 1)
    admission.admit(connection, verse_request(id=WAITING, author=student, guild=GUILD_ID))
    admission.admit(connection, verse_request(id=FOREIGN, author="9", guild="7"))
    shared_lines.begin(connection, shared_line(id=LINE, author=student, guild=GUILD_ID))
    message = MessageAt(channel_id=VERSES_ID, message_id="1")
    training_records.start(connection, TRAINING, train_request(guild=GUILD_ID), message)
    training_records.start(connection, FOREIGN_TRAINING, train_request(guild="7"), message)
    return send(world, VERSES_ID, BOT, MessageForm(content="Press a button."), [])


def custom_id() -> st.SearchStrategy[str]:
    """Custom ids: well-formed, with fields of the wrong kind, and any text."""
    field_values: dict[str, st.SearchStrategy[Any]] = {
        "record_id": st.sampled_from((OURS, FOREIGN, WAITING, LINE, TRAINING, NOTHING)),
        "line_id": st.sampled_from((LINE, OURS, NOTHING)),
        "version": st.sampled_from((0, 1, 2, 10**9 - 1)),
        "choice": st.integers(0, 4),
        "page": st.sampled_from((0, 1, 9999)),
        "model": st.sampled_from(("letters-a@1", "letters-b@2", "letters-b@3", "nobody@1")),
    }
    well_formed = st.one_of(
        *(
            st.builds(kind, *(field_values[field.name] for field in fields(kind))).map(str)
            for kind in custom_ids.ALL
        )
    )
    actions = st.sampled_from([kind.action for kind in custom_ids.ALL])
    wrong = st.builds(
        lambda action, parts: ":".join([action, *parts])[:100],
        actions,
        st.lists(st.one_of(texts(40), st.sampled_from((OURS, "-1", "99999999999", "1.5", "١"))), max_size=4),
    )
    return st.one_of(well_formed, well_formed, wrong, texts(100).filter(bool))


@share(15)
@given(written=custom_id(), person=st.sampled_from(PEOPLE))
async def test_every_press_ends_in_a_proper_message(
    room: Room, caplog: pytest.LogCaptureFixture, written: str, person: str
) -> None:
    source = fill(room)
    caplog.clear()
    world = room.sandbox.world
    author = world.users[person]
    data = {"custom_id": written, "component_type": 2, "id": 1}
    interaction = interaction_lifecycle.start(
        world, author, VERSES_ID, "a button", data, kind=COMPONENT, source=source
    )

    await check_outcome(room, interaction, caplog)

    foreign = verse_records.find(room.bot.connection, FOREIGN)
    assert foreign is not None, "a verse of another guild was removed"
    assert withdrawal.find(room.bot.connection, FOREIGN), "a request of another guild was withdrawn"
    if person == "assistant":
        assert verse_records.find(room.bot.connection, OURS) is not None, (
            "a verse of somebody else was removed"
        )


@pytest.mark.parametrize("kind", FOREIGN_TO_TEACHERS, ids=lambda kind: kind.action)
async def test_a_teacher_reaches_nothing_of_another_guild(
    room: Room, caplog: pytest.LogCaptureFixture, kind: type[custom_ids.OfRecord]
) -> None:
    source = fill(room)
    world = room.sandbox.world
    of_training = kind in (custom_ids.StopTraining, custom_ids.CancelTraining)
    data = {
        "custom_id": str(kind(FOREIGN_TRAINING if of_training else FOREIGN)),
        "component_type": 2,
        "id": 1,
    }
    interaction = interaction_lifecycle.start(
        world, world.users["teacher"], VERSES_ID, "a button", data, kind=COMPONENT, source=source
    )

    assert "no longer stored" in str(await check_outcome(room, interaction, caplog))


def field_values() -> st.SearchStrategy[Json]:
    """The values of the form of a verse: what it offers, numbers at the limits, and any text."""
    number = st.one_of(
        st.sampled_from(
            ("0", "1", "40", "41", "2", "2.01", "-1", "nan", "inf", "1e999", "0,8", "٣", "1_0", " ")
        ),
        texts(8),
        st.floats().map(str),
        st.just("9" * 500),
    )
    return st.fixed_dictionaries(
        {
            "seed": texts(),
            "style": st.one_of(st.sampled_from(("none", "steady", "balanced", "wild", "")), texts(20)),
            "temperature": number,
            "lines": number,
            "model": st.one_of(st.sampled_from(("letters-a@1", "letters-b", "nobody@1", "")), texts(80)),
        }
    )


@share(8)
@example(
    written=f"change:{OURS}",
    values={"seed": "", "style": "steady", "temperature": "0", "lines": "2", "model": "letters-a"},
    person="student",
)
@given(
    written=st.one_of(st.just(f"change:{OURS}"), custom_id()),
    values=field_values(),
    person=st.sampled_from(PEOPLE),
)
async def test_every_form_ends_in_a_proper_message(
    room: Room, caplog: pytest.LogCaptureFixture, written: str, values: dict[str, str], person: str
) -> None:
    source = fill(room)
    caplog.clear()
    world = room.sandbox.world
    selects = ("style", "model")
    components = [
        {
            "type": 18,
            "id": at,
            "component": {"type": 3, "id": at + 9, "custom_id": name, "values": [value] if value else []}
            if name in selects
            else {"type": 4, "id": at + 9, "custom_id": name, "value": value},
        }
        for at, (name, value) in enumerate(values.items(), 1)
    ]
    data = {"custom_id": written, "components": components}
    interaction = interaction_lifecycle.start(
        world, world.users[person], VERSES_ID, "a form", data, kind=MODAL_SUBMIT, source=source
    )

    await check_outcome(room, interaction, caplog)


@share(2)
@given(content=texts(4000).filter(str.strip), description=texts(4096), of_bot=st.booleans())
async def test_any_message_can_be_continued_or_is_refused(
    room: Room, caplog: pytest.LogCaptureFixture, content: str, description: str, of_bot: bool
) -> None:
    start_over(room)
    caplog.clear()
    world = room.sandbox.world
    student = world.users["student"]
    message = send(world, VERSES_ID, BOT if of_bot else student, MessageForm(content="a"), [])
    message.content, message.embeds = content[:2000], [{"type": "rich", "description": description}]
    interaction = clicks.use_menu(world, student, "Continue as verse", message, VERSES_ID)

    await check_outcome(room, interaction, caplog)
