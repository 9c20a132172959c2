"""Pace: how much an operation has done since others had their turn.

What is counted is work, in the same terms whatever it is done to: time is not known here, and a
turn has to end at the same place each time. Invariant: between two turns of others no more work is
done than a turn is long, but for the last piece of it.
"""

from __future__ import annotations

from typing import Final

from slicer.proxy.operation import A_TURN

COMPARED: Final = 1
"""The work of comparing two regions: a few microseconds. All else is given in that."""
MADE: Final = 16
"""The work of making a flow, or of writing it as a message."""
ACTED: Final = 0.5
"""The work of an action of a flow that is made or written, beside the flow's own."""
TOUCHED: Final = 0.125
"""The work of a look into a table."""


class Pace:
    """One operation's."""

    __slots__ = ("_done",)

    def __init__(self) -> None:
        self._done = 0.0

    def is_turn_over(self, work: float = MADE) -> bool:
        """So much more is done; are others to have their turn now? Then it is counted anew."""
        self._done += work
        if self._done < A_TURN * MADE:
            return False
        self._done = 0.0
        return True
