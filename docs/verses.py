"""Writes the verses in `docs/model.md`: numbers 1 to 10 of the shipped models, none left out.

Run it with `.venv/bin/python docs/verses.py`. Each verse is what `shakelm verse` writes in eight lines with
that temperature and number, without a seed.
"""

import re
from pathlib import Path

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length
from shakelm.decoding.language_model import LanguageModel
from shakelm.decoding.sampling_settings import SamplingSettings
from shakelm.store.registry import PACKAGED, open_registry

VERSES = (("shakespeare-plays", (0.5, 0.8, 1.1)), ("shakespeare-char", (0.8,)), ("quijote", (0.8,)))
"""Models, and the temperatures of the verses of each."""

NUMBERS = range(1, 11)
LINES = 8


def main() -> None:
    """Write the verses between the two comments of the page."""
    parts = []
    for name, temperatures in VERSES:
        model = language_model.load(open_registry(PACKAGED).find(name))
        for temperature in temperatures:
            parts.append(f"### {model.reference}, temperature {temperature}\n")
            parts += [_verse(model, temperature, number) for number in NUMBERS]
    page = Path(__file__).with_name("model.md")
    text = page.read_text(encoding="utf-8")
    verses = "<!-- verses -->\n\n" + "\n".join(parts) + "\n<!-- end of verses -->"
    replaced, count = re.subn(
        r"<!-- verses -->.*<!-- end of verses -->", lambda _: verses, text, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"{page} has no comments that mark the place of the verses.")
    page.write_text(replaced, encoding="utf-8")
    print(page)


def _verse(model: LanguageModel, temperature: float, number: int) -> str:
    verse = generation.generate(model, "", SamplingSettings(temperature), Length(lines=LINES), number)
    return f"Number {number}:\n\n```text\n{verse.text}\n```\n"


if __name__ == "__main__":
    main()
