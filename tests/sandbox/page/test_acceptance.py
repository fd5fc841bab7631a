"""The page in a real browser, before the real bot and its workers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from tests.sandbox.page.chat_page import WAIT_MS, ChatPage, opened
from tests.support.full_stack import Stack, serving
from tests.support.waiting import eventually
from worker.queue import pausing

WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=360, height=640)
ZOOMED = ViewportSize(width=640, height=400)
"""The window of 1280 by 800 pixels at a zoom of 200 %."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    corpus = folder / "small.txt"
    lines = ("To be, or not to be: that is the question.", "Whether 'tis nobler in the mind to suffer.")
    corpus.write_text("\n".join(lines * 400) + "\n")
    with serving(folder, corpus) as stack:
        stack.discord.post("members", {"name": "classmate"})
        stack.start_all()
        yield stack


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that has the page's files already, as that of a person who comes back."""
    with browser.new_context(viewport=WIDE) as profile:
        yield profile


@pytest.fixture
def student(profile: BrowserContext, stack: Stack) -> Iterator[ChatPage]:
    with opened(profile, stack.discord.address) as chat:
        yield chat


@pytest.fixture
def teacher(profile: BrowserContext, stack: Stack) -> Iterator[ChatPage]:
    with opened(profile, stack.discord.address, "teacher") as chat:
        yield chat


@pytest.fixture
def verse(student: ChatPage) -> ChatPage:
    """A student who has just got a verse."""
    ask_for_verse(student, "the winter of our discontent")
    return student


def ask_for_verse(chat: ChatPage, seed: str, more: str = "") -> None:
    before = chat.messages.count()
    chat.use(f"/verse seed: {seed} lines: 2 {more}".strip())
    expect(chat.messages).to_have_count(before + 1)
    expect(chat.newest.locator(".embed-footer")).to_contain_text("temperature")


def violations(chat: ChatPage, **options: Any) -> list[Any]:
    found = Axe().run(chat.page, options=options).response["violations"]
    return [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]


def check_both_themes(chat: ChatPage) -> None:
    """Hold what is shown to every rule, and its colors to theirs in the dark too."""
    assert violations(chat) == []
    chat.page.emulate_media(color_scheme="dark")
    assert violations(chat, runOnly=["color-contrast"]) == []
    chat.page.emulate_media(color_scheme="light")


# The tests with axe come first: it looks at each message in the channel.


def test_axe_finds_no_violation(student: ChatPage) -> None:
    ask_for_verse(student, "no violation")
    student.use("/help")
    expect(student.newest).to_contain_text("Only you can see this")
    check_both_themes(student)
    student.page.locator("#line").focus()
    student.type("/")
    expect(student.suggestions.first).to_be_visible()
    check_both_themes(student)
    student.type("verse style: ")
    expect(student.suggestions.first).to_be_visible()
    check_both_themes(student)
    student.type("<Escape>", "<Escape>")
    student.message("no violation").get_by_role("button", name="Change…").click()
    expect(student.page.get_by_role("dialog")).to_be_visible()
    check_both_themes(student)


def test_axe_finds_no_violation_in_the_traffic(student: ChatPage) -> None:
    student.page.get_by_role("button", name="Traffic").click()
    student.use("/help")
    used = student.page.locator("summary").filter(has_text="INTERACTION_CREATE")
    expect(used).to_be_visible()
    used.click()
    expect(student.page.locator(".entries pre").first).to_contain_text('"name": "help"')
    expect(student.page.locator(".entries pre").first).to_contain_text('"token": "•••"')
    check_both_themes(student)


def test_axe_finds_no_violation_in_a_drawer_of_a_narrow_screen(student: ChatPage) -> None:
    student.page.set_viewport_size(NARROW)
    student.page.get_by_role("button", name="Channels and settings").click()
    check_both_themes(student)


def test_the_page_fits_a_phone_and_a_zoom_of_200_percent(verse: ChatPage) -> None:
    for viewport in (NARROW, ZOOMED):
        verse.page.set_viewport_size(viewport)
        assert verse.overflow() <= 0
        box = verse.page.locator("#composer").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"]
        assert box["y"] + box["height"] <= viewport["height"]
        verse.page.locator("#line").focus()
        verse.type("/verse seed: word temperature: 0.5 style: ")
        assert verse.overflow() <= 0
        expect(verse.suggestions.first).to_be_in_viewport()
        verse.page.get_by_label("style", exact=True).fill("")
        verse.type("<Escape>", "<Escape>")
        verse.newest.get_by_role("button", name="Change…").click()
        form = verse.page.get_by_role("dialog", name="Change the verse")
        expect(form.get_by_role("textbox").first).to_be_focused()
        assert verse.overflow() <= 0
        verse.type("<Escape>")
        expect(form).to_be_hidden()


