"""Classifier: which of many prioritised matches a point meets first.

Tuple space search (Srinivasan, Suri and Varghese, 1999), as Open vSwitch's own classifier
does it: one hash table per distinct mask, the tables in the order of their best entry, and
the search ends when no later table can hold a better one.

Invariant: `find` returns what a scan of the entries from the first to the last would.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slicer.flowspace.match import Match
from slicer.flowspace.point import Point

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class _Table(Generic[Entry]):
    mask: int
    best_rank: int
    ranks: dict[int, tuple[int, Entry]]


class Classifier(Generic[Entry]):
    """Entries by the match they stand for; of two that match, the one given first wins."""

    __slots__ = ("_tables",)

    def __init__(self, entries: Iterable[tuple[Match, Entry]]) -> None:
        tables: dict[int, _Table[Entry]] = {}
        for rank, (match, entry) in enumerate(entries):
            table = tables.setdefault(match.mask, _Table(match.mask, rank, {}))
            table.ranks.setdefault(match.value, (rank, entry))
        # A table is made by its best entry, so the tables stand in that order already.
        self._tables = tuple(tables.values())

    def find(self, point: Point) -> Entry | None:
        """The first entry whose match contains the point; None when there is none."""
        header = point.header
        best: tuple[int, Entry] | None = None
        for table in self._tables:
            if best is not None and table.best_rank > best[0]:
                break
            hit = table.ranks.get(header & table.mask)
            if hit is not None and (best is None or hit[0] < best[0]):
                best = hit
        return None if best is None else best[1]
