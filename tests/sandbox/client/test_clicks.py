"""Buttons and selects of discord.py's views, pressed by members, and what Discord refuses."""

from dataclasses import replace

import discord
import pytest

from sandbox.client import clicks
from sandbox.sandbox_error import SandboxError
from sandbox.world import interaction_lifecycle
from sandbox.world.ids import VERSES_ID

BUTTON = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
OPTION = {"label": "Word", "value": "w"}
SELECT = {"type": 3, "custom_id": "kind", "options": [OPTION]}
LINK = {"type": 2, "style": 5, "label": "Docs", "url": "https://example.org"}


def row(*components):
    return {"type": 1, "components": list(components)}


def buttons(number):
    return row(*(BUTTON | {"custom_id": f"b{at}"} for at in range(number)))


async def post(stage, components, **more):
    """What discord.py makes of a message with these components, past the checks of its views."""
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=int(VERSES_ID))
    return await stage.bot.http.request(route, json={"content": "x", "components": components, **more})


ROW = "components.0.components"


@pytest.mark.parametrize(
    ("components", "path", "code"),
    [
        ([buttons(6)], ROW, "BASE_TYPE_BAD_LENGTH"),
        ([row()], ROW, "BASE_TYPE_BAD_LENGTH"),
        ([row(LINK)] * 6, "components", "BASE_TYPE_MAX_LENGTH"),
        ([BUTTON], "components.0.type", "UNION_TYPE_CHOICES"),
        ([row({"type": 5, "custom_id": "who"})], f"{ROW}.0.type", "UNION_TYPE_CHOICES"),
        ([row("again")], f"{ROW}.0", "MODEL_TYPE_CONVERT"),
        ([row(BUTTON | {"custom_id": "x" * 101})], f"{ROW}.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([row(BUTTON | {"custom_id": ""})], f"{ROW}.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
        ([row(BUTTON | {"label": "x" * 81})], f"{ROW}.0.label", "BASE_TYPE_MAX_LENGTH"),
        ([row(BUTTON | {"label": None})], f"{ROW}.0.label", "BASE_TYPE_REQUIRED"),
        ([row(BUTTON | {"style": 7})], f"{ROW}.0.style", "BASE_TYPE_CHOICES"),
        ([row(BUTTON | {"custom_id": None})], f"{ROW}.0.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
        ([row(LINK | {"url": None})], f"{ROW}.0.url", "BASE_TYPE_REQUIRED"),
        ([row(LINK | {"url": "nowhere"})], f"{ROW}.0.url", "URL_TYPE_INVALID_URL"),
        ([row({"type": 2, "style": 6})], f"{ROW}.0.sku_id", "BASE_TYPE_REQUIRED"),
        ([row(BUTTON | {"emoji": {"name": "x"}})], f"{ROW}.0.emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
        (
            [row(BUTTON | {"emoji": {"id": "1", "name": "x"}})],
            f"{ROW}.0.emoji.id",
            "BUTTON_COMPONENT_INVALID_EMOJI",
        ),
        ([row(BUTTON, BUTTON)], f"{ROW}.1.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
        (
            [row(BUTTON), row(SELECT | {"custom_id": "again"})],
            "components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        ([row(BUTTON, SELECT)], f"{ROW}.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        ([row(SELECT | {"options": []})], f"{ROW}.0.options", "BASE_TYPE_BAD_LENGTH"),
        (
            [row(SELECT | {"options": [OPTION | {"value": f"{at}"} for at in range(26)]})],
            f"{ROW}.0.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION, OPTION]})],
            f"{ROW}.0.options.1.value",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"label": "x" * 101}]})],
            f"{ROW}.0.options.0.label",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"value": "x" * 101}]})],
            f"{ROW}.0.options.0.value",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(SELECT | {"options": [OPTION | {"description": "x" * 101}]})],
            f"{ROW}.0.options.0.description",
            "BASE_TYPE_MAX_LENGTH",
        ),
        ([row(SELECT | {"placeholder": "x" * 151})], f"{ROW}.0.placeholder", "BASE_TYPE_MAX_LENGTH"),
        ([row(SELECT | {"max_values": 2})], f"{ROW}.0.options", "BASE_TYPE_MIN_LENGTH"),
        ([row(SELECT | {"min_values": 2})], f"{ROW}.0.min_values", "NUMBER_TYPE_MAX"),
        ([row(SELECT | {"max_values": 26})], f"{ROW}.0.max_values", "NUMBER_TYPE_MAX"),
    ],
)
@pytest.mark.asyncio
async def test_components_that_are_refused(components, path, code) -> None:
    async with open_stage() as stage:
        assert stage.problem_at(await stage.refused(post(stage, components)), path) == code


