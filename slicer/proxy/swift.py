"""Swift: what an enforcement offers besides where hot messages can be translated many at a time.

The same translations as those of `enforcement.py`, put so that a loop over the frames of one read
asks once what is the same for all of them. Invariant: what is translated here is what
`flow_mod_frame`, `packet_out_frame` and `packet_in` make of the same frame at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from slicer.proxy.notice import Notice
from slicer.proxy.sliver import Sliver

Translate = Callable[[bytes, int], bytes | None]
"""The datapath's frame, under a given xid, for a frame of a tenant's; None where there is no swift
way. Raises MalformedError, Refusal or EncodeError as the slow way does."""

Undo = Callable[[int], None]
"""Takes back what a frame sent under an xid has changed here: the datapath has refused it."""
CarryOut = Callable[[], Undo]


class Translator(NamedTuple):
    """How to translate a tenant's flow-mods, for as long as nothing else happens; `carry_out` is
    called before those that were translated are sent, where that changes anything, and returns what
    undoes the one that was sent under an xid."""

    translate: Translate
    carry_out: CarryOut | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Destination:
    """Where packet-ins go: one object for all that go to the same controllers; `notice` is of any
    of them, but for its bytes."""

    tag: int
    in_port: int
    notice: Notice


class Head(NamedTuple):
    """What becomes of packet-ins that begin alike, up to the packet, which is at `rest`: how they
    begin in OpenFlow 1.3, and in 1.0, where it can be said there."""

    destination: Destination
    rest: int
    in_1_3: bytes
    in_1_0: bytes | None


class Swift(Protocol):
    """What an enforcement can offer."""

    def flow_mods(self, sliver: Sliver, version: int) -> Translator:
        """How to translate a tenant's flow-mods."""

    def packet_outs(self, sliver: Sliver, version: int) -> Translate:
        """How to translate its packet-outs, for as long as nothing else happens."""

    def packet_in_head(self, frame: bytes) -> Head | None:
        """What becomes of a packet-in, None where that takes the slow way to find out."""

    def destined(self, destination: Destination) -> tuple[int, Notice | None]:
        """What `packet_in` says of packet-ins with a destination, but for their bytes."""


@runtime_checkable
class HasSwift(Protocol):
    """An enforcement that does."""

    @property
    def swift(self) -> Swift:
        """Its swift way."""
