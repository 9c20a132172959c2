"""Dropped: what datapaths count of the packets that they drop, read again and again.

An enforcement reads counters at each audit; here is by how much they have grown. Not here: which
counters there are. Invariant: a packet is reported once at most, and none that was dropped before
the first reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Final

UNOWNED: Final = "dropped: packets that nobody owns"
FRAGMENT: Final = "dropped: fragments whose owner can't be told"
UNREAD: Final = "dropped: packets with a second VLAN tag"
STRAY: Final = "dropped: outputs that are not the slice's"

Whose = tuple[int, str]
"""(tag, or 0 where it is no slice's; why)"""
Dropped = Mapping[Whose, int]
"""Packets by whose they were and why."""
Reading = tuple[Hashable, Whose, int]
"""(what a counter is known by, whose it is and why, its value)"""


class Growth:
    """The counters of one datapath's connection."""

    def __init__(self) -> None:
        self._last: dict[Hashable, int] | None = None
        """Each counter as it was last read; those that have gone leave with the next reading."""

    def since(self, counters: Iterable[Reading]) -> Dropped:
        """What has been counted since the last call. A counter that has fallen has begun anew."""
        before, self._last = self._last, {}
        grown: Counter[Whose] = Counter()
        for name, whose, count in counters:
            self._last[name] = count
            if before is not None:
                was = before.get(name, 0)
                grown[whose] += count - was if count >= was else count
        return {whose: count for whose, count in grown.items() if count}
