"""Verses: from a line that a student types to the message that everyone reads."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import requests

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.decoding.styles import STYLES
from shakelm.store.registry import open_registry
from tests.support.control_client import Discord
from tests.support.discord_messages import description, embed, is_private
from tests.support.full_stack import Stack
from worker.messages.discord_json import escape


def command_line(stack: Stack, *arguments: str) -> dict[str, Any]:
    """What `shakelm verse` prints with the stack's store."""
    command = [sys.executable, "-m", "shakelm.cli", "verse", *arguments, "--json"]
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_verse_has_its_lines_and_a_receipt_that_repeats_it(
    stack: Stack, discord: Discord, shipped: str
) -> None:
    verse = discord.verse("seed: to be or not to be temperature: 0.6 lines: 5")

    assert verse.text.startswith("to be or not to be")
    assert 4 <= len([line for line in verse.text.splitlines() if line.strip()]) <= 6
    assert verse.model == shipped
    assert verse.temperature == 0.6
    assert 0 <= verse.number < 1_000_000
    assert verse.seconds >= 0
    assert (verse.freedom, verse.unknown) == ("", "")

    again = discord.verse(f"seed: to be or not to be temperature: 0.6 lines: 5 number: {verse.number}")
    assert (again.text, again.number) == (verse.text, verse.number)

    options = ("--temperature", "0.6", "--lines", "5", "--number", str(verse.number))
    assert command_line(stack, "to be or not to be", *options)["text"].strip() == verse.text


@pytest.mark.parametrize("style", STYLES)
def test_a_style_s_receipt_repeats_the_verse_on_the_command_line(
    stack: Stack, discord: Discord, style: str
) -> None:
    verse = discord.verse(f"seed: my lord lines: 2 style: {style}")

    assert verse.freedom == f"style {style}"
    assert verse.temperature == STYLES[style].temperature
    options = ("--style", style, "--lines", "2", "--number", str(verse.number))
    assert command_line(stack, "my lord", *options)["text"].strip() == verse.text


def test_a_verse_without_a_style_and_a_temperature_is_balanced(stack: Stack, discord: Discord) -> None:
    verse = discord.verse("seed: my lord lines: 2")

    assert (verse.freedom, verse.temperature) == ("style balanced", STYLES["balanced"].temperature)
    repeated = command_line(stack, "my lord", "--lines", "2", "--number", str(verse.number))
    assert repeated["text"].strip() == verse.text


def test_a_temperature_that_is_given_wins_over_the_style(discord: Discord) -> None:
    verse = discord.verse("lines: 1 style: cautious temperature: 1.2")

    assert verse.temperature == 1.2
    assert verse.freedom == "style cautious"


def test_models_are_offered_with_their_figures_while_the_name_is_typed(
    discord: Discord, shipped: str
) -> None:
    offered = discord.complete("/verse model: ")
    words = discord.complete("/verse model: WORD")
    spanish = discord.complete("/next model: spanish")

    assert offered[0]["value"] == shipped
    assert offered[0]["name"].startswith(f"{shipped}, English (live): 1.")
    assert "shakespeare-word@3" in {choice["value"] for choice in offered}
    assert [choice["value"] for choice in words] == ["shakespeare-word@3"]
    assert [choice["value"] for choice in spanish] == ["quijote@1"]
    assert spanish[0]["name"].startswith("quijote@1, Spanish: 1.")
    assert discord.complete("/verse model: nobody") == []


def test_a_verse_in_spanish(discord: Discord) -> None:
    verse = discord.verse("seed: En un lugar model: quijote number: 3")

    assert verse.model == "quijote@1"
    assert verse.text.startswith("En un lugar")
    assert {"que", "de"} <= set(verse.text.split())


def test_two_verses_without_a_number_differ(discord: Discord) -> None:
    assert discord.verse("lines: 3").text != discord.verse("lines: 3").text


def test_the_first_answer_names_the_place_and_is_edited_once(discord: Discord) -> None:
    interaction = discord.say("/verse seed: love")
    discord.answer(interaction)

    assert discord.get(f"interactions/{interaction}")["edits"] == 1


def test_the_word_model_names_the_word_that_it_does_not_know(discord: Discord) -> None:
    verse = discord.verse("seed: the king has a smartphone model: shakespeare-word")

    assert verse.text.startswith("the king has a smartphone")
    assert verse.model == "shakespeare-word@3"
    assert verse.unknown == "smartphone"


