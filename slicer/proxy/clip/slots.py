"""Slots: a tenant's priorities in the range that a layer of the datapath has for them.

Where the flowspace has several layers, each has a part of the datapath's 65,536 priorities, and a
slice's priorities are fitted into it: in their order, and with the gaps between them kept as long
as there is room. Knows no flows. An entry leaves when its last user releases it.

Invariant: of two priorities in use the higher one has the higher slot.
"""

from __future__ import annotations

from bisect import bisect_left, insort

LAST_PRIORITY = 0xFFFF


class NoSlot(Exception):
    """There is no room between two priorities that are in use."""


class Slots:
    """The slots 1 to `last` of one slice."""

    def __init__(self, last: int) -> None:
        self._slots = {-1: 0, LAST_PRIORITY + 1: last + 1}
        self._order = [-1, LAST_PRIORITY + 1]
        self._users: dict[int, int] = {}

    def take(self, priority: int) -> int:
        """The slot of a priority, 0 to 65535, which then has one user more. Raises NoSlot."""
        slot = self._slots.get(priority)
        if slot is None:
            slot = self._between(priority)
            self._slots[priority] = slot
            insort(self._order, priority)
        self._users[priority] = self._users.get(priority, 0) + 1
        return slot

    def release(self, priority: int) -> None:
        """One user less."""
        self._users[priority] -= 1
        if not self._users[priority]:
            del self._users[priority], self._slots[priority]
            del self._order[bisect_left(self._order, priority)]

    def _between(self, priority: int) -> int:
        at = bisect_left(self._order, priority)
        below, above = self._order[at - 1], self._order[at]
        low, high = self._slots[below], self._slots[above]
        room = high - low - 1
        if not room:
            raise NoSlot(
                f"no priority of the datapath's is left between {below} and {above} for {priority}"
            )
        if priority - below <= (room + 1) // 2:
            return low + priority - below
        if above - priority <= (room + 1) // 2:
            return high - (above - priority)
        return low + (room + 1) // 2
