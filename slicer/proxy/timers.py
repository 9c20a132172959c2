"""Timers: what is to happen later, without a clock.

A timer is a name with a deadline and a callback; setting a name again replaces it. Invariant: a
callback runs at most once for each time it was set, and never before its deadline. An entry leaves
when it is due, cancelled or replaced; superseded heap entries leave when they come to the top, and
the heap is rebuilt before they outnumber the live ones.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Hashable
from itertools import count

Callback = Callable[[float], None]


class Timers:
    """Named deadlines in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Hashable]] = []
        self._live: dict[Hashable, tuple[int, Callback]] = {}
        self._order = count()

    def __len__(self) -> int:
        return len(self._live)

    def set(self, name: Hashable, deadline: float, callback: Callback) -> None:
        """Call `callback(now)` once `now` has reached `deadline`."""
        order = next(self._order)
        self._live[name] = (order, callback)
        heapq.heappush(self._heap, (deadline, order, name))
        if len(self._heap) > 2 * len(self._live) + 64:
            self._rebuild()

    def cancel(self, name: Hashable) -> None:
        """Forget a timer; one that is not set is fine."""
        self._live.pop(name, None)

    @property
    def next_deadline(self) -> float | None:
        """When `run` has something to do, or None."""
        heap, live = self._heap, self._live
        while heap:
            deadline, order, name = heap[0]
            if name in live and live[name][0] == order:
                return deadline
            heapq.heappop(heap)
        return None

    def run(self, now: float) -> None:
        """Run what is due at `now`, earliest first. A timer set meanwhile waits for the next run
        even if it is due at once, so that a run always ends. A callback that raises ends the run;
        those that it has not come to are still due."""
        due: deque[tuple[float, int, Hashable]] = deque()
        while (deadline := self.next_deadline) is not None and deadline <= now:
            due.append(heapq.heappop(self._heap))
        try:
            while due:
                entry = due.popleft()
                if self._is_live(entry):
                    self._live.pop(entry[2])[1](now)
        finally:
            for entry in due:
                heapq.heappush(self._heap, entry)

    def _is_live(self, entry: tuple[float, int, Hashable]) -> bool:
        live = self._live.get(entry[2])
        return live is not None and live[0] == entry[1]

    def _rebuild(self) -> None:
        self._heap = [entry for entry in self._heap if self._is_live(entry)]
        heapq.heapify(self._heap)
