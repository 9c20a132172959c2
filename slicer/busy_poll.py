"""Busy polling: is it worth to look again for a moment, before sleeping, for what may come soon?

To be woken takes longer than many a controller takes to answer. Whoever has nothing to do may
therefore look again and again for a while, as kernels do for sockets (SO_BUSY_POLL) and
hypervisors for processors that halt. That is worth it as long as it often finds something; who
rarely does, as where the answer can't be made before the one who waits for it sleeps, tries now
and then, and a few times more when that found something. It knows no sockets and no clock.
Invariant: where nothing is ever found, all but one time in TRY_EACH is without a look, after the
first few.
"""

from __future__ import annotations

WORTH = 0.25
"""What share of the last times must have found something for the next to be worth it."""
WEIGHT = 1 / 16
"""Of the last time, beside all before it."""
TRY_EACH = 251
"""Where it isn't worth it, one time in so many there is a look nevertheless: rare enough that the
99th percentile doesn't see what it takes, and a prime, as times that find something and times that
don't may come in turn."""
MORE = 4
"""So many times more there is a look after one that found something."""


class BusyPoll:
    """How it went lately."""

    def __init__(self) -> None:
        self._found = 1.0
        """The share of times that found something; the later ones count more."""
        self._more = 0
        """So many looks there are still, whatever they find."""
        self._passed = 0
        """So many times there was no look."""

    def is_worth_it(self) -> bool:
        """Should there be a look now? Whoever looks says what came of it."""
        if self._found >= WORTH or self._more:
            return True
        self._passed += 1
        return self._passed % TRY_EACH == 0

    def looked(self, *, found: bool) -> None:
        """Somebody has looked."""
        self._found += (found - self._found) * WEIGHT
        self._more = MORE if found else max(self._more - 1, 0)
