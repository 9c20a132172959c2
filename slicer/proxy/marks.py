"""Marks: what has come before, told by a byte for each.

A mark is eight bits of a hash, in one of a few places that the rest of the hash says. There are two
generations of them, so that what came long ago makes room. Not here: the keys, or what becomes of
them. Invariant: of the last MOST / 2 different keys that have come nine in ten are known, and of
those that have not one in some dozens is thought to be.
"""

from __future__ import annotations

from sys import getsizeof
from typing import Final

FEWEST: Final = 64
MOST: Final = 1 << 17
"""Bytes of one generation, which has half as many marks at most."""
_PLACES: Final = 8
_GROWTH: Final = 8
"""By so much the next generation is longer, until they are MOST: the one that is given up for it is
a small part of what has come."""
_EMPTY: Final = getsizeof(bytearray(FEWEST)) + getsizeof(bytearray())


class Marks:
    """The marks of one table."""

    __slots__ = ("_count", "_older", "_recent")

    def __init__(self) -> None:
        self._recent = bytearray(FEWEST)
        self._older = bytearray()
        self._count = 0
        """Of the recent generation."""

    def measured(self) -> int:
        """Bytes of memory beyond those of none."""
        return getsizeof(self._recent) + getsizeof(self._older) - _EMPTY

    @property
    def have_grown(self) -> bool:
        """Has the last mark made them take more memory? They may have."""
        return not self._count

    def has(self, key: bytes) -> bool:
        """Is it there already? It is from now on."""
        number = hash(key)
        mark = (number >> 40) % 255 + 1
        recent, older = self._recent, self._older
        at = number * _PLACES & len(recent) - 1
        if recent.find(mark, at, at + _PLACES) >= 0:
            return True
        if older:
            before = number * _PLACES & len(older) - 1
            if older.find(mark, before, before + _PLACES) >= 0:
                return True
        free = recent.find(0, at, at + _PLACES)
        recent[free if free >= 0 else at + mark % _PLACES] = mark
        self._count += 1
        if 2 * self._count > len(recent):
            self._older, self._count = recent, 0
            self._recent = bytearray(min(_GROWTH * len(recent), MOST))
        return False
