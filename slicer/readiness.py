"""Readiness: which of many sockets can be read or written, asked of the kernel once a turn.

An epoll of the server's own holds the sockets, for as long as the server runs: a socket that
becomes ready costs no change of what is watched, and no green thread. While there is something to
do nobody else is asked at all, and before it sleeps, `busy_poll.py` says whether to look again for
a while. How it sleeps, and gives others their turn, is `others.py`. It reads and writes nothing.
Invariant: other green threads get their turn at least each OTHERS_EACH seconds, but for the one
turn that is under way.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from eventlet.patcher import original
from eventlet.semaphore import Semaphore

from slicer.busy_poll import BusyPoll
from slicer.others import Others, others

select: Any = original("select")
"""Python's own: eventlet's has no epoll, and whoever patches all modules takes it away."""
READABLE: int = select.EPOLLIN
WRITABLE: int = select.EPOLLOUT
MOST_AT_ONCE = 256
"""So many sockets a turn; those that are left come first in the next."""
OTHERS_EACH = 0.002
"""Seconds for which sockets that are always ready keep other green threads from their turn."""


class Readiness:
    """The sockets of one server. `epoll` knows what each of them waits for."""

    def __init__(self, busy_poll: float, turn: Any = None) -> None:
        """`busy_poll`: seconds of looking again before sleeping, where that is worth it. `turn` is
        a semaphore that whoever waits has, and lets go of while others run."""
        self.epoll = select.epoll()
        self._turn = Semaphore(0) if turn is None else turn
        self._window = busy_poll
        self._busy_poll = BusyPoll()
        self._others_due = 0.0
        """When others get their turn, whatever there is to do."""
        self._others: Others | None = None
        """Once it has waited: they are those of its thread."""
        self._theirs: list[tuple[int, int]] = []
        """What is ready when nothing is but one of them."""

    def wait(self) -> list[tuple[int, int]]:
        """Return what is ready, descriptors each with what it is ready for, or let others run until
        something is or `wake` is called; among it may be one that is nobody's. What is not dealt
        with is returned again."""
        now = monotonic()
        if now < self._others_due:
            ready = self._look() or self._look_again(now)
            if ready and ready != self._theirs:
                return ready
        if self._others is None:
            self._others = others(self.epoll)
            self._theirs = [(self._others.descriptor, READABLE)]
        # One that wants the turn may be in nobody's timers.
        spare = self._others.spare() if self._turn.balance >= 0 else 0.0
        if spare:
            ready = self._sleep(spare, self._others)
            self._others_due = monotonic() + OTHERS_EACH
            if ready and self._theirs[0] not in ready:
                return ready
        self._turn.release()
        try:
            self._others.give_turn()
        finally:
            self._turn.acquire()
        self._others_due = monotonic() + OTHERS_EACH
        return [] if spare else self._look()

    def _sleep(self, seconds: float, others: Others) -> list[tuple[int, int]]:
        try:
            return self._look(seconds)
        except BaseException as raised:  # noqa: BLE001  (by a signal's handler; it is raised there)
            others.interrupted(raised)
            return []

    def _look(self, seconds: float = 0.0) -> list[tuple[int, int]]:
        ready: list[tuple[int, int]] = self.epoll.poll(seconds, MOST_AT_ONCE)
        return ready

    def _look_again(self, start: float) -> list[tuple[int, int]]:
        """Look for a while, where that is worth it."""
        ready: list[tuple[int, int]] = []
        if self._window and self._busy_poll.is_worth_it():
            end = start + self._window
            while not ready and monotonic() < end:
                ready = self._look()
            self._busy_poll.looked(found=bool(ready))
        return ready

    def rouse(self) -> None:
        """Have `wait` return, with nothing perhaps; for the hub's own callbacks."""
        if self._others is not None:
            self._others.rouse()

    def wake(self) -> None:
        """Likewise, for any green thread."""
        if self._others is not None:
            self._others.wake()

    def close(self) -> None:
        """Watch nothing any more."""
        if self._others is not None:
            self._others.close()
        self.epoll.close()
