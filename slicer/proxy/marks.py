"""Marks: what has come before, told by a byte for each.

A mark is eight bits of a hash, at one of two places that the rest of the hash says. There are two
generations of them, so that what came long ago makes room. Not here: the keys, or what becomes of
them. Invariant: of the last MOST / 4 different keys that have come most are known, and of those
that have not hardly one in a hundred is thought to be.
"""

from __future__ import annotations

from sys import getsizeof
from typing import Final

FEWEST: Final = 64
MOST: Final = 1 << 18
"""Bytes of one generation, a quarter of which are marks at most."""
_GROWTH: Final = 8
"""By so much the next generation is longer, until they are MOST: the one that is given up for it is
a small part of what has come."""
_EMPTY: Final = getsizeof(bytearray(FEWEST)) + getsizeof(bytearray())


class Marks:
    """The marks of one table."""

    __slots__ = ("_older", "_recent", "count")

    def __init__(self) -> None:
        self._recent = bytearray(FEWEST)
        self._older = bytearray()
        self.count = 0
        """Of the recent generation. None is left after what has come last, and only then, when they
        have begun to take more memory, if they can."""

    def measured(self) -> int:
        """Bytes of memory beyond those of none."""
        return getsizeof(self._recent) + getsizeof(self._older) - _EMPTY

    def has(self, key: bytes) -> bool:
        """Is it there already? It is from now on."""
        number = hash(key)
        mark, other = number >> 40 & 255 or 1, number >> 20
        recent, older = self._recent, self._older
        last = len(recent) - 1
        if recent[number & last] == mark or recent[other & last] == mark:
            return True
        if older:
            last_older = len(older) - 1
            if older[number & last_older] == mark or older[other & last_older] == mark:
                return True
        recent[(other if recent[number & last] else number) & last] = mark
        self.count += 1
        if 4 * self.count > last:
            self._older, self.count = recent, 0
            self._recent = bytearray(min(_GROWTH * len(recent), MOST))
        return False
