"""The catalog: code and texts fit together, and a second language is a file."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import pytest

from shakelm.errors import ShakelmError
from tests.support.module_process import Start
from tests.support.request_makers import enqueue, reply_to, verse_request
from tests.support.waiting import eventually
from tests.support.webhook_endpoint import Webhook
from worker.messages import catalog, formats, help_messages, notices
from worker.messages.catalog import DEFAULT, FOLDER, Refusal, sentence, text
from worker.protocol.job_request import ReplyTo
from worker.protocol.model_payloads import HeldOut, PromoteRequest
from worker.queue import enqueueing

ROOT = Path(__file__).parents[3]
TEXTS = catalog.load(FOLDER, DEFAULT)

# The code


class Use(NamedTuple):
    """A place in the code that uses a text: a pattern of its key, and the values."""

    place: str
    key: str
    values: set[str]
    completed: bool
    """Whether a subclass of `Refusal` may extend the key and add the value `retry_at`."""


SOURCES = {
    str(path.relative_to(ROOT)): list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    for package in ("worker", "bot")
    for path in sorted(ROOT.glob(f"{package}/**/*.py"))
}


def name_of(expression: ast.expr) -> str:
    return ast.unparse(expression).removeprefix("catalog.")


KINDS_OF_REFUSAL = {
    node.name
    for nodes in SOURCES.values()
    for node in nodes
    if isinstance(node, ast.ClassDef) and "Refusal" in map(name_of, node.bases)
}

KEY_AT = {"text": 1, "described": 0, "Refusal": 0, "announce": 1, "post": 2} | dict.fromkeys(
    KINDS_OF_REFUSAL, 0
)
"""The position of the key among a function's arguments."""


def patterns(key: ast.expr) -> Iterator[str]:
    """The possible keys of an expression, as regular expressions."""
    match key:
        case ast.Constant(value=str(literal)):
            yield re.escape(literal)
        case ast.JoinedStr(values=parts):
            yield "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+" for part in parts
            )
        case ast.IfExp(body=body, orelse=orelse):
            yield from patterns(body)
            yield from patterns(orelse)


def calls() -> Iterator[tuple[str, int, str, ast.Call]]:
    """Every call with a key: file, line, name of the function, and the call."""
    for file, nodes in SOURCES.items():
        for node in nodes:
            if isinstance(node, ast.Call) and (name := name_of(node.func)) in KEY_AT:
                yield file, node.lineno, name, node


def uses() -> Iterator[Use]:
    for file, line, name, call in calls():
        values = {str(keyword.arg) for keyword in call.keywords}
        completed = name in KINDS_OF_REFUSAL
        for key in patterns(call.args[KEY_AT[name]]):
            pattern = rf"{key}(\.[a-z_]+)?" if completed else key
            yield Use(f"{file}:{line}", pattern, values, completed)


