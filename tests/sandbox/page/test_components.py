"""What the page shows of answers and components, with a bot of discord.py at the other side."""

import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sandbox.client import members, typed_input
from sandbox.demo.child_processes import free_port
from sandbox.schemas.fields import Json
from sandbox.schemas.message_form import MessageForm
from sandbox.server import serving
from sandbox.world import guild_changes
from sandbox.world.guild_objects import FORUM
from sandbox.world.ids import ANNOUNCEMENTS_ID, STAFF_ID, VERSES_ID
from sandbox.world.starting_guild import TEACHER
from sandbox.world.threads import thread_starts
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.bot_with_layouts import Entities, Layout
from tests.sandbox.stage import Stage, open_stage

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f030005"
    "fe02fea7c5a1d90000000049454e44ae426082"
)
"""A PNG of one pixel."""

FILES = {"a.png": PICTURE, "a.txt": b"once more"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(prepare=with_buttons) as stage:
        yield stage


async def test_a_select_is_used_with_the_keyboard(stage: Stage, page: Page) -> None:
    stage.type("/buttons")
    select = page.get_by_role("button", name="Kind")
    await select.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listbox", name="Kind")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(select).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages > li").last).to_contain_text("it is Char")


async def test_thinking_is_shown_until_the_answer_is_there(stage: Stage, page: Page) -> None:
    interaction = stage.type("/later")
    newest = page.locator("#messages > li").last
    await expect(newest).to_contain_text("shakelm is thinking")
    seen = await stage.seen_by_bot(interaction)
    await seen.followup.send("at last")
    await expect(newest).not_to_contain_text("thinking")
    await expect(newest.locator(".content")).to_have_text("at last")


async def test_a_command_and_a_button_without_an_answer_say_so(stage: Stage, page: Page) -> None:
    stage.type("/silent")
    await stage.until(lambda: stage.bot.interactions)
    stage.world.move_clock(4)
    failure = page.locator("#messages > li").last
    await expect(failure).to_contain_text("/silent: The application did not respond.")
    await failure.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator("#messages > li")).to_have_count(0)
    await page.reload()
    await expect(page.locator("body[data-ready]")).to_be_attached()
    await expect(page.locator("#messages > li")).to_have_count(0)
    view = discord.ui.View()
    view.add_item(discord.ui.Button(label="Nobody listens", custom_id="none"))
    await stage.channel.send("press", view=view)
    view.stop()
    button = page.get_by_role("button", name="Nobody listens")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    stage.world.move_clock(8)
    await expect(page.locator(".component-failure")).to_have_text("This interaction failed.")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_pictures_have_their_text_and_nothing_is_loaded_from_outside(stage: Stage, page: Page) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    file = discord.File(io.BytesIO(PICTURE), "dot.png", description="a dot")
    embed = discord.Embed(title="Shown").set_image(url="attachment://dot.png")
    embed.set_thumbnail(url="https://outside.example/picture.png")
    await stage.channel.send(embed=embed, file=file)
    picture = page.get_by_role("img", name="a dot")
    await expect(picture).to_have_count(1)
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    await expect(page.get_by_role("link", name="https://outside.example/picture.png")).to_be_visible()
    assert requested and all(url.startswith(stage.box.address) for url in requested)


async def test_an_edit_keeps_the_focus_where_it_was(stage: Stage, page: Page) -> None:
    _, message = await stage.answered("/buttons")
    button = page.get_by_role("button", name="Later")
    await button.focus()
    sent = await stage.channel.fetch_message(int(message.id))
    await sent.edit(content="still here")
    await expect(page.locator("#messages > li").last).to_contain_text("still here")
    await expect(button).to_be_focused()


