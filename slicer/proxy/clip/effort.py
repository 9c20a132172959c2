"""Effort: how much may be compared to find out what of one flow is its slice's.

All else waits meanwhile, and a tenant's flow may name many outputs, each rewritten otherwise, and
meet many rules of others. Invariant: what raises nothing has compared no more than it was given.
"""

from __future__ import annotations

from slicer.proxy.clip.wording import Inexpressible


class Effort:
    """What is left for one flow."""

    def __init__(self, most: int) -> None:
        """`most` regions may be compared, each piece of the flow's with each of others'."""
        self._most = most
        self._left = most

    @property
    def spent(self) -> int:
        """So many have been compared."""
        return self._most - self._left

    def spend(self, count: int = 1) -> None:
        """So many more. Raises Inexpressible."""
        self._left -= count
        if self._left < 0:
            raise Inexpressible(f"more than {self._most} regions to compare")
