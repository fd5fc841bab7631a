"""Parts of a text: how long they are, that they share nothing, and that they are always the same."""

import pytest
from sklearn.model_selection import train_test_split

from shakelm.data.splitting import TEST_FRACTION, VALIDATION_FRACTION, Split, split
from shakelm.errors import ShakelmError

SPEECHES = [f"SPEAKER {number}:\n" + f"line of speech {number}\n" * (number % 7 + 1) for number in range(500)]


def test_the_held_out_part_is_the_last_tenth() -> None:
    text = "".join(chr(97 + index % 26) for index in range(1_115_394))
    parts = split(text, "contiguous")
    assert len(parts.held_out) == 111_540
    assert len(parts.validation) == 100_386
    assert parts.train + parts.validation + parts.held_out == text


@pytest.mark.parametrize("length", [100, 101, 109, 110, 999, 1000, 12_345, 1_003_854, 2_110_729])
def test_the_cut_is_that_of_scikit_learn(length: int) -> None:
    text = "x" * length
    rest, held_out = train_test_split(range(length), test_size=TEST_FRACTION, shuffle=False)
    train, validation = train_test_split(rest, test_size=VALIDATION_FRACTION, shuffle=False)
    parts = split(text, "contiguous")
    assert (len(parts.train), len(parts.validation), len(parts.held_out)) == (
        len(train),
        len(validation),
        len(held_out),
    )


@pytest.mark.parametrize("how", ["contiguous", "blocks"])
def test_what_a_corpus_holds_out_is_held_out(how: Split) -> None:
    text = "\n".join(SPEECHES)
    own = "\n".join(SPEECHES[400:])
    parts = split(text, how, held_out=len(own))
    assert parts.held_out == own
    assert sorted(parts.train + parts.validation) == sorted(text[: -len(own)])
    assert 0.05 < len(parts.validation) / len(text[: -len(own)]) < 0.15


def test_blocks_keep_speeches_whole_and_in_order() -> None:
    parts = split("\n".join(SPEECHES), "blocks")
    found = [part.rstrip("\n").split("\n\n") for part in (parts.train, parts.validation, parts.held_out)]
    whole = [speech.rstrip("\n") for speech in SPEECHES]
    order = {speech: index for index, speech in enumerate(whole)}
    assert sorted(speech for part in found for speech in part) == sorted(whole)
    assert [len(part) for part in found] == [405, 45, 50]
    for part in found:
        places = [order[speech] for speech in part]
        assert places == sorted(places)
    assert found[2] != whole[-50:]


def test_blocks_lose_no_character() -> None:
    text = "\n\n  \n" + "\n \n\n".join(SPEECHES).rstrip("\n")
    parts = split(text, "blocks")
    assert sorted(parts.train + parts.validation + parts.held_out) == sorted(text)


@pytest.mark.parametrize("how", ["contiguous", "blocks"])
def test_the_same_text_gives_the_same_parts(how: Split) -> None:
    text = "\n".join(SPEECHES)
    assert split(text, how) == split(text, how)
    assert all((split(text, how).train, split(text, how).validation, split(text, how).held_out))


@pytest.mark.parametrize("how", ["contiguous", "blocks"])
def test_a_short_text_is_refused(how: Split) -> None:
    with pytest.raises(ShakelmError, match="only 99 characters"):
        split("a\n\n" * 33, how)
    parts = split("a\n\n" * 33 + "a", how)
    assert all((parts.train, parts.validation, parts.held_out))


def test_a_text_of_few_speeches_is_refused_by_blocks() -> None:
    for text in ("to be or not to be\n" * 20, "\n".join(["to be or not to be\n" * 10] * 2)):
        with pytest.raises(ShakelmError, match="--split contiguous"):
            split(text, "blocks")