async def test_threads_posts_and_forwards_are_shown_where_they_belong(stage: Stage, page: Page) -> None:
    world, student = stage.world, stage.user("student")
    forum = guild_changes.add_channel(world, "poems", FORUM, "Post your poems")
    post, _ = thread_starts.post(world, student, forum, "Mine", MessageForm(content="To be"), [])
    root = typed_input.write(world, student, VERSES_ID, "a root")
    thread = thread_starts.start_from_message(world, student, root, "Below it")
    channels = page.locator("#channel-list button")
    await expect(channels.locator(".channel-name")).to_have_text(
        ["verses", "Below it", "announcements", "poems", "Mine"]
    )
    await page.locator("#messages").get_by_role("button", name="Below it").click()
    await expect(page.locator("#messages > li .content")).to_have_text(["a root"])
    said = typed_input.write(world, student, thread.id, "deep **inside**")
    typed_input.forward(world, student, post.id, said.id)
    await channels.filter(has_text="poems").click()
    await page.locator("#empty").get_by_role("button", name="Mine").click()
    forwarded = page.locator("#messages > li").last.locator(".forwarded")
    await expect(forwarded).to_contain_text("deep inside")
    guild_changes.change_thread(world, post, locked=True)
    await expect(page.locator("#line")).to_have_attribute("placeholder", "The thread Mine is locked")
    locked = channels.filter(has_text="Mine")
    assert "forum" not in await locked.inner_text() and "locked" in await locked.inner_text()


async def test_long_names_and_words_stay_inside_a_narrow_page(stage: Stage, page: Page) -> None:
    world, student, name = stage.world, stage.user("student"), "W" * 100
    await page.set_viewport_size({"width": 360, "height": 640})
    forum = guild_changes.add_channel(world, "poems", FORUM, "")
    thread_starts.post(world, student, forum, name, MessageForm(content="To be"), [])
    root = typed_input.write(world, student, VERSES_ID, "W" * 1000)
    thread = thread_starts.start_from_message(world, student, root, name)
    typed_input.forward(world, student, thread.id, root.id)
    scroller, beyond = page.locator("#scroller"), "element => element.scrollWidth - element.clientWidth"
    opener = page.locator("#messages .to-channel")
    await expect(opener).to_contain_text(name)
    assert await scroller.evaluate(beyond) == 0
    await opener.click()
    await expect(page.locator(".forwarded")).to_be_visible()
    assert await scroller.evaluate(beyond) == 0
    for label in ("Traffic", "Members"):
        await expect(page.get_by_role("button", name=label, exact=True)).to_be_in_viewport(ratio=1)
    await page.get_by_label("Channels and settings").click()
    await page.locator("#channel-list button", has_text="poems").click()
    await expect(page.locator("#empty .to-channel")).to_contain_text(name)
    assert await scroller.evaluate(beyond) == 0


async def test_new_messages_are_announced_once_and_waiting_ones_when_they_are_done(
    stage: Stage, page: Page
) -> None:
    region = page.locator("#announcements p")
    stage.type("/queued")
    await expect(region.last).to_have_text("shakelm: the verse")
    said = await region.all_inner_texts()
    assert len([text for text in said if "the verse" in text]) == 1


async def test_the_second_version_is_drawn_once_and_read_aloud(stage: Stage, page: Page) -> None:
    files = [discord.File(io.BytesIO(content), name) for name, content in FILES.items()]
    await stage.channel.send(view=Layout(), files=files)
    message = page.locator("#messages > li").last
    await expect(message.locator(".container .section .text-display")).to_have_text("To be")
    await expect(message.locator(".container hr")).to_have_count(1)
    await expect(message.locator(".container .gallery img")).to_have_count(1)
    await expect(message.locator("img")).to_have_count(1)
    await expect(message.get_by_role("link", name="https://example.org/a.png")).to_be_visible()
    link = message.get_by_role("link", name="a.txt")
    await expect(link).to_have_count(1)
    async with page.expect_download() as download:
        await link.click()
    assert (await (await download.value).path()).read_bytes() == FILES["a.txt"]
    await expect(page.locator("#announcements p").last).to_have_text("shakelm: To be 2 attached")
    await message.get_by_role("button", name="Who").click()
    await page.locator(".option").filter(has_text="@teacher").click()
    picked = await stage.until(lambda: stage.bot.interactions)
    data: Any = picked[0].data
    assert data["values"] == [TEACHER.id]
    await picked[0].response.defer()
    await expect(message.get_by_role("button", name="Who")).not_to_have_attribute("aria-busy", "true")


