"""The list of differences: the document and the test have the same, and each is one."""

import re
from pathlib import Path

import pytest

from slicer.openflow.errors import describe
from slicer.openflow.messages import ErrorMessage
from slicer.openflow.v13 import V13
from tests.differential.compare import Held, hold, transcript
from tests.differential.examples import EXAMPLES
from tests.differential.listed import ANSWERED, REFUSED, RENAMED, SENT, TOLD, UNTOLD
from tests.differential.play import OPENFLOW_13, play
from tests.differential.switches import Side

DOCUMENT = Path(__file__).parents[2] / "docs" / "transparency.md"
ALL = (*REFUSED, *RENAMED, *ANSWERED, *TOLD, *UNTOLD, *SENT)


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    section = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    (text,) = (each for each in section if each.startswith(f"{heading}\n"))
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def names(cell: str) -> set[str]:
    return set(re.findall(r"[A-Z_]+/[A-Z_]+", cell))


def test_the_document_has_every_refusal_with_its_errors() -> None:
    documented = {row[0]: names(row[1]) for row in rows("Refused by a sliver alone")}
    assert documented == {each.title: set(map(str, each.errors)) for each in REFUSED}


def test_the_document_has_every_refusal_by_both_with_its_errors() -> None:
    documented = {row[0]: names(row[2]) for row in rows("Refused by both")}
    assert documented == {each.title: set(map(str, each.sliced)) for each in RENAMED}


def test_the_document_has_everything_that_is_said_otherwise() -> None:
    documented = [row[0] for row in rows("Said and sent otherwise")]
    assert documented == [each.title for each in (*ANSWERED, *TOLD, *UNTOLD, *SENT)]


def test_every_entry_has_a_reason() -> None:
    for heading in ("Refused by a sliver alone", "Refused by both", "Said and sent otherwise"):
        for row in rows(heading):
            assert row[-1].endswith("."), row


def test_every_entry_has_an_example() -> None:
    assert set(EXAMPLES) == {each.title for each in ALL}
    assert len(ALL) == len(EXAMPLES)


@pytest.mark.live
@pytest.mark.parametrize("title", EXAMPLES)
def test_every_entry_is_a_difference(sides: tuple[Side, Side], title: str) -> None:
    conversation = EXAMPLES[title]
    held = hold(*sides, OPENFLOW_13, conversation)
    assert not held.differences, "\n" + transcript(V13, held)
    direct, sliced = (play(side, OPENFLOW_13, conversation) for side in sides)
    assert (direct.answers, direct.packets, direct.unasked) != (
        sliced.answers,
        sliced.packets,
        sliced.unasked,
    )
    for refused in REFUSED:
        if refused.title == title:
            alike = [direct.answers[index] == sliced.answers[index] for index in held.refused]
            assert not any(alike), "the switch refuses it alike"
            assert errors_of(held) == set(map(str, refused.errors))


def errors_of(held: Held) -> set[str]:
    """The errors with which the sliver has refused what it alone refuses."""
    answers = [V13.decode(frame) for index in held.refused for frame in held.sliced.answers[index]]
    return {describe(each.type, each.code) for each in answers if isinstance(each, ErrorMessage)}
