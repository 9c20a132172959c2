"""Entries: what the list of differences is made of, and what an entry is asked about.

Types only; what there is on the list is said in `listed.py` and, of OpenFlow 1.0 alone, in
`listed10.py`. Invariant: an entry excuses nothing but what it concerns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slicer.openflow import bundles
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Experimenter, Message, PortMod
from tests.differential import normal
from tests.differential.normal import Said

_ADD: Final = (bundles.ONF, bundles.ADD)


@dataclass(frozen=True, slots=True)
class Asked:
    """A controller's frame: its kind and what it says, if it can be read."""

    kind: Kind | None
    message: Message | None
    frame: bytes


def read(dialect: Dialect, frame: bytes) -> Asked:
    """What a frame asks for."""
    said = normal.said(dialect, frame)
    message = said if isinstance(said, Message) else None
    return Asked(dialect.kind(frame), message, frame)


def all_read(dialect: Dialect, frame: bytes) -> list[Asked]:
    """What a frame asks for, and what it bundles."""
    asked = read(dialect, frame)
    said = asked.message
    if not isinstance(said, Experimenter) or (said.experimenter, said.exp_type) != _ADD:
        return [asked]
    try:
        return [asked, read(dialect, bundles.read_add(said).frame)]
    except MalformedError:
        return [asked]


Concerns = Callable[[Asked], bool]


def configures(bit: int) -> Concerns:
    """Does a port-mod set this bit?"""
    return lambda asked: (
        isinstance(asked.message, PortMod) and bool(asked.message.config & asked.message.mask & bit)
    )


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that a sliver refuses with one of these errors, or passes over without a word if
    there are none, and a switch need not."""

    title: str
    errors: tuple[ErrorCode, ...]
    concerns: Concerns


@dataclass(frozen=True, slots=True)
class Renamed:
    """A request that both refuse, each with its own error."""

    title: str
    direct: tuple[int, int]
    sliced: tuple[ErrorCode, ...]
    concerns: Concerns


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that a sliver gives otherwise; `common` is what both agree on."""

    title: str
    kind: type[Message]
    common: Callable[[Any], Message]


@dataclass(frozen=True, slots=True)
class Told:
    """Something unasked that a sliver says otherwise, in a conversation that has a frame which
    `concerns` it; `expected` makes of the switch's message what the sliver's has to be."""

    title: str
    kind: type[Message]
    concerns: Concerns
    expected: Callable[[Any, Any], Message]


@dataclass(frozen=True, slots=True)
class Untold:
    """Something that a switch says unasked and a sliver doesn't."""

    title: str
    is_untold: Callable[[Said], bool]


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet that leaves a sliver otherwise; `common` is what both agree on, or None for a
    packet of which only one may know."""

    title: str
    common: Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Apart:
    """Something that a sliver and a switch take each in its own way."""

    title: str
    answer: Concerns = lambda asked: False
    """The answer to such a frame isn't compared."""
    counters: Concerns = lambda asked: False
    """In a conversation with such a frame it isn't compared what flows have counted."""
    misses: Concerns = lambda asked: False
    """In a conversation with such a frame it isn't compared which table misses are told."""
    packets: tuple[bytes, ...] = ()
    """Of a conversation to which such a packet comes nothing is compared."""
    meeting: Callable[[Sequence[Asked]], bool] = lambda asked: False
    """In a conversation of such frames it isn't compared which flows packets meet."""
