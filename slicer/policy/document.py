"""A YAML text as nodes that know their place.

Nodes keep what the text says: a scalar is its characters, and what they mean (a number, an
address, `on`) is for whoever asks. So a MAC address of digits is no base-60 number here, and
a slice may be called `no`. Tags and merge keys are refused; anchors and aliases are fine.

Invariant: a document, with all its aliases written out, has at most MAX_NODES nodes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

MAX_LENGTH = 16_000_000
MAX_NODES = 2_000_000
MAX_DEPTH = 20
_COLUMN_BITS = MAX_LENGTH.bit_length()

# The C parser is thirty times faster where PyYAML was built with it, and gives the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULLS = ("", "~", "null", "Null", "NULL")


class Place(int):
    """A line and column, both from 1. Each node has one, so they are one number in memory, and in
    the text's order."""

    __slots__ = ()

    def __new__(cls, line: int, column: int) -> "Place":
        """The place in this line and column."""
        return int.__new__(cls, line << _COLUMN_BITS | column)

    def __reduce__(self) -> tuple[type["Place"], tuple[int, int]]:
        return Place, (self.line, self.column)

    @property
    def line(self) -> int:
        """Counted from 1."""
        return self >> _COLUMN_BITS

    @property
    def column(self) -> int:
        """Counted from 1."""
        return self & ((1 << _COLUMN_BITS) - 1)

    def copy(self) -> "Place":
        """The same place as a value of its own. One of a node's, kept for long, lies amid the
        document in memory, and would have all around it stay too."""
        return Place(self.line, self.column)

    def __repr__(self) -> str:
        return f"Place({self.line}, {self.column})"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written; `plain` when it stands without quotes."""

    place: Place
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or null."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order written; a key may stand there twice."""

    place: Place
    entries: tuple[tuple["Node", "Node"], ...]


Node = Scalar | Sequence | Mapping


class DocumentError(ValueError):
    """A text that is not one YAML document that we take."""

    def __init__(self, place: Place, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.place = place
        self.found = found
        self.expected = expected


class _Mark(Protocol):
    """What both of PyYAML's parsers say of a place: line and column from 0."""

    line: int
    column: int


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    place: Place
    mapping: bool
    anchor: str | None
    children: list[Node]
    weight: int = 1


def read_document(text: str) -> Node:
    """The one document in `text`; raises DocumentError where it breaks off being one."""
    if len(text) > MAX_LENGTH:
        raise DocumentError(
            Place(1, 1), f"{len(text)} characters", f"a policy of at most {MAX_LENGTH}"
        )
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        before = text[: unprintable.start()]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise DocumentError(place, f"the character {unprintable[0]!r}", "printable text")
    root = _Builder().build(_events(text))
    if root is None:
        raise DocumentError(Place(1, 1), "an empty file", "a policy")
    return root


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise DocumentError(_place(mark), f"broken YAML ({reason})", "YAML") from error


def _place(mark: _Mark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


class _Builder:
    """Puts nodes together from events, with a stack of its own instead of recursion."""

    __slots__ = ("_anchors", "_open", "_root", "_words")

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._root: Node | None = None
        self._words: dict[str, str] = {}
        """Keys and names, which come again and again, are one text each."""

    def build(self, events: Iterator[yaml.Event]) -> Node | None:
        for event in events:
            place = _place(event.start_mark)
            if isinstance(event, yaml.NodeEvent):
                self._node(event, place)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                raise DocumentError(place, "a second document", "one document in the file")
        return self._root

    def _node(self, event: yaml.NodeEvent, place: Place) -> None:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise DocumentError(place, f"alias *{event.anchor}", "an anchor that ended before")
            self._add(place, *self._anchors[event.anchor])
            return
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise DocumentError(place, f"the tag {tag}", "plain YAML without tags")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "")
            text = self._words.setdefault(event.value, event.value) if plain else event.value
            scalar = Scalar(place, text, plain)
            self._name(event.anchor, scalar, 1)
            self._add(place, scalar, 1)
            return
        if len(self._open) >= MAX_DEPTH:
            raise DocumentError(place, f"more than {MAX_DEPTH} levels", "a policy's four or five")
        mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(place, mapping, event.anchor, []))

    def _close(self) -> None:
        done = self._open.pop()
        children = done.children
        node: Node
        if done.mapping:
            node = Mapping(done.place, tuple(zip(children[::2], children[1::2], strict=True)))
        else:
            node = Sequence(done.place, tuple(children))
        self._name(done.anchor, node, done.weight)
        self._add(done.place, node, done.weight)

    def _name(self, anchor: str | None, node: Node, weight: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, weight)

    def _add(self, place: Place, node: Node, weight: int) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.children.append(node)
        parent.weight += weight
        if parent.weight > MAX_NODES:
            raise DocumentError(place, f"more than {MAX_NODES} values", "a smaller policy")