async def test_hidden_parts_are_shown_by_a_press_and_stay_so(stage: Stage, page: Page) -> None:
    view = discord.ui.LayoutView()
    gallery = discord.MediaGalleryItem("attachment://a.png", description="a dot", spoiler=True)
    view.add_item(discord.ui.MediaGallery(gallery))
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("the end"), spoiler=True))
    view.add_item(discord.ui.Separator(visible=False, spacing=discord.SeparatorSpacing.large))
    view.add_item(discord.ui.File("attachment://a.txt", spoiler=True))
    files = [discord.File(io.BytesIO(content), name) for name, content in FILES.items()]
    sent = await stage.channel.send(view=view, files=files)
    picture, text = page.get_by_role("img", name="a dot"), page.locator(".container")
    await expect(page.locator(".hidden-part summary")).to_have_count(3)
    await expect(page.locator("#announcements p").last).to_have_text("shakelm: 2 attached")
    await expect(picture).to_be_hidden()
    await expect(text).to_be_hidden()
    await page.locator(".hidden-part summary").first.click()
    await expect(picture).to_be_visible()
    view.add_item(discord.ui.TextDisplay("more"))
    await sent.edit(view=view)
    await expect(page.get_by_text("more", exact=True)).to_be_visible()
    await expect(picture).to_be_visible()
    await expect(text).to_be_hidden()
    hidden = discord.File(io.BytesIO(PICTURE), "b.png", spoiler=True)
    await stage.channel.send(file=hidden)
    await expect(page.locator("#messages > li").last.locator(".attachments summary")).to_have_text("Spoiler")


async def test_a_line_that_is_pasted_fills_in_each_option_and_loses_nothing(page: Page) -> None:
    line, newest = page.locator("#line"), page.locator("#messages > li").last
    await line.fill("/hello name: Romeo times: 2")
    await page.keyboard.press("Enter")
    await expect(newest).to_contain_text("hello, hello Romeo at 0.5")
    await line.fill("/hello by the way name: Juliet")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer-error")).to_contain_text("“by the way” belongs to no option")
    await page.get_by_label("Option", exact=True).fill("")
    await page.get_by_label("name", exact=True).fill("")
    await page.get_by_label("name", exact=True).press_sequentially("name: Juliet")
    await page.keyboard.press("Enter")
    await expect(newest).to_contain_text("hello Juliet at 0.5")


async def test_a_link_to_a_message_leads_to_it_on_the_page(stage: Stage, page: Page) -> None:
    target, secret = (
        typed_input.write(stage.world, stage.user("teacher"), channel_id, "here I am")
        for channel_id in (ANNOUNCEMENTS_ID, STAFF_ID)
    )
    here = stage.channel.jump_url.removesuffix(VERSES_ID)
    there = f"[there]({here}{ANNOUNCEMENTS_ID}/{target.id})"
    await stage.channel.send(f"{there} [secret]({here}{STAFF_ID}/{secret.id})")
    await page.get_by_role("link", name="secret").click()
    await expect(page.locator("#announcements p").last).to_have_text("You have no access to this link")
    await page.get_by_role("link", name="there").click()
    await expect(page.locator("#channel-name")).to_have_text("announcements")
    await expect(page.locator("#messages > li:focus")).to_contain_text("here I am")
    assert page.context.pages == [page]


async def test_an_option_is_found_by_the_beginning_of_its_name(page: Page) -> None:
    error, adder = page.locator("#composer-error"), page.get_by_label("Option", exact=True)
    await page.locator("#line").fill("/hello name: Romeo")
    await adder.fill("by the way")
    await page.keyboard.press("Enter")
    await expect(error).to_be_visible()
    await adder.fill("")
    await expect(error).to_be_hidden()
    await adder.press_sequentially("ti")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("times", exact=True)).to_be_focused()
    await expect(adder).to_have_value("")
    await page.keyboard.type("2")
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages > li").last).to_contain_text("hello, hello Romeo at 0.5")


