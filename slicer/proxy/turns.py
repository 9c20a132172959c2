"""Turns: which datapaths are read back and set up at a time, and which wait.

While that is done to a datapath, all its flows of the slicer's are in memory, a kilobyte or two
each. With hundreds that join together, or are looked at again together, that would be more than
all that is kept of them. So they share an allowance, in the order in which they came. What is done
in a turn is not known here. Invariant: the turns under way have no more than the allowance
together, but for a single one that has more, and for those that take longer than PATIENCE: one
that never ends must not have all others wait.
"""

from __future__ import annotations

from collections import OrderedDict

from slicer.proxy.timers import Callback, Timers

PATIENCE = 20.0
"""Seconds until a turn that is not over is no more waited for."""


class Turns:
    """The turns of those that share `allowance`."""

    def __init__(self, allowance: int, timers: Timers) -> None:
        self._allowance = allowance
        self._timers = timers
        self._waiting: OrderedDict[int, tuple[int, Callback]] = OrderedDict()
        """A dict would be searched from where those once were that have had their turn."""
        self._taken: dict[int, int] = {}

    def ask(self, number: int, size: int, begin: Callback, now: float) -> None:
        """Have `begin(now)` called when there is room for something of that size; right now, if
        there is. Who has a turn already has it still; who waits goes on waiting."""
        if number not in self._taken:
            self._waiting.setdefault(number, (size, begin))
            self._go_on(now)
        else:
            begin(now)

    def waits(self, number: int) -> bool:
        """Has it asked, and not had its turn yet?"""
        return number in self._waiting

    def over(self, number: int, now: float) -> None:
        """Its turn is over, or it wants none any more; one that has none is fine."""
        self._waiting.pop(number, None)
        if self._taken.pop(number, None) is not None:
            self._timers.cancel(("turn", number))
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        while self._waiting:
            number, (size, begin) = next(iter(self._waiting.items()))
            if self._taken and sum(self._taken.values()) + size > self._allowance:
                return
            del self._waiting[number]
            self._taken[number] = size
            self._timers.set(("turn", number), now + PATIENCE, self._give_up(number))
            begin(now)

    def _give_up(self, number: int) -> Callback:
        return lambda now: self.over(number, now)