@pytest.mark.asyncio
async def test_url_and_custom_id_exclude_each_other_and_version_two_is_unknown() -> None:
    async with open_stage() as stage:
        refused = await stage.refused(post(stage, [row(LINK | {"custom_id": "x"})]))
        tree = refused._errors["components"]["0"]["components"]["0"]
        assert {problem["_errors"][0]["code"] for problem in tree.values()} == {
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
        }
        refused = await stage.refused(stage.bot.get_channel(int(VERSES_ID)).send(view=Layout()))
        assert "second version of components" in refused.text


class Layout(discord.ui.LayoutView):
    text = discord.ui.TextDisplay("new")


@pytest.mark.asyncio
async def test_limits_are_inclusive_and_components_get_numbers() -> None:
    async with open_stage() as stage:
        rows = [
            row(*(BUTTON | {"label": "x" * 80, "custom_id": f"{r}{b}".rjust(100)} for b in range(5)))
            for r in range(4)
        ]
        options = [{"label": "l" * 100, "value": f"{at}".rjust(100), "description": "d"} for at in range(25)]
        select = SELECT | {"options": options, "max_values": 25, "placeholder": "p" * 150}
        sent = await post(stage, [*rows, row(select)])
        numbers = [
            item["id"] for sent_row in sent["components"] for item in [sent_row, *sent_row["components"]]
        ]
        assert sorted(numbers) == list(range(1, 27))
        assert (await stage.bot.get_channel(int(VERSES_ID)).fetch_message(int(sent["id"]))).components[4]


class Choices(discord.ui.View):
    """Buttons and a select that answer in every way."""

    def __init__(self):
        super().__init__(timeout=None)
        self.picked = None
        self.locales = []

    @discord.ui.button(label="Answer", custom_id="answer", emoji="🔁")
    async def answer(self, interaction, _):
        self.locales.append((str(interaction.locale), str(interaction.guild_locale)))
        await interaction.response.send_message(f"{interaction.user.name} on {interaction.message.content}")

    @discord.ui.button(label="Only me", custom_id="private")
    async def private(self, interaction, _):
        await interaction.response.send_message("psst", ephemeral=True, view=Choices())

    @discord.ui.button(label="Think", custom_id="think")
    async def think(self, interaction, _):
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("thought")

    @discord.ui.button(label="Note", custom_id="note")
    async def note(self, interaction, _):
        await interaction.response.defer()

    @discord.ui.button(label="Done", custom_id="done", style=discord.ButtonStyle.danger)
    async def done(self, interaction, button):
        button.disabled = True
        await interaction.response.edit_message(content="changed", view=self)

    @discord.ui.select(
        placeholder="Pick",
        custom_id="pick",
        max_values=2,
        options=[
            discord.SelectOption(label=name, value=name[0].lower()) for name in ("Word", "Char", "Byte")
        ],
    )
    async def pick(self, interaction, select):
        self.picked = select.values
        await interaction.response.send_message("picked")


async def with_choices(stage):
    """A message with a view, in the world; the view."""
    view = Choices()
    sent = await stage.bot.get_channel(int(VERSES_ID)).send("choose", view=view)
    return stage.world.messages[str(sent.id)], view


def press(stage, button, message=None, user="student"):
    return clicks.press(stage.world, stage.world.users[user], button, message and message.id)


