"""The list of differences: the document and the test have the same, and each is one."""

import re
from pathlib import Path

import pytest

from slicer.openflow.errors import describe
from slicer.openflow.messages import ErrorMessage
from tests.differential import examples, examples10, examples_clip, listed_clip
from tests.differential.compare import Held, hold, transcript
from tests.differential.conversation import Conversation
from tests.differential.lists import BY_VERSION, CLIPPED
from tests.differential.play import OPENFLOW_10, OPENFLOW_13, Version, play
from tests.differential.switches import Side

DOCUMENT = Path(__file__).parents[2] / "docs" / "transparency.md"
LISTS = BY_VERSION.values()
REFUSED = {each.title: each for entries in LISTS for each in entries.refused}
RENAMED = {each.title: each for entries in LISTS for each in entries.renamed}
OTHERWISE = {each.title for entries in LISTS for each in entries.otherwise}
EXAMPLES = [
    *((OPENFLOW_13, *each) for each in examples.EXAMPLES.items()),
    *((OPENFLOW_10, *each) for each in examples10.EXAMPLES.items()),
]


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    return cells(section(heading))[1:]


def section(heading: str) -> str:
    """A section's text."""
    sections = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    (text,) = (each for each in sections if each.startswith(f"{heading}\n"))
    return text


def cells(text: str) -> list[list[str]]:
    """The cells of a table's lines."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cell: str) -> set[str]:
    return set(re.findall(r"[A-Z_]+/[A-Z_]+", cell))


def test_the_document_has_every_refusal_with_its_errors() -> None:
    documented = {row[0]: names(row[1]) for row in rows("Refused by a sliver alone")}
    assert documented == {title: set(map(str, each.errors)) for title, each in REFUSED.items()}


def test_the_document_has_every_refusal_by_both_with_its_errors() -> None:
    documented = {row[0]: names(row[2]) for row in rows("Refused by both")}
    assert documented == {title: set(map(str, each.sliced)) for title, each in RENAMED.items()}


def test_the_document_has_everything_that_is_said_otherwise() -> None:
    documented = [row[0] for row in rows("Said and sent otherwise")]
    assert set(documented) == OTHERWISE
    assert len(documented) == len(OTHERWISE)


def test_every_entry_has_a_reason() -> None:
    for heading in ("Refused by a sliver alone", "Refused by both", "Said and sent otherwise"):
        for row in rows(heading):
            assert row[-1].endswith("."), row


def test_every_entry_has_an_example() -> None:
    assert {title for _, title, _ in EXAMPLES} == REFUSED.keys() | RENAMED.keys() | OTHERWISE


def test_the_document_has_what_differs_with_datapaths_of_openflow_1_0() -> None:
    """What needs another slice is in the section's second table, and nobody can show it here."""
    first, second, *_ = re.split(
        r"^\| what \|", section("On a datapath of OpenFlow 1.0"), flags=re.M
    )[1:]
    documented = {row[0]: names(row[1]) for row in cells(first)}
    assert set(documented) == {each.title for each in CLIPPED.entries} - {
        each.title for entries in LISTS for each in entries.entries
    }
    for each in listed_clip.REFUSED:
        assert documented[each.title] == set(map(str, each.errors))
    assert not {row[0] for row in cells(second)} & set(documented)
    assert set(examples_clip.EXAMPLES) > set(documented)


@pytest.mark.live
@pytest.mark.parametrize(
    ("version", "title", "conversation"),
    EXAMPLES,
    ids=[f"{title}, version {version.dialect.version}" for version, title, _ in EXAMPLES],
)
def test_every_entry_is_a_difference(
    sides: tuple[Side, Side], version: Version, title: str, conversation: Conversation
) -> None:
    held = shown(sides, version, conversation)
    if title in REFUSED:
        errors, listed = errors_of(version, held), set(map(str, REFUSED[title].errors))
        is_whole = version is OPENFLOW_13 or title not in examples.EXAMPLES
        assert errors == listed if is_whole else errors <= listed


def shown(sides: tuple[Side, Side], version: Version, conversation: Conversation) -> Held:
    """An example, held with both: only what the list has differs, and something does."""
    held = hold(*sides, version, conversation)
    assert not held.differences, "\n" + transcript(version.dialect, held)
    direct, sliced = (play(side, version, conversation) for side in sides)
    assert (direct.answers, direct.packets, direct.unasked) != (
        sliced.answers,
        sliced.packets,
        sliced.unasked,
    )
    alike = [direct.answers[index] == sliced.answers[index] for index in held.refused]
    assert not any(alike), "the switch refuses it alike"
    return held


def errors_of(version: Version, held: Held) -> set[str]:
    """The errors with which the sliver has refused what it alone refuses."""
    frames = [frame for index in held.refused for frame in held.sliced.answers[index]]
    answers = map(version.dialect.decode, frames)
    return {describe(each.type, each.code) for each in answers if isinstance(each, ErrorMessage)}
