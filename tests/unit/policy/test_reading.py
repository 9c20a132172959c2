import pytest

from slicer.isolation.rates import Rate, parse_rate
from slicer.policy.document import Place, Scalar, read_document
from slicer.policy.reading import (
    entries_of,
    items_of,
    known_entries,
    number_in,
    number_of,
    one_of,
    quantity_of,
    quoted,
    shown,
    text_of,
    value_of,
)
from slicer.policy.report import Report


def said(report: Report) -> list[str]:
    return [str(problem).removeprefix("p:") for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("10", 10),
        ("0x1F", 31),
        ("9" * 40, 10**40 - 1),
        ("010", None),
        ("0o7", None),
        ("1_0", None),
        ("+1", None),
        ("-1", None),
        ("1.0", None),
        ("", None),
        ("9" * 41, None),
        ("٣", None),
        ("1\n", None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_a_number_has_bounds() -> None:
    report = Report("p")
    assert number_of(read_document("5"), report, 1, 5, "a number") == 5
    assert number_of(read_document("6"), report, 1, 5, "a number") is None
    assert number_of(read_document("[]"), report, 1, 5, "a number") is None
    assert said(report) == [
        "1:1: found '6', expected a number from 1 to 5",
        "1:1: found a list, expected a number from 1 to 5",
    ]


def test_what_is_shown_of_a_node() -> None:
    assert shown(read_document("{}")) == "a mapping"
    assert shown(read_document("[]")) == "a list"
    assert shown(read_document("~")) == "nothing"
    assert shown(read_document("''")) == "''"
    assert shown(Scalar(Place(1, 1), "x" * 100, plain=True)) == repr("x" * 60 + "...")
    assert quoted("a'b\n") == '"a\'b\\n"'


def test_the_nearest_name_is_offered_first() -> None:
    assert one_of("offcie", ["video", "office"]) == "office (of video, office)"
    assert one_of("x", ["video", "office"], "the slices: ") == "one of the slices: video, office"
    assert one_of("x", [], "the slices: ") == "one of the slices: none there"


def test_entries_of_a_mapping() -> None:
    report = Report("p")
    entries = entries_of(read_document("{a: 1, [b]: 2, a: 3, ~: 4}"), report, "a mapping")
    assert entries is not None
    assert [(entry.key, entry.place) for entry in entries] == [("a", Place(1, 2))]
    assert said(report) == [
        "1:8: found a list as a key, expected a word",
        "1:16: found 'a' again, expected each key once (first in line 1)",
        "1:22: found nothing as a key, expected a word",
    ]


def test_what_is_no_mapping_has_no_entries() -> None:
    report = Report("p")
    assert entries_of(read_document("[]"), report, "a mapping of things") is None
    assert said(report) == ["1:1: found a list, expected a mapping of things"]


def test_unknown_and_missing_keys() -> None:
    report = Report("p")
    known = known_entries(read_document("{lisen: 1, <<: 2}"), report, ("listen", "x"), ("listen",))
    assert known == {}
    assert said(report) == [
        "1:2: found key 'lisen', expected listen (of listen, x)",
        "1:12: found key '<<', expected one of listen, x",
        "1:1: found no key 'listen', expected listen: in this mapping",
    ]


def test_items() -> None:
    report = Report("p")
    assert len(items_of(read_document("[1, [2]]"), report, "things")) == 2
    assert len(items_of(read_document("x"), report, "things")) == 1
    assert items_of(read_document("[]"), report, "things") == []
    assert items_of(read_document("~"), report, "things") == []
    assert items_of(read_document("{}"), report, "things") == []
    assert said(report) == [
        "1:1: found an empty list, expected things",
        "1:1: found nothing, expected things",
        "1:1: found a mapping, expected things",
    ]


def test_text() -> None:
    report = Report("p")
    assert text_of(read_document("'~'"), report, "a word") == "~"
    assert text_of(read_document("~"), report, "a word") is None
    assert said(report) == ["1:1: found nothing, expected a word"]


def test_a_value_that_its_text_stands_for() -> None:
    report = Report("p")
    assert value_of(read_document("12"), report, "a number", number_in) == 12
    assert value_of(read_document("0"), report, "a number", number_in) == 0
    assert value_of(read_document("twelve"), report, "a number", number_in) is None
    assert value_of(read_document("[]"), report, "a number", number_in) is None
    assert said(report) == [
        "1:1: found 'twelve', expected a number",
        "1:1: found a list, expected a number",
    ]


def test_a_quantity_says_itself_what_is_wrong() -> None:
    report = Report("p")
    assert quantity_of(read_document("64k"), report, "a rate", parse_rate) == Rate(64_000)
    assert quantity_of(read_document("0.5"), report, "a rate", parse_rate) is None
    assert quantity_of(read_document("~"), report, "a rate", parse_rate) is None
    assert said(report) == [
        "1:1: found '0.5', expected a whole number of bit/s",
        "1:1: found nothing, expected a rate",
    ]
