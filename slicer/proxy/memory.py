"""Memory: how much of messages is remembered by all datapaths of a process together.

What is remembered saves work and nothing else, so it may be forgotten whenever there is too much of
it. Whose then: that of the table that has more to be remembered, if it has its fair part already,
and otherwise that of one of the largest. So messages that never repeat make only their own slice's
be forgotten, on their own datapath, and a table that has no more than half of a fair part never
forgets for another. Not here: what is remembered (`remembered.py`). Invariant: `used` is what all
tables take, and never more than `most`; and to make room takes the same time with any number of
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from slicer.proxy.remembered import Remembered

Value = TypeVar("Value")
MOST: Final = 64 << 20
FORGOTTEN: Final = "forgotten: translations"
_RANKS: Final = 64
"""A table of rank n takes less than 2 to the n bytes, and no less than half of that."""

_Table = Remembered[Any]


class Memory:
    """The memory of a process; `most` is in bytes, `counters` say how much was forgotten."""

    def __init__(self, most: int = MOST, counters: Counter[str] | None = None) -> None:
        self.most = most
        self.counters: Counter[str] = Counter() if counters is None else counters
        self.used = 0
        self.looks = 0
        """How often a table has been looked at to make room."""
        self._by_rank: list[dict[_Table, None]] = [{} for _ in range(_RANKS)]
        self._count = 0
        """How many tables take anything."""
        self._accounts: dict[int, Account] = {}

    def enter(self, datapath: int) -> Account:
        """Another datapath has come, by its peer's number."""
        account = self._accounts[datapath] = Account(self)
        return account

    def leave(self, datapath: int) -> None:
        """It is gone, and with it what was remembered."""
        self._accounts.pop(datapath).close()

    def changed(self, table: _Table) -> None:
        """See `remembered.Bound`."""
        self._note(table)
        while self.used > self.most:
            self.looks += 1
            has_its_part = table.size > 0 and table.size * self._count >= self.most
            giving = table if has_its_part else self._largest()
            self.counters[FORGOTTEN] += giving.forget()
            self._note(giving)

    def _note(self, table: _Table) -> None:
        size = table.measured()
        self.used += size - table.size
        table.size = size
        rank = size.bit_length()
        if rank != table.rank:
            self._count += (rank > 0) - (table.rank > 0)
            self._by_rank[table.rank].pop(table, None)
            if rank:
                self._by_rank[rank][table] = None
            table.rank = rank

    def _largest(self) -> _Table:
        """The one of the largest that became so last: a dict gives its last without a search."""
        tables = next(each for each in reversed(self._by_rank) if each)
        table, _ = tables.popitem()
        tables[table] = None
        return table


class Account:
    """What one datapath has in a memory, by itself one of its own."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = Memory() if memory is None else memory
        self._kinds: list[ByTag[Any]] = []

    def by_tag(self, size_of: Callable[[Value], int]) -> ByTag[Value]:
        """Tables for another kind of messages; `size_of` as in `Remembered`."""
        kind = ByTag(self._memory, size_of)
        self._kinds.append(kind)
        return kind

    def close(self) -> None:
        """The datapath is gone: forget everything."""
        for kind in self._kinds:
            kind.clear()


class ByTag(Generic[Value]):
    """A datapath's tables for one kind of messages, one for each tag."""

    def __init__(self, memory: Memory, size_of: Callable[[Value], int]) -> None:
        self._memory = memory
        self._size_of = size_of
        self._tables: dict[int, Remembered[Value]] = {}

    def of(self, tag: int) -> Remembered[Value]:
        """A tag's table."""
        table = self._tables.get(tag)
        if table is None:
            table = self._tables[tag] = Remembered(self._memory, self._size_of)
        return table

    def clear(self) -> None:
        """Forget everything of all tags; their tables stay."""
        for table in self._tables.values():
            table.clear()
