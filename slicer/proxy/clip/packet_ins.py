"""PacketIns: how many packet-ins each slice has had of a datapath since the second began.

The datapath can't limit them, so the slicer drops those beyond the limit; it has no clock here, and
is told when another second begins. Invariant: within a second no slice takes more than its limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class PacketIns:
    """The packet-ins of one datapath; `limits` are those a second, by slice."""

    def __init__(self) -> None:
        self.limits: Mapping[str, int] = {}
        self._taken: Counter[str] = Counter()

    def begin(self) -> None:
        """Another second begins."""
        self._taken.clear()

    def take(self, slice_name: str) -> bool:
        """May one more pass?"""
        limit = self.limits.get(slice_name)
        if limit is None:
            return True
        if self._taken[slice_name] >= limit:
            return False
        self._taken[slice_name] += 1
        return True