def test_a_verse_and_another_one_by_keyboard_alone(student: ChatPage) -> None:
    student.type("/ver")
    expect(student.suggestions.first).to_contain_text("/verse")
    student.type("<Enter>", "see", "<ArrowDown>", "<Enter>", "O gentle night", "<Tab>", "lines:", "2")
    expect(student.page.get_by_label("lines", exact=True)).to_have_value("2")
    student.type("<Enter>")
    first = student.message("O gentle night")
    expect(first.locator(".embed-footer")).to_contain_text("temperature")
    expect(first).to_contain_text("Student used /verse")
    count = student.messages.count()
    student.step_back_to("Again")
    student.type("<Enter>")
    expect(student.messages).to_have_count(count + 1)
    expect(student.newest.locator(".embed-footer")).to_contain_text("temperature")
    expect(student.messages.nth(count - 1).get_by_role("button", name="Again")).to_be_focused()


def test_a_wrong_value_is_refused_by_its_field_before_it_is_sent(student: ChatPage, stack: Stack) -> None:
    before = len(stack.discord.get("interactions"))
    student.type("/verse temperature: 9 lines: 2", "<Enter>")
    field = student.page.get_by_label("temperature", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(student.page.locator(".field.wrong .field-error")).to_contain_text("from 0 to 2, not 9")
    assert len(stack.discord.get("interactions")) == before


def test_a_modal_with_a_wrong_value_is_told_and_can_be_mended(verse: ChatPage) -> None:
    verse.newest.get_by_role("button", name="Change…").click()
    dialog = verse.page.get_by_role("dialog")
    lines = dialog.get_by_label("Lines")
    lines.fill("")
    verse.type("<Enter>")
    expect(lines).to_have_attribute("aria-invalid", "true")
    expect(dialog).to_contain_text("is required")
    lines.fill("99")
    verse.type("<Enter>")
    expect(dialog).to_be_hidden()
    answer = verse.message("That did not work")
    expect(answer).to_contain_text("Only you can see this")
    answer.get_by_role("button", name="Edit again").click()
    dialog.get_by_label("Lines").fill("2")
    verse.type("<Enter>")
    expect(verse.newest.locator(".embed-footer")).to_contain_text("temperature")


def test_a_modal_keeps_the_focus_and_gives_it_back(verse: ChatPage) -> None:
    verse.step_back_to("Change…")
    verse.type("<Enter>")
    expect(verse.page.get_by_role("dialog")).to_be_visible()
    for _ in range(12):
        verse.type("<Tab>")
        outside = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
        assert not verse.page.evaluate(outside)
    verse.type("<Escape>")
    expect(verse.page.get_by_role("dialog")).to_be_hidden()
    expect(verse.newest.get_by_role("button", name="Change…")).to_be_focused()


def test_a_private_verse_is_seen_by_one_member_alone(
    student: ChatPage, profile: BrowserContext, stack: Stack
) -> None:
    with opened(profile, stack.discord.address, "classmate") as classmate:
        ask_for_verse(student, "a secret thought", "private: True")
        expect(student.newest).to_contain_text("Only you can see this")
        ask_for_verse(student, "a thought for all")
        expect(classmate.message("a thought for all")).to_be_visible()
        expect(classmate.messages.filter(has_text="a secret thought")).to_have_count(0)


def test_the_menu_of_a_message_uses_it_as_a_seed(student: ChatPage) -> None:
    student.type("shall I compare thee", "<Enter>")
    expect(student.newest).to_contain_text("shall I compare thee")
    student.step_back_to("More for the message by Student")
    student.type("<Enter>")
    expect(student.page.get_by_role("menu")).to_be_visible()
    assert student.focused == "Continue as verse"
    student.type("<Enter>")
    expect(student.newest.locator(".embed")).to_contain_text("shall I compare thee")
    expect(student.newest.locator(".embed-footer")).to_contain_text("temperature")


def test_a_student_may_not_use_admin_commands_and_a_teacher_may(student: ChatPage, teacher: ChatPage) -> None:
    student.type("/admin status")
    expect(student.page.locator("#suggestions")).to_contain_text("No command matches")
    student.type("<Enter>")
    expect(student.page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "no command /admin for you"
    )
    student.page.get_by_label("Speak as").select_option("teacher")
    expect(student.page.locator(".member", has_text="Teacher")).to_contain_text("you")
    for chat in (student, teacher):
        chat.use("/admin status")
        expect(chat.newest).to_contain_text("Only you can see this")


def test_a_reload_in_mid_verse_loses_nothing(student: ChatPage, stack: Stack) -> None:
    pausing.pause(stack.redis)
    student.use("/verse seed: patience lines: 2")
    expect(student.newest).to_contain_text("⏳")
    identity = student.newest.get_attribute("data-id")
    student.page.reload()
    expect(student.newest).to_contain_text("⏳")
    pausing.resume(stack.redis)
    expect(student.newest.locator(".embed-footer")).to_contain_text("temperature")
    assert student.newest.get_attribute("data-id") == identity


def test_a_restart_of_the_bot_shows_it_away_and_back(student: ChatPage, stack: Stack) -> None:
    bot = student.page.locator(".member[data-member=shakelm]")
    expect(bot).to_contain_text("online")
    stack.bot.stop()
    expect(bot).to_contain_text("Away")
    expect(student.page.locator("#bot-away")).to_be_visible()
    stack.bot = stack.start_bot()
    expect(bot).to_contain_text("online")
    expect(student.page.locator("#bot-away")).to_be_hidden()
    ask_for_verse(student, "once more unto the breach")


def test_what_people_write_is_never_read_as_html(student: ChatPage) -> None:
    hostile = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    student.type(hostile, "<Enter>")
    expect(student.newest).to_contain_text(hostile)
    ask_for_verse(student, hostile)
    expect(student.newest.locator(".embed")).to_contain_text("<script>document.title = 'taken'</script>")
    assert student.page.title() == "#verses · Sandbox"
    assert student.page.locator("#main script, #main img[src=x]").count() == 0


def test_a_training_is_watched_to_its_end_with_its_picture(teacher: ChatPage) -> None:
    teacher.use("/admin train architecture: lstm vocabulary: char units: 16 epochs: 1 name: little")
    teacher.newest.get_by_role("button", name="Start").click()
    # On a slow machine, another message tells the teacher of the end.
    promote = teacher.page.get_by_role("button", name="Promote")
    end = teacher.messages.filter(has=promote)
    expect(end).to_contain_text("Training little is complete", timeout=3 * WAIT_MS)
    picture = end.locator("img")
    picture.scroll_into_view_if_needed()
    shown = "image => image.complete && image.naturalWidth > 100"
    eventually(lambda: picture.evaluate(shown), "the picture of the training")
    assert (picture.get_attribute("alt") or "").strip()


def test_the_language_of_a_member_is_that_of_the_page_and_of_the_interactions(
    student: ChatPage, stack: Stack
) -> None:
    student.page.get_by_label("Language").select_option("de")
    ask_for_verse(student, "good night")
    assert stack.discord.get("state")["locales"]["student"] == "de"
    expect(student.page.locator("#suggestions")).to_have_attribute("lang", "de")
    student.page.get_by_label("Language").select_option("en-US")


def test_a_reply_shows_what_it_answers(student: ChatPage) -> None:
    student.type("who goes there", "<Enter>")
    expect(student.newest).to_contain_text("who goes there")
    student.newest.get_by_role("button", name="More").click()
    student.page.get_by_role("menuitem", name="Reply").click()
    student.type("a friend", "<Enter>")
    expect(student.newest.locator(".content")).to_have_text("a friend")
    expect(student.newest.locator(".origin")).to_contain_text("who goes there")


def test_a_ping_is_marked_and_so_is_a_name_without_one(student: ChatPage, teacher: ChatPage) -> None:
    teacher.type("hear ye <@1100000000000000011> and <@&1100000000000000102>", "<Enter>")
    message = student.message("hear ye")
    expect(message).to_have_class(re.compile(r"\bpings-me\b"))
    expect(message.locator(".mention").first).to_have_text("@Student")
    expect(message.locator(".mention.silent")).to_have_text("@Assistant")
    expect(teacher.message("hear ye")).not_to_have_class(re.compile(r"\bpings-me\b"))
