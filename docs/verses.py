"""Writes the verses in `docs/model.md`: numbers 1 to 10 of the shipped model, none left out.

Run it with `.venv/bin/python docs/verses.py`. Each verse is what `shakelm verse` writes in eight lines with
that temperature and number, without a seed.
"""

import re
from pathlib import Path

from shakelm.decoding import generation, language_model
from shakelm.decoding.generation import Length
from shakelm.decoding.sampling import SamplingSettings
from shakelm.store.registry import PACKAGED, open_registry

MODEL = "shakespeare-char"
TEMPERATURES = (0.5, 0.8, 1.1)
NUMBERS = range(1, 11)
LINES = 8


def main() -> None:
    """Write the verses between the two comments of the page."""
    model = language_model.load(open_registry(PACKAGED).find(MODEL))
    parts = []
    for temperature in TEMPERATURES:
        parts.append(f"### Temperature {temperature}\n\nAll by `{model.reference}`.\n")
        for number in NUMBERS:
            verse = generation.generate(model, "", SamplingSettings(temperature), Length(lines=LINES), number)
            parts.append(f"Number {number}:\n\n```text\n{verse.text}\n```\n")
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


if __name__ == "__main__":
    main()