async def test_a_wrong_value_of_each_kind_is_refused_at_its_field(stage: Stage, page: Page) -> None:
    for name, value, sentence in (
        ("times", "9", "takes a number from 1 to 5, not 9"),
        ("times", "1.5", "takes a whole number, not '1.5'"),
        ("heat", "nan", "takes a number, not 'nan'"),
        ("loud", "maybe", "takes true or false, not 'maybe'"),
        ("name", "x" * 21, "takes 1 to 20 characters; these are 21"),
    ):
        await page.locator("#line").fill("/hello name: Romeo times: 2 heat: 1 loud: True")
        field = page.get_by_label(name, exact=True)
        await field.fill(value)
        await page.keyboard.press("Enter")
        await expect(page.locator(".field.wrong .field-error")).to_contain_text(sentence)
        await expect(field).to_be_focused()
        await page.keyboard.press("Escape")
    assert not stage.world.interactions


async def test_an_edit_hides_no_spoiler_that_was_opened_and_opens_no_other(stage: Stage, page: Page) -> None:
    sent = await stage.channel.send("||first|| and ||second||")
    spoilers = page.locator("#messages .spoiler")
    await spoilers.nth(1).click()
    await sent.edit(content="||first|| and ||second|| edited")
    await expect(page.locator("#messages > li")).to_contain_text("edited")
    await expect(page.locator(".spoiler.shown")).to_have_text("second")
    await expect(spoilers).to_have_count(2)


async def test_odd_names_are_shown_as_they_are(stage: Stage, page: Page) -> None:
    for name in ("<img src=x>", " ", "x" * 100, "\u202eevil", "🎭"):
        typed_input.write(stage.world, members.join(stage.world, name), VERSES_ID, f"I am {name}")
    await expect(page.locator("#messages > li")).to_have_count(5)
    await expect(page.locator("#messages .author").first).to_have_text("<Img Src=X>")
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    scroller = page.locator("#scroller")
    assert await scroller.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    await page.get_by_label("Speak as").select_option("🎭")
    await expect(page.locator(".member", has_text="🎭")).to_contain_text("you")


async def test_enter_that_is_pressed_twice_sends_once(page: Page) -> None:
    line = page.locator("#line")
    twice = "form => { form.requestSubmit(); form.requestSubmit(); }"
    await line.fill("once")
    await page.locator("#composer").evaluate(twice)
    await expect(line).to_have_value("")
    await line.press_sequentially("/buttons")
    await expect(page.locator("#suggestion-list [role=option]").first).to_contain_text("/buttons")
    await page.keyboard.press("Enter")
    await page.locator("#composer").evaluate(twice)
    await expect(page.locator("#messages > li").last).to_contain_text("choose")
    await line.fill("once")  # what was sent before may be sent again
    await line.press("Enter")
    await expect(page.locator("#messages > li").last).to_contain_text("once")
    await expect(page.locator("#messages .content")).to_have_text(["once", "choose", "once"])