def test_a_private_verse_is_for_its_student_alone(discord: Discord) -> None:
    private = discord.ask("/verse seed: my secret private: true")
    public = discord.ask("/verse seed: my secret")

    assert is_private(private)
    assert not is_private(public)
    assert {private["id"], public["id"]} <= {message["id"] for message in discord.messages("student")}
    seen_by_teacher = {message["id"] for message in discord.messages("teacher")}
    assert public["id"] in seen_by_teacher
    assert private["id"] not in seen_by_teacher


@pytest.mark.parametrize(
    "options",
    [
        "temperature: -1",
        "temperature: 2.1",
        "temperature: nan",
        "lines: 0",
        "lines: 41",
        "lines: 2.5",
        "number: -1",
        "number: 4294967296",
        "private: perhaps",
        f"seed: {'a' * 501}",
    ],
)
def test_discord_refuses_what_is_out_of_range(discord: Discord, options: str) -> None:
    option = options.partition(":")[0]

    assert option in discord.refusal(f"/verse {options}")


@pytest.mark.parametrize(
    "model", ["nobody", "shakespeare-char@99", "../../etc/passwd", "Shakespeare-Char", "a@b@c"]
)
def test_an_unknown_model_is_refused_with_the_names_of_the_others(
    discord: Discord, model: str, shipped: str
) -> None:
    answer = discord.ask(f"/verse model: {model}")

    assert is_private(answer)
    assert shipped in description(answer)
    assert "/models" in description(answer)


def test_markup_mentions_and_links_come_out_as_they_were_typed(discord: Discord) -> None:
    student = discord.state["users"]["student"]
    seed = f"**bold** _it_ ~~no~~ ||s|| `c` @everyone <@{student}> [a](https://example.org) # > - 1. :x:"

    answer = discord.ask(f"/verse seed: {seed} lines: 1 temperature: 0.1")

    raw = embed(answer)["description"]
    italic = re.match(r"\*(.+?)(?<!\\)\*", raw)
    assert italic
    assert re.sub(r"\\(.)", r"\1", italic[1]) == seed
    raw = raw.replace(italic[0], italic[1])
    assert not re.search(r"(?<!\\)[*_~|`\[\]<@]", raw)
    assert not re.search(r"https?://", raw)
    assert not answer["mentions"]
    assert not answer["mention_everyone"]
    assert not answer["mention_roles"]


def test_a_verse_that_is_too_long_for_discord_comes_whole_in_a_file(stack: Stack, discord: Discord) -> None:
    seed = "*_" * 250  # each sign takes two characters in Discord's markdown
    model = language_model.load(open_registry(stack.store).find("shakespeare-word"))
    number, written = next(
        (number, text)
        for number in range(200)
        if len(
            escape(
                text := generation.generate(model, seed, SamplingSettings(2), Length(lines=40), number).text
            )
        )
        > 4096
    )

    answer = discord.ask(
        f"/verse seed: {seed} model: shakespeare-word lines: 40 temperature: 2 number: {number}"
    )

    (attachment,) = answer["attachments"]
    assert attachment["filename"] == "verse.txt"
    assert requests.get(attachment["url"], timeout=30).content.decode() == written
    shown, _, note = description(answer).rpartition("\n")
    assert len(shown) > 1000
    assert written.replace("*", "").startswith(shown.replace("*", ""))
    assert "file" in note
    assert len(embed(answer)["description"]) <= 4096


def test_models_lists_figures_and_the_live_one(discord: Discord, shipped: str) -> None:
    answer = discord.ask("/models")

    assert not is_private(answer)
    measured_on, live, figures, *others = description(answer).splitlines()
    assert "held-out text of shakespeare" in measured_on
    assert "live" in live
    assert shipped in live
    assert "in English" in live
    assert "perplexity" in figures
    assert any("shakespeare-word@3" in line for line in others)
    assert not any("live" in line for line in others)


def test_the_running_bot_imports_nothing_that_only_training_needs(own_stack: Stack) -> None:
    bot = own_stack.start_bot(PYTHONPROFILEIMPORTTIME="1")
    own_stack.start_worker("verse")
    for command in ("/verse", "/models"):
        own_stack.discord.ask(command)
    own_stack.discord.ask("/admin status", "teacher")

    imported = set(re.findall(r"\| +([\w.]+)$", bot.output, re.MULTILINE))
    assert {"discord", "bot.commands.verse_command", "worker.queue.enqueueing"} <= imported
    assert not {"tensorflow", "keras", "sklearn", "matplotlib"} & imported
