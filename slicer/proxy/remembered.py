"""Remembered: what messages of one kind of one sliver's have been found to become.

There are two generations: what has come or has been asked for since something was last forgotten,
and the rest, which is forgotten first. What has come once only leaves no more than a mark
(`marks.py`), so that messages that never repeat take next to no room. Not here: how much all may
take together (`memory.py`). Invariant: `measured` is no less than what Python takes for it, but
for an empty table, and no entry says anything that it was not given.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from sys import getsizeof
from typing import Final, Generic, Protocol, TypeVar

from slicer.proxy.marks import Marks

Value = TypeVar("Value")
LONGEST: Final = 2048
"""Bytes of a key; the values are some times as long at most."""
_HEADER_AND_ROUNDING: Final = 48
_EMPTY: Final = 2 * getsizeof({})


def bytes_of(data: bytes) -> int:
    """Bytes of memory that an object of bytes takes: a header of 33, in steps of 16."""
    return len(data) + _HEADER_AND_ROUNDING & ~15


class Bound(Protocol):
    """Who sees to it that all tables together do not take too much."""

    def changed(self, table: Remembered[Value]) -> None:
        """A table takes more than when this was last said, or less; it may be made to forget."""


class Remembered(Generic[Value]):
    """One table. Whoever is in a hurry may look into `recent`, and asks `find` for what isn't there
    where there is anything `older`."""

    __slots__ = (
        "_bound",
        "_marks",
        "_of_older",
        "_of_recent",
        "_size_of",
        "older",
        "rank",
        "recent",
        "size",
    )

    def __init__(self, bound: Bound, size_of: Callable[[Value], int]) -> None:
        """`size_of` says how many bytes of memory a value takes."""
        self._bound = bound
        self._size_of = size_of
        self.recent: dict[bytes, Value] = {}
        self.older: dict[bytes, Value] = {}
        self._of_recent = 0
        self._of_older = 0
        """Bytes of the keys and values."""
        self._marks = Marks()
        self.size = 0
        self.rank = 0
        """As `Bound` has noted them."""

    def __len__(self) -> int:
        return len(self.recent) + len(self.older)

    def measured(self) -> int:
        """Bytes of memory that it takes, beyond an empty one."""
        places = getsizeof(self.recent) + getsizeof(self.older)
        return self._of_recent + self._of_older + places + self._marks.measured() - _EMPTY

    def find(self, key: bytes) -> Value | None:
        """What was kept by this key, which is recent from now on."""
        found = self.recent.get(key)
        if found is None and self.older:
            found = self.older.pop(key, None)
            if found is not None:
                self._of_older -= self._entry(key, found)
                if not self.older:
                    self.older = {}
                self._add(key, found)
        return found

    def is_again(self, key: bytes) -> bool:
        """Has this been asked before? Rarely it is so for a key that is new, and not for one that
        was asked very long ago."""
        marks = self._marks
        if marks.has(key):
            return True
        if not marks.count:
            self._bound.changed(self)
        return False

    def keep(self, key: bytes, value: Value) -> None:
        """Remember what a key stands for, instead of what it did; what is longer than LONGEST is
        not remembered at all."""
        if len(key) > LONGEST:
            return
        if self.find(key) is not None:
            self.drop(key)
        self._add(key, value)

    def drop(self, key: bytes) -> None:
        """Forget one, wherever it is: what `find` has found may have been forgotten by now, or be
        older again, to make room for its place."""
        found = self.recent.pop(key, None)
        if found is not None:
            self._of_recent -= self._entry(key, found)
        else:
            found = self.older.pop(key, None)
            if found is not None:
                self._of_older -= self._entry(key, found)
        # A dict keeps the places of what has left it.
        self.recent, self.older = self.recent or {}, self.older or {}
        self._bound.changed(self)

    def _add(self, key: bytes, value: Value) -> None:
        self.recent[key] = value
        self._of_recent += self._entry(key, value)
        self._bound.changed(self)

    def _entry(self, key: bytes, value: Value) -> int:
        return bytes_of(key) + self._size_of(value)

    def forget(self) -> int:
        """Forget what has not been asked for since the last time, or, where that is little, what
        has been known longest, half of it; returns how many. Called again and again, all."""
        known = len(self)
        if not known or self._marks.measured() > self._of_recent + self._of_older:
            self._marks = Marks()
        older, size = self.recent, self._of_recent
        if 2 * self._of_older < size or not self.older:
            older = dict(islice(older.items(), (len(older) + 1) // 2, None))
            size = sum(self._entry(key, value) for key, value in older.items())
        self.older, self._of_older = older, size
        self.recent, self._of_recent = {}, 0
        return known - len(older)

    def clear(self) -> None:
        """Forget everything."""
        self.recent, self.older = {}, {}
        self._of_recent = self._of_older = 0
        self._marks = Marks()
        self._bound.changed(self)
