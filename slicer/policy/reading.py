"""From nodes to plain values: mappings with known keys, lists, numbers, names.

Each function notes what is wrong in the report and returns None or leaves the item out, so
that one reading finds every problem. Invariant: a node that is not what was asked for gives
exactly one problem, at its own place.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from slicer.isolation.rates import QuantityError
from slicer.policy.document import Mapping, Node, Place, Scalar
from slicer.policy.document import Sequence as ListNode
from slicer.policy.report import Report

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,39}", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,32}", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}", re.ASCII)
NAME_FORM = "a name of letters, digits, '_', '.' and '-' that starts with a letter"
_LONGEST_QUOTE = 60
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value, and where the key stands."""

    place: Place
    key: str
    value: Node


def shown(node: Node) -> str:
    """What an error text says was found."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    return "nothing" if node.is_null else quoted(node.text)


def quoted(text: str) -> str:
    """The text in quotes, shortened when it is long."""
    if len(text) > _LONGEST_QUOTE:
        text = text[:_LONGEST_QUOTE] + "..."
    return repr(text)


def entries_of(node: Node, report: Report, expected: str) -> list[Entry] | None:
    """The entries of a mapping, each key once and each a scalar; else None."""
    if not isinstance(node, Mapping):
        report.problem(node.place, shown(node), expected)
        return None
    entries: dict[str, Entry] = {}
    for key, value in node.entries:
        if not isinstance(key, Scalar) or key.is_null:
            report.problem(key.place, f"{shown(key)} as a key", "a word")
        elif key.text in entries:
            first = entries[key.text].place
            report.problem(
                key.place,
                f"{quoted(key.text)} again",
                f"each key once (first in line {first.line})",
            )
        else:
            entries[key.text] = Entry(key.place, key.text, value)
    return list(entries.values())


def known_entries(
    node: Node, report: Report, keys: Sequence[str], required: Iterable[str] = ()
) -> dict[str, Entry] | None:
    """The entries of a mapping that may have these keys and must have the required ones."""
    entries = entries_of(node, report, f"a mapping with the keys {', '.join(keys)}")
    if entries is None:
        return None
    known = {}
    for entry in entries:
        if entry.key in keys:
            known[entry.key] = entry
        else:
            report.problem(entry.place, f"key {quoted(entry.key)}", one_of(entry.key, keys))
    for key in required:
        if key not in known:
            report.problem(node.place, f"no key {key!r}", f"{key}: in this mapping")
    return known


def one_of(found: str, names: Iterable[str], kind: str = "") -> str:
    """`office (of office, video)`: the nearest of the names first, then all of them."""
    names = list(names)
    nearest = difflib.get_close_matches(found, names, 1)
    every = ", ".join(names) if names else "none there"
    return f"{nearest[0]} (of {kind}{every})" if nearest else f"one of {kind}{every}"


def items_of(node: Node, report: Report, expected: str) -> list[Node]:
    """The items of a list that has some; a single scalar is a list of one."""
    if isinstance(node, Scalar) and not node.is_null:
        return [node]
    if isinstance(node, ListNode) and node.items:
        return list(node.items)
    found = "an empty list" if isinstance(node, ListNode) else shown(node)
    report.problem(node.place, found, expected)
    return []


def text_of(node: Node, report: Report, expected: str) -> str | None:
    """The text of a scalar that is not empty."""
    if isinstance(node, Scalar) and not node.is_null:
        return node.text
    report.problem(node.place, shown(node), expected)
    return None


def name_of(entry: Entry, report: Report) -> str | None:
    """A key that names something."""
    if _NAME.fullmatch(entry.key):
        return entry.key
    report.problem(entry.place, quoted(entry.key), NAME_FORM)
    return None


def number_in(text: str) -> int | None:
    """The number that is written here, decimal or hexadecimal with 0x; None if none is."""
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    return None


def number_of(node: Node, report: Report, low: int, high: int, what: str) -> int | None:
    """A whole number from `low` to `high`."""
    expected = f"{what} from {low} to {high}"
    text = text_of(node, report, expected)
    if text is None:
        return None
    number = number_in(text)
    if number is None or not low <= number <= high:
        report.problem(node.place, quoted(text), expected)
        return None
    return number


def value_of(
    node: Node, report: Report, expected: str, parse: Callable[[str], Value]
) -> Value | None:
    """What `parse` makes of the text here; it gives None where that is not what is expected."""
    text = text_of(node, report, expected)
    value = None if text is None else parse(text)
    if text is not None and value is None:
        report.problem(node.place, quoted(text), expected)
    return value


def quantity_of(
    node: Node, report: Report, expected: str, parse: Callable[[str], Value]
) -> Value | None:
    """What `parse` makes of the text here; it raises QuantityError where that means nothing."""
    text = text_of(node, report, expected)
    if text is None:
        return None
    try:
        return parse(text)
    except QuantityError as error:
        report.problem(node.place, error.found, error.expected)
        return None