def uses_in_errors() -> Iterator[Use]:
    """The keys of `ShakelmError`s, which have another sentence in a terminal."""
    for path in sorted(ROOT.glob("shakelm/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) == "ShakelmError":
                given = {str(keyword.arg): keyword.value for keyword in node.keywords}
                for key in patterns(given["key"]) if "key" in given else ():
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield Use(place, key, given.keys() - {"key"}, completed=False)


USES = [*uses(), *uses_in_errors()]


def fields(key: str) -> set[str]:
    parsed = Formatter().parse(TEXTS[key].forms["other"])
    return {name for _, name, _, _ in parsed if name is not None}


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.place}-{use.key}")
def test_every_key_in_the_code_has_a_text_with_exactly_its_values(use: Use) -> None:
    found = [key for key in TEXTS if re.fullmatch(use.key, key)]
    assert found, f"no text {use.key}"
    added = {"retry_at"} if use.completed else set()
    for key in found:
        assert fields(key) - added == use.values - added, key


def test_every_text_is_used() -> None:
    assert {key for key in TEXTS if not any(re.fullmatch(use.key, key) for use in USES)} == set()


def test_keys_stand_in_the_code_as_they_are() -> None:
    computed = {file for file, _, name, call in calls() if not list(patterns(call.args[KEY_AT[name]]))}
    assert computed == {
        "worker/messages/catalog.py",
        "worker/messages/admin_messages.py",
        "bot/interactions/command_translation.py",
        "bot/commands/admin/announcements.py",
    }


# The catalogs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the English catalog; it is in use in place of the package's own."""
    shutil.copy(FOLDER / f"{DEFAULT}.toml", tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    return tmp_path


SPANISH = """
[verse]
next = "Tu verso es el siguiente."
receipt = "{model}, número {number}, temperatura {temperature:.2f}, {seconds:.1f} s"

[live]
promoted = "✅ Ahora escribe {model}"

[training.cost]
parameters = "El modelo tiene unos {parameters:,} parámetros."

[figures]
nats_per_char = "{nats:.3f} nats por carácter"
line = "exactitud {accuracy:.1%}, perplejidad {perplexity:.1f}, {loss}"

[help]
privacy = "{requests}, {counts}, {lines}, {trainings}, {texts}; versos: {verses}"

[refusal]
title = "⚠️ No funcionó"
unknown_model = "No hay ningún modelo **{model}**: elige {known:or}."

[limit]
longest_verse.one = "Un verso tiene un renglón como máximo en este servidor."
longest_verse.other = "Un verso tiene {count} renglones como máximo en este servidor."
"""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_catalogs_fit(path: Path) -> None:
    for key, shipped in catalog.load(FOLDER, path.stem).items():
        for form in shipped.forms.values():
            assert form.strip() == form != "", key
            assert len(form) <= 100 or not key.startswith("command."), f"{key} is too long for Discord"


def test_every_shipped_catalog_is_checked() -> None:
    catalog.check()


def test_a_message_comes_out_in_the_language_of_its_locale(folder: Path) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")

    assert notices.queued(1, 1, locale="es-ES")["content"] == "⏳ Tu verso es el siguiente."
    assert notices.queued(1, 1)["content"] == "⏳ Your answer is next."
    refusal = Refusal("refusal.unknown_model", model="a*b", known=["c", "d*"])
    (embed,) = notices.problem(refusal, "es-ES")["embeds"]
    assert embed["title"] == "⚠️ No funcionó"
    assert embed["description"] == "No hay ningún modelo **a\\*b**: elige c o d\\*."


def test_a_worker_answers_in_the_language_of_the_reader(
    start: Start, connection: Any, webhook: Webhook, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "worker", tmp_path / "worker")
    (tmp_path / "worker/messages/locales/es-ES.toml").write_text(SPANISH, encoding="utf-8")

    def asked(token: str, locale: str) -> ReplyTo:
        return reply_to(token).model_copy(update={"locale": locale})

    for token, locale in (("spaniard", "es-ES"), ("briton", "en-GB")):
        enqueueing.enqueue_first(connection, PromoteRequest(model="letters-b", reply_to=asked(token, locale)))
    enqueue(connection, verse_request(reply_to=asked("poet", "es-419")))
    start("verse", PYTHONPATH=str(tmp_path), PYTHONSAFEPATH="1")

    def embed(token: str) -> dict[str, Any]:
        (message,) = eventually(lambda: webhook.messages(token), f"an answer to the {token}")
        return dict(message["embeds"][0])

    assert embed("spaniard")["title"] == "✅ Ahora escribe letters-b\\@1"
    assert embed("briton")["title"] == "✅ letters-b\\@1 is now live"
    assert embed("poet")["footer"]["text"].startswith("letters-b@1, número 7")


@pytest.mark.parametrize(
    ("file", "locale", "spanish"),
    [
        ("es-ES", "es-ES", True),
        ("es-ES", "es-419", True),
        ("es", "es-419", True),
        ("es-ES", "en-GB", False),
        ("es-ES", "de", False),
        ("es-ES", "", False),
        ("es-ES", "../es-ES", False),
    ],
)
def test_a_language_serves_its_regions_and_english_all_others(
    folder: Path, file: str, locale: str, spanish: bool
) -> None:
    (folder / f"{file}.toml").write_text(SPANISH, encoding="utf-8")

    assert (text(locale, "verse.next") == "Tu verso es el siguiente.") is spanish
    assert text(locale, "models.title") == "Models"


def test_a_region_with_a_file_of_its_own_has_its_own_texts(folder: Path) -> None:
    (folder / "es-419.toml").write_text("[verse]\nnext = 'Sigue tu verso.'", encoding="utf-8")
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")

    assert text("es-419", "verse.next") == "Sigue tu verso."
    assert text("es-ES", "verse.next") == "Tu verso es el siguiente."


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        (DEFAULT, 1, "A verse on this server has at most 1 line. Ask for fewer."),
        (DEFAULT, 0, "A verse on this server has at most 0 lines. Ask for fewer."),
        (DEFAULT, 2, "A verse on this server has at most 2 lines. Ask for fewer."),
        ("es-ES", 1, "Un verso tiene un renglón como máximo en este servidor."),
        ("es-ES", 2, "Un verso tiene 2 renglones como máximo en este servidor."),
    ],
)
def test_a_count_chooses_the_form(folder: Path, locale: str, count: int, expected: str) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")

    assert text(locale, "limit.longest_verse", count=count) == expected


