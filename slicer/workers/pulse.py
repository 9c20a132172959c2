"""Pulse: which workers still do anything.

Each is asked every so often whether it is there, and one that has not answered for long is given
up: it may first say where it hangs. Whatever a worker says is an answer. Until it is clear that one
hangs, it counts as silent. Nothing is sent here.
Invariant: nobody is given up for a time in which the supervisor itself did not listen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

EVERY = 5.0
"""Seconds between an answer and the next question."""
PATIENCE = 120.0
"""Seconds that an answer may take: what is done at once for a very large policy on a switch of
OpenFlow 1.0, or for very many flows there, takes tens of seconds."""
LAST_WORDS = 2.0
"""Seconds that one which is given up has to say where it hangs."""
PROMPT = 1.0
"""Seconds after a question from which on a worker that has not answered is silent: a turn of one
that sets up a large datapath takes no longer."""
LATE = 1.0
"""So many seconds late, the supervisor has not listened in time, and listens for as long again."""


class Deed(Enum):
    """What is to be done to a worker."""

    ASK = auto()
    ABORT = auto()
    """Have it end, and say where it was."""
    KILL = auto()


@dataclass(slots=True)
class _Beat:
    next: Deed
    due: float
    asked: float = 0.0


class Pulse:
    """The workers that are up, by number."""

    def __init__(self) -> None:
        self._beats: dict[int, _Beat] = {}

    @property
    def next_due(self) -> float | None:
        """When there is something to do, or None."""
        return min((each.due for each in self._beats.values()), default=None)

    def heard(self, number: int, now: float) -> None:
        """A worker has started, or has said something. One that is given up stays so."""
        beat = self._beats.get(number)
        if beat is None or beat.next is not Deed.KILL:
            self._beats[number] = _Beat(Deed.ASK, now + EVERY)

    def ended(self, number: int) -> None:
        """A worker is no more."""
        self._beats.pop(number, None)

    def give_up(self, number: int, now: float) -> bool:
        """A worker is to end; False if it is about to already."""
        beat = self._beats.get(number)
        if beat is None or beat.next is Deed.KILL:
            return False
        self._beats[number] = _Beat(Deed.KILL, now + LAST_WORDS)
        return True

    def lively(self, now: float) -> set[int]:
        """The workers that have answered what they were last asked, or have hardly been asked."""
        return {
            number
            for number, beat in self._beats.items()
            if beat.next is Deed.ASK or (beat.next is Deed.ABORT and now < beat.asked + PROMPT)
        }

    def due(self, now: float) -> list[tuple[int, Deed]]:
        """What is to be done to whom at `now`, when all that was said has been heard."""
        return [
            (number, deed)
            for number, beat in list(self._beats.items())
            if beat.due <= now and (deed := self._take(number, beat, now)) is not None
        ]

    def _take(self, number: int, beat: _Beat, now: float) -> Deed | None:
        deed, late = beat.next, now - beat.due
        if deed is Deed.ASK:
            self._beats[number] = _Beat(Deed.ABORT, now + PATIENCE, now)
        elif deed is Deed.KILL:
            beat.due = now + LAST_WORDS
        elif late >= LATE:
            beat.due = now + min(late, PATIENCE)
            return None
        else:
            self.give_up(number, now)
        return deed
