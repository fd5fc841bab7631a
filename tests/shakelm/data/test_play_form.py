"""Plays turned into speeches, held against the corpus `shakespeare`, which came from the same source."""

from difflib import SequenceMatcher

import pytest

from shakelm.data import corpus
from shakelm.data.corpus_downloads import default_cache, paths
from shakelm.data.named_corpora import NAMED
from shakelm.data.play_form import speeches
from tests.support.text_trainings import at_hand

PECULIAR = """
	CORIOLANUS


	DRAMATIS PERSONAE


CAIUS MARCIUS	(MARCUS:)  Afterwards CAIUS MARCIUS CORIOLANUS.

	A Roman Herald. (Herald:)

SCENE	Rome and the neighbourhood; Corioli


	CORIOLANUS


ACT I



SCENE I	Rome. A street.
	Before the Capitol.


	[Enter a company of mutinous Citizens, with staves,
	clubs, and other weapons]

First Citizen	Let us kill him, and we'll have corn at our own price.
	Is't a verdict?

All	No more talking on't; let it be done: away, away!

MARCIUS	                  Thanks. What's the matter, you dissentious rogues?

	[Reads]

	'They have press'd a power.'

VOLUMNIA	|
	|  Nay,'tis true.
VIRGILIA	|

MENENIUS	[Aside to BRUTUS]  Be that you seem.

BRUTUS	[Exit]




	CORIOLANUS


ACT II



SCENE  II:	The same. The Capitol.


	[Enter MENENIUS with the two Tribunes.

ANTIPHOLUS
OF SYRACUSE	Twice being  [by the people chosen]  censor,
	Welcome, my lord	how far off lies your power?

	[Burthen [dispersedly, within]  Bow-wow]

ANTIPHOLUS	Who's there?  I ask.
OF EPHESUS

	[Exeunt]


	EPILOGUE


	SPOKEN BY PROSPERO

	Now my charms are all o'erthrown.
"""

SPEECHES = """First Citizen:
Let us kill him, and we'll have corn at our own price.
Is't a verdict?

All:
No more talking on't; let it be done: away, away!

MARCIUS:
Thanks. What's the matter, you dissentious rogues?
'They have press'd a power.'

VOLUMNIA:
Nay,'tis true.

MENENIUS:
Be that you seem.

ANTIPHOLUS OF SYRACUSE:
Twice being censor,
Welcome, my lord how far off lies your power?

ANTIPHOLUS OF EPHESUS:
Who's there?  I ask.

EPILOGUE:
Now my charms are all o'erthrown.
"""


def test_a_play_becomes_speeches_without_directions_and_headings() -> None:
    assert speeches(PECULIAR) == SPEECHES


BEGINNING = """
	CORIOLANUS


	DRAMATIS PERSONAE


CAIUS MARCIUS	(MARCUS:)  Afterwards CAIUS MARCIUS CORIOLANUS.

SCENE	Rome and the neighbourhood; Corioli
	and the neighbourhood; Antium.




	CORIOLANUS



ACT I



SCENE I	Rome. A street.


	[Enter a company of mutinous Citizens, with staves,
	clubs, and other weapons]

First Citizen	Before we proceed any further, hear me speak.

All	Speak, speak.

First Citizen	You are all resolved rather to die than to famish?

All	Resolved. resolved.

First Citizen	First, you know Caius Marcius is chief enemy to the people.

All	We know't, we know't.

First Citizen	Let us kill him, and we'll have corn at our own price.
	Is't a verdict?
"""
"""The beginning of *Coriolanus* in the source."""

OF_SHAKESPEARE = """First Citizen:
Before we proceed any further, hear me speak.

All:
Speak, speak.

First Citizen:
You are all resolved rather to die than to famish?

All:
Resolved. resolved.

First Citizen:
First, you know Caius Marcius is chief enemy to the people.

All:
We know't, we know't.

First Citizen:
Let us kill him, and we'll have corn at our own price.
Is't a verdict?
"""
"""The beginning of the corpus `shakespeare`."""


def test_the_beginning_of_shakespeare_comes_out_exactly() -> None:
    assert speeches(BEGINNING) == OF_SHAKESPEARE


def test_a_text_without_acts_has_no_speeches() -> None:
    assert speeches("From fairest creatures we desire increase,\n") == ""


@pytest.mark.parametrize("play", ["coriolanus", "kingrichardii", "winterstale", "tamingoftheshrew"])
def test_whole_plays_are_those_of_shakespeare(play: str) -> None:
    """Almost every line of `shakespeare`; the rest here are words that it lost at a stage direction."""
    if not (at_hand("shakespeare") and at_hand("shakespeare-plays")):
        return  # the excerpt above has each peculiarity of the source
    files = paths("shakespeare-plays", NAMED["shakespeare-plays"], default_cache())
    (source,) = (path for file, path in files.items() if file.name == f"{play}.txt")
    ours, whole = speeches(source.read_text()).splitlines(), corpus.load("shakespeare").text.splitlines()
    start = next(line for line in range(len(whole)) if whole[line : line + 2] == ours[:2])
    matcher = SequenceMatcher(None, whole[start : start + len(ours)], ours, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size > 3]
    theirs = blocks[-1].a + blocks[-1].size
    same = sum(block.size for block in matcher.get_matching_blocks() if block.a < theirs)
    assert same / theirs > 0.999
    assert same / len(ours) > 0.98