@pytest.mark.asyncio
async def test_a_button_is_answered_with_a_reply() -> None:
    async with open_stage() as stage:
        message, view = await with_choices(stage)
        await stage.control("POST", "/locales", {"user": "student", "locale": "es-ES"})
        await stage.control("POST", "/locales", {"locale": "de"})
        interaction = await stage.done(press(stage, "Answer", message))
        reply = interaction.original
        assert reply.content == "student on choose" and view.locales == [("es-ES", "de")]
        assert (reply.kind, reply.replies_to) == (19, message.id)
        body = reply.to_json("")
        assert body["interaction_metadata"]["interacted_message_id"] == message.id
        assert "original_response_message_id" not in body["interaction_metadata"]
        seen = await stage.seen_by_bot(interaction)
        assert seen.message.id == int(message.id) and seen.app_permissions.send_messages
        assert seen.data == {"custom_id": "answer", "component_type": 2, "id": 2}
        added = await seen.followup.send("more", wait=True)
        assert stage.world.messages[str(added.id)].replies_to == reply.id


@pytest.mark.asyncio
async def test_a_deferred_answer_and_a_deferred_update() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        thought = await stage.done(press(stage, "think", message))
        assert thought.original.content == "thought" and thought.original is not message
        noted = press(stage, "Note", message)
        await stage.until(lambda: noted.acknowledged_at)
        assert interaction_lifecycle.state(stage.world, noted) == "deferred" and noted.original is message
        seen = await stage.seen_by_bot(noted)
        assert (await seen.original_response()).id == int(message.id)
        await seen.edit_original_response(content="noted", view=None)
        assert (message.content, message.components) == ("noted", [])
        assert interaction_lifecycle.state(stage.world, noted) == "answered"


@pytest.mark.asyncio
async def test_an_update_disables_the_button() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        interaction = await stage.done(press(stage, "Done", message))
        assert interaction.original is message and message.content == "changed"
        with pytest.raises(SandboxError, match="The button Done is disabled"):
            press(stage, "Done", message)
        seen = await stage.seen_by_bot(interaction)
        await seen.delete_original_response()
        with pytest.raises(SandboxError, match="sees no message"):
            press(stage, "Answer", message)
        assert (await stage.refused(seen.original_response())).code == 10008


@pytest.mark.asyncio
async def test_picks_reach_the_bot_by_value_and_by_label() -> None:
    async with open_stage() as stage:
        message, view = await with_choices(stage)
        body = {"values": ["Word", "b"], "select": "Pick", "message_id": message.id}
        answer = await stage.control("POST", "/selections", body)
        await stage.done(stage.world.interactions[answer.json()["interaction_id"]])
        assert view.picked == ["w", "b"]
        for values, words in (
            (["Verse"], "offers: Word, Char, Byte; not 'Verse'"),
            ([], "1 to 2 different values; these are 0"),
            (["w", "c", "b"], "1 to 2 different values; these are 3"),
            (["w", "Word"], "1 to 2 different values; these are 2"),
        ):
            refused = await stage.control("POST", "/selections", {"values": values})
            assert refused.status_code == 400 and words in refused.json()["error"]
        assert len(stage.world.interactions) == 1


@pytest.mark.asyncio
async def test_ephemeral_messages_are_pressed_by_those_who_see_them() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        shown = (await stage.done(press(stage, "Only me", message))).original
        assert shown.ephemeral
        with pytest.raises(SandboxError, match="Teacher sees no message"):
            press(stage, "Answer", shown, "teacher")
        changed = await stage.done(press(stage, "Done", shown))
        assert changed.original is shown and shown.content == "changed" and shown.ephemeral


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ("Docs", "opens https://example.org"),
        ("Shop", "no button 'Shop'; there are: Docs, Again"),
        ("again", None),
    ],
)
@pytest.mark.asyncio
async def test_what_can_be_pressed(button, words) -> None:
    async with open_stage() as stage:
        await post(stage, [row(LINK, BUTTON)])
        await post(stage, [])
        answer = await stage.control("POST", "/presses", {"button": button})
        assert answer.status_code == (400 if words else 200)
        assert not words or words in answer.json()["error"]


