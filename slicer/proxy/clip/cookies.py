"""Cookies: what the slicer's flows on an OpenFlow 1.0 datapath say of themselves.

`51ce`, one digit for what the flow is, four for the slice's tag, seven for its number. The tenant's
own cookie has no room in it: the mirror keeps that. Not here: which flows there are. Invariant: a
cookie is read as what it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

_MAGIC = 0x51CE
MAX_TAG = 0xFFFF
NUMBERS = 1 << 28
NO_NUMBER = ~(NUMBERS - 1)
"""The bits of a cookie that are not its number's."""


class Part(IntEnum):
    """What a flow is for."""

    GUARD = 1
    """A slice's packets that none of its own flows takes go to the slicer, and no lower."""
    UNOWNED = 2
    """Packets that nobody owns: drop, and count."""
    UNREAD = 3
    """Packets with a second VLAN tag, behind which nobody looks: drop, and count."""
    DISCOVERY = 4
    """LLDP goes to the slicer, which knows whose it is."""
    PIECE = 5
    """What a tenant has asked for, or a piece of it."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A flow's part, the tag of its slice (0 for none) and the number of its piece."""

    part: Part
    tag: int = 0
    number: int = 0

    def __int__(self) -> int:
        return _MAGIC << 48 | self.part << 44 | self.tag << 28 | self.number

    @classmethod
    def read(cls, cookie: int) -> Cookie | None:
        """The cookie's meaning, or None where it is not one of the slicer's."""
        part = cookie >> 44 & 0xF
        if cookie >> 48 != _MAGIC or not 1 <= part <= max(Part):
            return None
        return cls(Part(part), cookie >> 28 & MAX_TAG, cookie & (NUMBERS - 1))


_PIECE = int(Cookie(Part.PIECE))


def piece_cookie(tag: int, number: int) -> int:
    """The cookie of a slice's piece: int(Cookie(Part.PIECE, tag, number))."""
    return _PIECE | tag << 28 | number


def renumbered(cookie: int, number: int) -> int:
    """The same cookie with another number."""
    return cookie & NO_NUMBER | number
