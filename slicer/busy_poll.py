"""Busy polling: is it worth to look again for a moment, before sleeping, for what may come soon?

To be woken takes longer than many a controller takes to answer. Whoever has nothing to do may
therefore look again and again for a while, as kernels do for sockets (SO_BUSY_POLL) and
hypervisors for processors that halt. That is worth it as long as it often finds something; who
rarely does, as where the answer can't be made before the one who waits for it sleeps, tries now
and then. It knows no sockets and no clock. Invariant: where nothing is ever found, all but one time
in TRY_EACH is without a look, after the first few.
"""

from __future__ import annotations

WORTH = 0.25
"""What share of the last times must have found something for the next to be worth it."""
WEIGHT = 1 / 16
"""Of the last time, beside all before it."""
TRY_EACH = 64
"""Where it isn't worth it, one time in so many there is a look nevertheless."""


class BusyPoll:
    """How it went lately."""

    def __init__(self) -> None:
        self._found = 1.0
        """The share of times that found something; the later ones count more."""
        self._passed = 0
        """So many times there was no look."""

    def is_worth_it(self) -> bool:
        """Should there be a look now? Whoever looks says what came of it."""
        if self._found >= WORTH:
            return True
        self._passed += 1
        return self._passed % TRY_EACH == 0

    def looked(self, *, found: bool) -> None:
        """Somebody has looked."""
        self._found += (found - self._found) * WEIGHT
