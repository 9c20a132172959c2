"""FlowQuota: an upper bound on how many flows a sliver has, without remembering any flow.

It is what the switch last counted, and one for each flow-mod since that may have added a flow; who
asks the switch, and when, is not known here. Invariant: the bound is never below the number of
flows, given that each flow-mod that may add one is told.
"""

from __future__ import annotations

from collections.abc import Callable


class FlowQuota:
    """One sliver's; `limit` is None where there is none."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._most = limit or 0
        """The sliver has at most so many flows. It starts full, as nobody has counted yet."""
        self._added = 0

    def is_full(self, number: int = 1) -> bool:
        """Could so many flows more be too many?"""
        return self.limit is not None and self._most + number > self.limit

    def add(self, number: int = 1) -> None:
        """So many flow-mods that may add a flow are sent to the datapath."""
        self._most += number
        self._added += number

    def counting(self) -> Callable[[int], None]:
        """The datapath is asked for its count; what is returned takes the answer."""
        before = self._added

        def counted(number: int) -> None:
            self._most = number + self._added - before

        return counted
