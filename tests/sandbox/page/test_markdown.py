"""Discord's markdown on the page: what each text becomes, in a real browser."""

import json
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.page.chat_page import opened
from tests.sandbox.programs import first_line, started


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with started("-m", "sandbox", "--server-only", "--json", stdout=subprocess.PIPE) as server:
        address = json.loads(first_line(server))["address"]
        with opened(browser, address) as chat:
            yield chat.page


RENDER = """
async (text) => {
  const { markdown } = await import("/page/messages/markdown.js");
  const bare = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    const inner = [...node.childNodes].map(bare).join("");
    const name = node.localName + (node.classList.length ? "." + node.classList[0] : "");
    if (name === "span.lines") return inner;
    return `(${name} ${inner})`;
  };
  const box = document.createElement("div");
  box.append(...markdown(text));
  return [...box.childNodes].map(bare).join("");
}
"""


def rendered(page: Page, text: str) -> str:
    """The DOM of a text: elements in parentheses, each with its first class."""
    return str(page.evaluate(RENDER, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain <b>text</b> & more", "plain <b>text</b> & more"),
        ("**bold** *it* _it_ __under__ ~~no~~", "(strong bold) (em it) (em it) (u under) (s no)"),
        ("***both***", "(strong (em both))"),
        ("**a *b* c**", "(strong a (em b) c)"),
        ("\\*not\\* \\_this\\_", "*not* _this_"),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        ("`*code*` ``a ` b``", "(code *code*) (code a ` b)"),
        ("```py\nx = 1\n```", "(pre (code x = 1))"),
        ("see ```x *y*``` end", "see (pre (code x *y*)) end"),
        (
            "# One\n## Two\n### Three\n-# small",
            "(div.heading-1 One)(div.heading-2 Two)(div.heading-3 Three)(small.subtext small)",
        ),
        ("#no heading", "#no heading"),
        ("> a\n> **b**\nc", "(blockquote a\n(strong b))c"),
        ("> ```js\n> code\n> ```\nafter", "(blockquote (pre (code code)))after"),
        ("> quoted\n```\n> code\n```", "(blockquote quoted)(pre (code > code))"),
        ("see ```a b\nc``` and ```d e\nf``` end", "see (pre (code a b\nc)) and (pre (code d e\nf)) end"),
        (">>> a\nb", "(blockquote a\nb)"),
        ("- a\n- b\n  - c\n- d", "(ul (li a)(li b(ul (li c)))(li d))"),
        ("3. a\n4. b", "(ol (li a)(li b))"),
        ("||hidden||", "(span.spoiler (span.spoiler-text hidden))"),
        ("[text](https://a.example/x) <https://b.example>", "(a text) (a https://b.example)"),
        ("[text](javascript:alert(1))", "[text](javascript:alert(1))"),
        ("go to https://c.example/a_b_c.", "go to (a https://c.example/a_b_c)."),
        (
            "https://d.example/A_(b) (https://e.example/f). https://g.example/(h",
            "(a https://d.example/A_(b)) ((a https://e.example/f)). (a https://g.example/)(h",
        ),
        (
            "<@1100000000000000011> <@1100000000000000099>",
            "(span.mention @Student) (span.mention @unknown-user)",
        ),
        (
            "<#1100000000000000202> <@&1100000000000000101>",
            "(button.mention #announcements) (span.mention @Teacher)",
        ),
        ("</verse:1100000000000000999> @everyone", "(span.mention /verse) (span.mention @everyone)"),
        ("<:smile:1100000000000000999>", "(span.emoji :smile:)"),
        ("<t:0:d>", "(time.timestamp 1/1/70)"),
        ("<t:99999999999999999:R>", "(time Invalid Date)"),
        ("**open", "**open"),
        ("", ""),
    ],
)
def test_markdown(page: Page, text: str, expected: str) -> None:
    assert rendered(page, text) == expected


@pytest.mark.parametrize(
    "text", ["*" * 4000, "_a" * 2000, "> " * 2000, "||" * 2000, "[" * 4000, "`" * 4000, "~~**__" * 700]
)
def test_hostile_texts_are_drawn_in_time(page: Page, text: str) -> None:
    page.set_default_timeout(10_000)
    assert page.evaluate(f"(async (text) => Boolean(await ({RENDER})(text)))", text)


def test_the_deepest_lists_lose_no_item(page: Page) -> None:
    items = [f"item {at}" for at in range(40)]
    shown = rendered(page, "\n".join(f"{'  ' * at}- {item}" for at, item in enumerate(items)))
    assert [item for item in items if item not in shown] == []


def test_relative_times_tick(page: Page) -> None:
    show = """
    async () => {
      const { markdown } = await import("/page/messages/markdown.js");
      document.getElementById("empty").replaceChildren(...markdown(`<t:${Math.floor(Date.now() / 1000)}:R>`));
    }
    """
    page.evaluate(show)
    page.evaluate("document.getElementById('empty').hidden = false")
    time = page.locator("#empty time")
    before = time.inner_text()
    expect(time).not_to_have_text(before)
    expect(time).to_contain_text("ago")