def test_a_refusal_is_told_in_every_language_and_logged_in_english(folder: Path) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")
    refusal = Refusal("limit.longest_verse", count=3)

    assert sentence(refusal, "es-ES") == "Un verso tiene 3 renglones como máximo en este servidor."
    assert str(refusal) == "A verse on this server has at most 3 lines. Ask for fewer."
    assert sentence(ShakelmError("The corpus is missing."), "es-ES") == "The corpus is missing."


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "1 wers"),
        (2, "2 wersy"),
        (5, "5 wersów"),
        (22, "22 wersy"),
        (25, "25 wersów"),
    ],
)
def test_a_language_has_the_plural_forms_of_its_grammar(folder: Path, count: int, expected: str) -> None:
    (folder / "pl.toml").write_text(
        "[limit.longest_verse]\none = '{count} wers'\nfew = '{count} wersy'\nmany = '{count} wersów'\n"
        "other = '{count} wersu'",
        encoding="utf-8",
    )

    assert text("pl", "limit.longest_verse", count=count) == expected


@pytest.mark.parametrize(
    ("locale", "figures", "parameters"),
    [
        ("es-ES", "exactitud 55,3\xa0%, perplejidad 4,5, 1,429 nats por carácter", "1.234.567"),
        ("es-419", "exactitud 55.3%, perplejidad 4.5, 1.429 nats por carácter", "1,234,567"),
        (DEFAULT, "1.429 nats per character, perplexity 4.48, accuracy 55.3%", "1,234,567"),
        ("de", "1.429 nats per character, perplexity 4.48, accuracy 55.3%", "1,234,567"),
    ],
)
def test_numbers_follow_the_readers_locale_in_a_text_of_its_language(
    folder: Path, locale: str, figures: str, parameters: str
) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")
    held_out = HeldOut(nats_per_token=1.5, perplexity=4.48, accuracy=0.5531, unknown=0, nats_per_char=1.4291)

    assert formats.figures_of(held_out, locale) == figures
    assert parameters in text(locale, "training.cost.parameters", parameters=1_234_567)


def test_a_translation_formats_and_orders_fields_as_it_likes(folder: Path) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")
    values = {"model": "m@1", "temperature": 0.8, "number": 1234, "seconds": 1.26}

    assert text("es-ES", "verse.receipt", **values) == "m@1, número 1234, temperatura 0,80, 1,3 s"
    assert text(DEFAULT, "verse.receipt", **values) == "m@1 · temperature 0.8 · number 1234 · 1.26 s"


def test_a_text_that_a_translation_lacks_comes_in_english_with_english_numbers(folder: Path) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")

    assert text("es-ES", "figures.nats_per_token", nats=1.5) == "1.500 nats per token"


def test_periods_are_told_in_the_readers_language(folder: Path) -> None:
    (folder / "es-ES.toml").write_text(SPANISH, encoding="utf-8")
    (embed,) = help_messages.help_("privacy", 1, {}, "es-ES")["embeds"]

    assert embed["description"] == "15 minutos, 1 minuto, 1 día, 30 días, 7 días; versos: 1 día"


def test_a_catalog_of_no_known_locale_is_refused(folder: Path) -> None:
    (folder / "xx.toml").write_text(SPANISH, encoding="utf-8")

    with pytest.raises(ShakelmError, match=r"xx\.toml: name the catalog by one of Discord's locales"):
        catalog.check()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("[verse", "es-ES.toml"),
        ("[verse]\nnext = 1", "verse.next is not a text"),
        ("[verse]\nnext = ['a', 'b']", "verse.next is not a text"),
        ("[verse]\nnext = 'a {'", "verse.next is not a text"),
        ("[verse]\nnext.one = 'a'\nnext.other = 2", "verse.next is not a text"),
        ("[verse]\nnext.one = '{count}'\nnext.other = 'a'", "a field that its form other lacks"),
        ("[verse]\nnext.one = 'a'\nnext.other = 'b'", "the form other of verse.next lacks {count}"),
        ("[verse]\nnext.one = 'a'", "no text verse.next.one"),
        ("[verse]\nlast = 'a'", "no text verse.last"),
        ("[verse]\nnext.few = 'a'\nnext.other = 'b'", "verse.next has the plural form few, but"),
        (
            "[verse]\nplace = 'a'",
            "verse.place has the fields none; give it those of en-US.toml: position.",
        ),
        (
            "[verse]\nplace = '{position} {more}'",
            "verse.place has the fields more, position; give it those of en-US.toml: position.",
        ),
        ("[verse]\nplace = '{position.real}'", "verse.place has the fields position.real"),
        ("[verse]\nplace = '{position[0]}'", "verse.place has the fields position[0]"),
        ("[verse]\nplace = '{}'", "verse.place is not a text with fields in braces (name each field"),
        ("[verse]\nplace = '{position:x}'", "unknown format of {position}"),
        ("[verse]\nplace = '{position!r}'", "unknown format of {position}"),
        ("[verse]\nplace = '{position:{width}}'", "unknown format of {position}"),
    ],
)
def test_a_catalog_that_does_not_fit_is_refused_with_the_cure(folder: Path, content: str, part: str) -> None:
    (folder / "es-ES.toml").write_text(content, encoding="utf-8")

    with pytest.raises(ShakelmError) as caught:
        catalog.check()

    assert str(folder / "es-ES.toml") in str(caught.value)
    assert part in str(caught.value)
