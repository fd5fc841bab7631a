"""What the page shows of answers and components, with a bot of discord.py at the other side."""

import io
from collections.abc import AsyncIterator

import discord
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.page.chat_page import WAIT_MS
from tests.sandbox.stage import Stage, open_stage

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f030005"
    "fe02fea7c5a1d90000000049454e44ae426082"
)
"""A PNG of one pixel."""


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
    await expect(page.locator("body[data-ready]")).to_be_attached(timeout=WAIT_MS)
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


async def test_new_messages_are_announced_once_and_waiting_ones_when_they_are_done(
    stage: Stage, page: Page
) -> None:
    region = page.locator("#announcements p")
    stage.type("/queued")
    await expect(region.last).to_have_text("shakelm: the verse")
    said = await region.all_inner_texts()
    assert len([text for text in said if "the verse" in text]) == 1