@pytest.mark.asyncio
async def test_a_button_that_was_taken_away_is_refused() -> None:
    async with open_stage() as stage:
        message, _ = await with_choices(stage)
        sent = await stage.bot.get_channel(int(VERSES_ID)).fetch_message(int(message.id))
        assert [type(item).__name__ for item in sent.components] == ["ActionRow", "ActionRow"]
        await sent.edit(view=None)
        answer = await stage.control("POST", "/presses", {"button": "Answer", "message_id": message.id})
        assert answer.json() == {"error": "That message has no button 'Answer'."}


class Kept(discord.ui.View):
    """A view that outlives the bot's process."""

    def __init__(self):
        super().__init__(timeout=None)

    @discord.ui.button(label="Still here?", custom_id="kept")
    async def kept(self, interaction, _):
        await interaction.response.send_message("still here")


class Again(discord.ui.DynamicItem[discord.ui.Button], template=r"again:(?P<record>[0-9a-f]+)"):
    """A button whose custom id carries a record's number."""

    def __init__(self, record):
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{record}"))
        self.record = record

    @classmethod
    async def from_custom_id(cls, _interaction, _item, match):
        return cls(match["record"])

    async def callback(self, interaction):
        await interaction.response.send_message(f"again {self.record}")


@pytest.mark.asyncio
async def test_persistent_views_and_dynamic_items_survive_a_restart() -> None:
    def prepare(bot):
        bot.add_view(Kept())
        bot.add_dynamic_items(Again)

    async with open_stage(connect=False) as stage:
        async with stage.connected() as first:
            view = Kept()
            view.add_item(Again("c0ffee"))
            await first.get_channel(int(VERSES_ID)).send("x", view=view)
        await stage.until(lambda: not stage.world.bot_connected)
        async with stage.connected(prepare):
            for button, text in (("Still here?", "still here"), ("Again", "again c0ffee")):
                interaction = press(stage, button)
                await stage.until(lambda asked=interaction: asked.original)
                assert interaction.original.content == text


@pytest.mark.asyncio
async def test_late_unknown_and_second_answers_to_a_button_are_refused() -> None:
    async with open_stage() as stage:
        message = stage.world.messages[(await post(stage, [row(BUTTON)]))["id"]]
        first, second = press(stage, "Again", message), press(stage, "Again", message)
        as_bot_has_it, other = await stage.seen_by_bot(first), await stage.seen_by_bot(second)

        async def code(asked):
            refused = await stage.refused(asked)
            return refused.status, refused.code

        foreign = replace(first, token=second.token)
        assert await code(stage.call_back(foreign, 4, {"content": "x"})) == (404, 10062)
        assert await code(stage.call_back(replace(first, id="42"), 4, {"content": "x"})) == (404, 10062)
        assert stage.problem_at(await stage.refused(stage.call_back(first, 8)), "type") == "BASE_TYPE_CHOICES"
        await as_bot_has_it.response.defer()
        assert await code(stage.call_back(first, 7, {"content": "x"})) == (400, 40060)
        stage.world.move_clock(4)
        assert await code(other.response.edit_message(content="late")) == (404, 10062)
        stage.world.move_clock(901)
        assert await code(as_bot_has_it.followup.send("dead")) == (401, 50027)


@pytest.mark.asyncio
async def test_an_old_message_is_updated_by_its_buttons_without_a_limit() -> None:
    async with open_stage() as stage:
        message = stage.world.messages[(await post(stage, [row(BUTTON)]))["id"]]
        stage.world.move_clock(3700)
        for number in range(5):
            seen = await stage.seen_by_bot(press(stage, "Again", message))
            await seen.response.edit_message(content=str(number))
        assert message.content == "4"
        await seen.message.delete()
        pressed = await stage.control("POST", "/presses", {"button": "Again"})
        assert pressed.json() == {"error": "#verses has no button 'Again'."}
