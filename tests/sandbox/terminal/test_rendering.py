"""Messages as a person reads them in the terminal."""

import re
from typing import Any

import pytest

from sandbox.schemas.message_form import MessageForm
from sandbox.schemas.modals import ModalForm
from sandbox.schemas.validation import parse_form
from sandbox.terminal.rendering import readable, render, render_modal
from sandbox.world import interaction_lifecycle
from sandbox.world.attachments import Upload
from sandbox.world.channel_messages import defer, edit, send
from sandbox.world.guild_objects import PUBLIC_THREAD
from sandbox.world.ids import VERSES_ID
from sandbox.world.message_objects import Message
from sandbox.world.starting_guild import BOT
from sandbox.world.state import World
from sandbox.world.threads import thread_starts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\*not\* bold, \_not\_ either, 1\. and \\", r"*not* bold, _not_ either, 1. and \ ".strip()),
        ("**bold** __under__ *it* _it_ ~~gone~~ ||spoiler||", "bold under it it gone spoiler"),
        ("snake_case and 2 * 3 * 4", "snake_case and 2 * 3 * 4"),
        ("`**code**` and ```py\n*x*\n```", "**code** and *x*"),
        ("# Title\n> quoted\n-# small", "Title\nquoted\nsmall"),
        ("[here](https://example.org/x)", "here (https://example.org/x)"),
        ("<@1100000000000000011> <#1100000000000000201> <@&1100000000000000101> <@42>", None),
        ("</verse:123> now", "/verse now"),
        ("a\x1b[31mred\x07\u202e", "a[31mred"),
        ("<t:99999999999999999999>", "Invalid Date"),
    ],
)
def test_readable(text: str, expected: str | None) -> None:
    if expected is None:
        expected = "@Student #verses @Teacher @unknown-user"
    assert readable(World("t"), text) == expected


@pytest.mark.parametrize(
    ("style", "form"), [("d", r"\d{4}-\d\d-\d\d"), ("t", r"\d\d:\d\d"), ("f", r"\d{4}-\d\d-\d\d \d\d:\d\d")]
)
def test_a_moment_is_shown_in_its_style(style: str, form: str) -> None:
    assert re.fullmatch(form, readable(World("t"), f"<t:1700000000:{style}>"))


def test_relative_moments_follow_the_worlds_clock() -> None:
    world = World("t")
    world.move_clock(100.0)
    now = round(world.clock.now())
    assert readable(world, f"<t:{now + 7200}:R>") == "in 2 hours"
    assert readable(world, f"<t:{now - 90}:R>") in ("1 minute ago", "2 minutes ago")


def message(world: World, body: dict[str, Any], uploads: tuple[Upload, ...] = (), **options: Any) -> Message:
    return send(world, VERSES_ID, BOT, parse_form(MessageForm, body), list(uploads), **options)


def test_embed_with_fields_footer_and_file() -> None:
    world = World("t")
    world.address = "http://127.0.0.1:1"
    body = {
        "content": "Look:",
        "embeds": [
            {
                "title": "T",
                "description": "to be\nor \\*not\\*",
                "fields": [FIELD, FIELD | {"value": "a\nb"}],
                "footer": {"text": "model@1 · 0.4 s"},
                "image": {"url": "attachment://c.png"},
            }
        ],
    }
    sent = message(world, body, (Upload("0", "c.png", b"x" * 1500),))
    url = f"http://127.0.0.1:1/sandbox/attachments/{sent.attachments[0].id}/c.png"
    assert render(world, sent).splitlines() == [
        "shakelm [APP]",
        "Look:",
        "│ T",
        "│ to be",
        "│ or *not*",
        "│ Loss: 1.5",
        "│ Loss",
        "│ a",
        "│ b",
        f"│ [picture {url}]",
        "│ ",
        "│ model@1 · 0.4 s",
    ]


FIELD = {"name": "Loss", "value": "1.5"}


