"""Modals on the page, with a bot of discord.py at the other side."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FilePayload, Page, expect

from sandbox.world.ids import ANNOUNCEMENTS_ID, TEACHER_ROLE_ID
from sandbox.world.starting_guild import STUDENT
from tests.sandbox.bot_with_buttons import with_buttons
from tests.sandbox.bot_with_layouts import with_everything
from tests.sandbox.little_bot import LittleBot
from tests.sandbox.stage import Stage, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPTIONS = [{"label": label, "value": label.lower()} for label in ("One", "Two", "Three")]


def prepared(bot: LittleBot) -> None:
    with_everything(bot)
    with_buttons(bot)


@pytest_asyncio.fixture(loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(prepare=prepared) as stage:
        yield stage


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    """A file that is larger than Discord takes, by its name `large.txt`."""
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(10 * 2**20 + 1)
    return path


async def type_command(page: Page, name: str) -> None:
    await page.locator("#line").press_sequentially(f"/{name}")
    await expect(page.locator("#suggestion-list [role=option]").first).to_contain_text(f"/{name}")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")


async def open_modal(stage: Stage, page: Page, *components: dict[str, Any]) -> None:
    """Use a command, and let the bot open a modal for it with these components, past discord.py's checks."""
    await type_command(page, "silent")
    interaction = await stage.until(lambda: next(reversed(stage.world.interactions.values()), None))
    await stage.seen_by_bot(interaction)
    await stage.call_back(interaction, 9, {"custom_id": "m", "title": "Modal", "components": components})
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_a_modal_opens_for_nobody_but_who_asked(stage: Stage, page: Page) -> None:
    await type_command(page, "silent")
    interaction = await stage.until(lambda: next(reversed(stage.world.interactions.values()), None))
    await stage.seen_by_bot(interaction)
    await page.get_by_label("Speak as").select_option("teacher")
    await expect(page.locator(".member", has_text="Teacher")).to_contain_text("you")
    field = {"type": 4, "custom_id": "x", "style": 1, "label": "Private", "value": "mine"}
    modal = {"custom_id": "m", "title": "Modal", "components": [{"type": 1, "components": [field]}]}
    await stage.call_back(interaction, 9, modal)
    await page.locator("#line").fill("I am the teacher")
    await page.locator("#line").press("Enter")
    await expect(page.locator("#messages > li")).to_contain_text("I am the teacher")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def submitted(stage: Stage) -> list[Any]:
    """What the bot gets under the labels of the modal that the page submits."""
    interaction = await stage.until(
        lambda: next((one for one in stage.world.interactions.values() if one.trigger), None)
    )
    data: Any = (await stage.seen_by_bot(interaction)).data
    await stage.call_back(interaction, 4, {"content": "done"})
    return [row["component"] for row in data["components"] if "component" in row]


async def violations(page: Page) -> list[Any]:
    return list((await Axe().run(page)).response["violations"])


async def test_files_are_attached_to_a_modal_and_wrong_ones_refused_at_their_field(
    page: Page, large_file: Path
) -> None:
    await type_command(page, "everything")
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator(".text-display")).to_have_text("Read this")
    await dialog.get_by_label("Who").select_option(label="Teacher (@teacher)")
    files, submit = dialog.get_by_label("Files"), dialog.get_by_role("button", name="Submit")
    await files.set_input_files([payload(f"{n}.txt", b"x") for n in range(3)])
    await submit.click()
    await expect(dialog.locator(".field-error").last).to_have_text(
        "The field Files takes 1 to 2 files; these are 3."
    )
    await expect(files).to_have_attribute("aria-invalid", "true")
    await files.set_input_files(large_file)
    await expect(files).not_to_have_attribute("aria-invalid", "true")
    await submit.click()
    await expect(dialog.locator(".field-error").last).to_have_text("large.txt is larger than 10 MiB.")
    await files.set_input_files([payload("<b>a</b>.txt", b"to be"), payload("b.txt", b"or not")])
    await expect(dialog.locator(".file-names li")).to_have_text(["<b>a</b>.txt", "b.txt"])
    assert await violations(page) == []
    await submit.click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator("#messages > li").last).to_contain_text("teacher: to be or not")


