"""Kept: translations by tag and bytes, so many of all tags together.

A loop over one tenant's frames asks for the tenant's table once. Invariant: there are never more
than `most` of what `keep` was last told, and what a table holds stays true, even where it has been
forgotten here.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")
KEPT = 8192
"""Translations of a kind that are kept, unless told otherwise."""
LONGEST = 2048
"""Bytes of a key; the values are some times as long at most."""


class Kept(Generic[Value]):
    """What one datapath's translations have been found to be."""

    def __init__(self) -> None:
        self._tables: dict[int, dict[bytes, Value]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def of(self, tag: int) -> dict[bytes, Value]:
        """A tag's table, to be read only."""
        table = self._tables.get(tag)
        if table is None:
            table = self._tables[tag] = {}
        return table

    def keep(self, tag: int, key: bytes, value: Value, most: int) -> None:
        """Remember a translation, instead of one that holds no more; where `most` are remembered
        already, those of the tag that has most of them are forgotten, so that whose never repeat
        forgets its own. What is longer than LONGEST is not remembered at all."""
        if len(key) > LONGEST:
            return
        is_new = key not in self.of(tag)
        if is_new and self._size >= most:
            largest = max(self._tables, key=lambda each: len(self._tables[each]))
            self._size -= len(self._tables.pop(largest))
        self.of(tag)[key] = value
        self._size += is_new
