"""Crew: which workers there are, how busy each is, and when one that has ended starts again.

It starts nothing itself. A worker that ends soon after its start is started again later each time,
so that one that can't live does not keep a core busy. Invariant: a worker is up, or due at some
time, until the crew is dismissed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
"""Seconds until a worker that has ended is started again: the first doubles up to the last."""
LONG_LIFE = 10.0
"""Seconds after which a worker counts as one that can live."""


@dataclass(slots=True)
class _Place:
    due: float | None
    since: float = 0.0
    delay: float = 0.0
    connections: int = 0
    joined: set[int] = field(default_factory=set)
    """Those of the connections, by the worker's number, that are ready."""


class Crew:
    """Workers by number, from 1."""

    def __init__(self, size: int, now: float, most_joining: float = inf) -> None:
        """All are due at once. So many of a worker's connections may not have joined yet."""
        self._most_joining = most_joining
        self._places = {number: _Place(now) for number in range(1, size + 1)}

    @property
    def next_due(self) -> float | None:
        """When the next worker is to be started, or None."""
        times = [each.due for each in self._places.values() if each.due is not None]
        return min(times, default=None)

    def due(self, now: float) -> list[int]:
        """The workers to be started at `now`."""
        places = self._places.items()
        return [number for number, each in places if each.due is not None and each.due <= now]

    def started(self, number: int, now: float) -> None:
        """A worker is up, with nothing to do yet."""
        place = self._places[number]
        place.due, place.since, place.connections = None, now, 0
        place.joined.clear()

    def ended(self, number: int, now: float) -> float:
        """A worker has ended, or could not be started; returns the seconds until it is due."""
        place = self._places[number]
        can_live = place.due is None and now - place.since >= LONG_LIFE
        doubled = min(max(2 * place.delay, FIRST_DELAY), LONGEST_DELAY)
        place.delay = FIRST_DELAY if can_live else doubled
        place.due = now + place.delay
        return place.delay

    def by_load(self) -> list[int]:
        """The workers that are up and have room for one that joins, the one with the fewest
        connections first."""
        able = [
            number
            for number, each in self._places.items()
            if each.due is None and each.connections - len(each.joined) < self._most_joining
        ]
        return sorted(able, key=lambda number: self._places[number].connections)

    def took(self, number: int) -> None:
        """A worker was handed a connection."""
        self._places[number].connections += 1

    def joined(self, number: int, peer: int) -> None:
        """A connection of a worker's, by the worker's number, is ready."""
        self._places[number].joined.add(peer)

    def left(self, number: int, peer: int = 0) -> None:
        """A connection of a worker's is over; 0: one that has never had a number."""
        self._places[number].connections -= 1
        self._places[number].joined.discard(peer)