async def test_the_list_stays_at_its_end_when_its_width_changes(stage: Stage, page: Page) -> None:
    student = stage.user("student")
    for number in range(200):
        typed_input.write(stage.world, student, VERSES_ID, f"{number} " + "word " * (number % 40))
    last = page.locator("#messages > li").last
    await expect(last).to_contain_text("199 word")
    await page.reload()
    traffic = page.get_by_role("button", name="Traffic", exact=True)
    for _ in range(2):
        await expect(last).to_be_in_viewport(ratio=1)
        await traffic.click()
        await expect(page.locator("#to-newest")).to_be_hidden()
    await page.set_viewport_size({"width": 500, "height": 800})
    await expect(last).to_be_in_viewport(ratio=1)
    await page.locator("#scroller").evaluate("element => element.scrollTop = 0")
    await expect(page.locator("#to-newest")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
async def test_long_words_and_large_pictures_stay_inside(stage: Stage, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    label = "W" * 80
    select = discord.ui.ChannelSelect[Any](placeholder=label)
    box: discord.ui.Container[Any] = discord.ui.Container(
        discord.ui.Section(label, accessory=discord.ui.Button(label=label, custom_id="a")),
        discord.ui.ActionRow(discord.ui.Button(label=label, custom_id="b")),
        discord.ui.ActionRow(select),
    )
    await stage.channel.send(view=discord.ui.LayoutView().add_item(box))
    embed = discord.Embed(title=label).set_author(name=label).set_footer(text=label)
    await stage.channel.send(f"{label} `{label}`\n> {label}", embed=embed.add_field(name=label, value=label))
    await expect(page.locator(".embed-footer")).to_have_text(label)
    for element in ("document.documentElement", "document.getElementById('scroller')"):
        assert await page.evaluate(f"{element}.scrollWidth - {element}.clientWidth") == 0
    button = await page.locator(".section .button").bounding_box()
    assert button and button["x"] + button["width"] <= width


async def test_selects_that_discord_lists_are_used_with_the_keyboard(stage: Stage, page: Page) -> None:
    await stage.channel.send("choose", view=Entities())
    for select, labels, answer in (
        ("Who", ["Teacher", "Student"], "teacher, student"),
        ("Role", ["@Teacher"], "Teacher"),
        ("Anybody", ["Student", "@Assistant"], "Member, Role"),
        ("Where", ["#announcements"], "announcements "),
    ):
        await page.get_by_role("button", name=select).focus()
        await page.keyboard.press("Enter")
        listed = page.get_by_role("listbox", name=select)
        for label in labels:
            await page.keyboard.press("Home")
            while await page.locator(".option:focus .option-label").inner_text() != label:
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Space")
        if len(labels) > 1:
            await page.keyboard.press("Enter")
        await expect(listed).to_be_hidden()
        await expect(page.locator("#messages > li").last).to_contain_text(answer)


async def test_the_panel_follows_the_live_model(stage: Stage, page: Page) -> None:
    live = "shakespeare-char@1"

    async def look() -> Json:
        return {"queues": [], "live_model": live}

    stage.box.machinery.look = look
    await page.get_by_role("button", name="Traffic").click()
    shown = page.locator(".live-model")
    await expect(shown).to_have_text("Live model: shakespeare-char@1")
    live = "quijote@2"
    await expect(shown).to_have_text("Live model: quijote@2")
    live = ""
    await expect(shown).to_be_hidden()


async def test_the_focus_stays_in_the_traffic_while_more_comes(stage: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Traffic").click()
    await page.get_by_label("Show", exact=True).select_option("all")
    await stage.channel.send("one")
    first = page.locator(".entries summary").first
    await first.focus()
    before = await page.locator(".entries > li").count()
    await stage.channel.send("two")
    await expect(page.locator(".entries > li")).not_to_have_count(before)
    await expect(first).to_be_focused()


async def test_faults_that_wait_are_taken_back(stage: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Traffic").click()
    await page.set_viewport_size({"width": 640, "height": 430})  # as at a zoom of 200%
    await page.get_by_text("Cause a fault").click()
    entries = await page.get_by_role("region", name="Entries").bounding_box()
    assert entries and entries["height"] >= 100
    await page.get_by_label("Times").fill("1000")
    await page.get_by_role("button", name="Cause it").click()
    await expect(page.locator(".pending")).to_have_text("1 fault waits for requests.")
    await page.get_by_role("button", name="Take them back").click()
    await expect(page.get_by_role("button", name="Take them back")).to_be_hidden()
    assert stage.box.faults.pending == 0
    await stage.channel.send("nothing fails")


async def test_the_page_comes_back_with_its_server(own_browser: Browser) -> None:
    port = free_port()
    page = await own_browser.new_page()
    speaks_as = page.get_by_label("Speak as")
    async with serving(port=port) as box:
        members.join(box.world, "classmate")
        await page.goto(f"{box.address}/?as=classmate")
        await expect(speaks_as).to_have_value("classmate")
        await page.locator("#line").fill("before")
        await page.keyboard.press("Enter")
        await expect(page.locator("#messages > li")).to_contain_text("before")
    await expect(page.locator("#disconnected")).to_be_visible()
    async with serving(port=port):
        await expect(page.locator("#disconnected")).to_be_hidden()
        await expect(speaks_as).to_have_value("student")  # nobody knows the classmate here
        await expect(page.locator("#messages > li")).to_have_count(0)
        await page.locator("#line").fill("after")
        await page.keyboard.press("Enter")
        await expect(page.locator("#messages > li")).to_contain_text("after")
        await page.close()