async def test_required_files_and_boxes_of_each_kind(stage: Stage, page: Page) -> None:
    await open_modal(
        stage,
        page,
        {"type": 18, "label": "Proof", "component": {"type": 19, "custom_id": "a proof"}},
        {"type": 18, "label": "Which", "component": {"type": 21, "custom_id": "which", "options": OPTIONS}},
        {
            "type": 18,
            "label": "Some",
            "description": "Two at most",
            "component": {"type": 22, "custom_id": "some", "options": OPTIONS, "max_values": 2},
        },
        {"type": 18, "label": "Sure", "component": {"type": 23, "custom_id": "sure"}},
    )
    dialog = page.get_by_role("dialog")
    submit = dialog.get_by_role("button", name="Submit")
    await expect(dialog.get_by_label("Proof")).to_be_focused()
    await expect(dialog.get_by_label("Proof")).to_have_accessible_description("1 file, at most 10 MiB each.")
    await submit.click()
    wrong = dialog.locator(".field-error:not(:empty)")
    await expect(wrong).to_have_text("The field Proof takes 1 file; these are 0.")
    await dialog.get_by_label("Proof").set_input_files(payload("a.txt", b"x"))
    await submit.click()
    await expect(dialog.locator(".field-error:not(:empty)")).to_contain_text(
        "Which takes 1 value; these are 0"
    )
    await dialog.get_by_role("radio", name="Two").check()
    for name in ("One", "Two", "Three"):
        await dialog.get_by_role("checkbox", name=name).check()
    await submit.click()
    await expect(wrong).to_have_text("Some takes 1 to 2 different values; these are 3.")
    await dialog.get_by_role("checkbox", name="Three").uncheck()
    await dialog.get_by_role("checkbox", name="Sure").check()
    assert await violations(page) == []
    await submit.click()
    proof, which, some, sure = await submitted(stage)
    (attached,) = proof["values"]
    assert stage.world.attachments[attached].content == b"x"
    assert (which["value"], some["values"], sure["value"]) == ("two", ["one", "two"], True)
    await expect(dialog).to_be_hidden()


async def test_what_discord_lists_is_picked_in_a_modal(stage: Stage, page: Page) -> None:
    def label(name: str, kind: int, **fields: Any) -> dict[str, Any]:
        return {"type": 18, "label": name, "component": {"type": kind, "custom_id": name, **fields}}

    await open_modal(
        stage,
        page,
        label("Role", 6, required=False),
        label("Anybody", 7, max_values=2),
        label("Where", 8, channel_types=[0], default_values=[{"id": ANNOUNCEMENTS_ID, "type": "channel"}]),
        label("Announced", 8, channel_types=[5], required=False),
    )
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Where").locator("option:checked")).to_have_text("#announcements")
    await expect(dialog.get_by_label("Announced").locator("option")).to_have_text(["Make a selection"])
    await dialog.get_by_role("checkbox", name="Student").check()
    await dialog.get_by_role("checkbox", name="@Teacher", exact=True).check()
    await dialog.get_by_role("button", name="Submit").click()
    role, anybody, where, announced = await submitted(stage)
    assert (role["values"], announced["values"]) == ([], [])
    assert anybody["values"] == [STUDENT.id, TEACHER_ROLE_ID]
    assert where["values"] == [ANNOUNCEMENTS_ID]


async def test_a_file_is_the_value_of_an_option(page: Page, large_file: Path) -> None:
    await page.locator("#line").press_sequentially("/reads ")
    field = page.get_by_label("text", exact=True)
    await field.set_input_files(large_file)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".field-error")).to_have_text("large.txt is larger than 10 MiB.")
    await field.set_input_files(payload("verse.txt", b"Once more"))
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#messages > li").last).to_contain_text("Once more")