async def test_deferred_then_edited_ephemeral_answer() -> None:
    world = World("t")
    student = world.users["student"]
    interaction = interaction_lifecycle.start(world, student, VERSES_ID, "verse", {})
    waiting = defer(world, VERSES_ID, BOT, interaction, ephemeral=True)
    head = "Student used /verse\nshakelm [APP]\n"
    assert render(world, waiting) == head + "… is thinking\n(only you can see this)"
    edit(world, waiting, parse_form(MessageForm, {"content": "done"}), [])
    assert render(world, waiting) == head + "done\n(only you can see this)"
    edit(world, waiting, parse_form(MessageForm, {"content": "done again"}), [])
    assert render(world, waiting) == head + "done again\n(edited)\n(only you can see this)"


ROWS: list[dict[str, Any]] = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Again\x1b[31m", "custom_id": "a", "emoji": {"name": "🔁"}},
            {"type": 2, "style": 2, "label": "Continue", "custom_id": "c", "disabled": True},
            {"type": 2, "style": 5, "label": "Docs", "url": "https://example.org"},
        ],
    },
    {
        "type": 1,
        "components": [
            {
                "type": 3,
                "custom_id": "kind",
                "placeholder": "Pick a kind",
                "options": [{"label": "Word", "value": "w"}, {"label": "Char", "value": "c"}],
            }
        ],
    },
]


def test_buttons_and_selects_stand_below_and_disabled_ones_look_faint() -> None:
    world = World("t")
    sent = message(world, {"content": "x", "components": ROWS})
    assert render(world, sent).splitlines()[2:] == [
        "[🔁 Again[31m] [Continue, disabled] [Docs: https://example.org]",
        "[Pick a kind: Word, Char]",
    ]
    assert "<[Continue, disabled]>" in render(world, sent, lambda text: f"<{text}>")


async def test_answers_say_what_was_used() -> None:
    world = World("t")
    student = world.users["student"]
    asked = message(world, {"content": "x", "components": ROWS})

    def head(shown: str, source: Message | None = None, kind: int = 2) -> str:
        interaction = interaction_lifecycle.start(
            world, student, VERSES_ID, "n", {}, shown=shown, source=source, kind=kind
        )
        answer = message(world, {"content": "y"}, interaction=interaction, replies_to=source)
        interaction.original = answer
        more = message(world, {"content": "z"}, interaction=interaction, replies_to=answer)
        assert render(world, more) == "shakelm [APP]\nz"
        return render(world, answer).splitlines()[0]

    assert head("Continue as verse") == "Student used Continue as verse"
    assert head("[Again]", asked, kind=3) == "Student used [Again]"
    assert head("Change", asked, kind=5) == "Student filled in Change"


def test_a_modal() -> None:
    seed = {"type": 4, "custom_id": "s", "style": 1, "label": "Seed", "value": "to be"}
    select = {"type": 3, "custom_id": "k", "required": False, "options": ROWS[1]["components"][0]["options"]}
    rows = [{"type": 1, "components": [seed]}, {"type": 18, "label": "Kind", "component": select}]
    form = parse_form(ModalForm, {"custom_id": "m", "title": "Change", "components": rows})
    assert render_modal(form.to_json()).splitlines() == [
        "[Change]",
        "│ Seed: to be",
        "│ Kind (options: Word, Char; optional):",
    ]


def test_threads_and_forwards_are_named() -> None:
    world = World("t")
    student, channel = world.users["student"], world.channels[VERSES_ID]
    said = message(world, {"content": "To *be*"})
    thread_starts.start_from_message(world, student, said, "ours")
    thread_starts.start_without_message(world, student, channel, "bare", PUBLIC_THREAD)
    noted = next(reversed(world.messages.values()))
    forward = message(world, {}, forwards=said)
    shown = [render(world, one).splitlines()[1:] for one in (said, noted, forward)]
    assert shown == [["To be", "[thread ours]"], ["[thread bare]"], ["[forwarded] To be"]]
