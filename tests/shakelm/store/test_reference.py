"""References to models, as people type them."""

import pytest

from shakelm.errors import ShakelmError
from shakelm.store.reference import Reference


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("sonnets", "sonnets", None),
        ("my-model_2.0@12", "my-model_2.0", 12),
        ("0@99999999", "0", 99_999_999),
    ],
)
def test_a_reference_is_a_name_with_or_without_a_version(text: str, name: str, version: int | None) -> None:
    reference = Reference.parse(text)
    assert (reference.name, reference.version) == (name, version)
    assert str(reference) == text


@pytest.mark.parametrize(
    "text", ["", "Sonnets", "sonnets@", "sonnets@0", "sonnets@01", "a@1@2", ".live", "a/b", "a\n", "x" * 65]
)
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(ShakelmError, match="does not name a model"):
        Reference.parse(text)
