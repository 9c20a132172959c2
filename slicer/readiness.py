"""Readiness: which of many sockets can be read or written, asked of the kernel once a turn.

An epoll of the server's own holds the sockets, and eventlet's hub, whichever it is, watches that
one descriptor for as long as the server runs: a socket that becomes ready costs no change of what
is watched, and no green thread. While there is something to do the hub isn't asked at all, and
before it is, `busy_poll.py` says whether to look again for a while. It reads and writes nothing.
Invariant: other green threads get their turn at least each OTHERS_EACH seconds, but for the one
turn that is under way, and only the green thread that is in `wait` is ever woken, so none is torn
out of something else that it waits for.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from eventlet.hubs import get_hub
from eventlet.patcher import original
from eventlet.support import greenlets

from slicer.busy_poll import BusyPoll

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

    def __init__(self, busy_poll: float) -> None:
        """`busy_poll`: seconds of looking again before sleeping, where that is worth it."""
        self.epoll = select.epoll()
        self._window = busy_poll
        self._busy_poll = BusyPoll()
        self._others = 0.0
        """When others get their turn, whatever there is to do."""
        self._hub: Any = None
        self._listener: Any = None
        self._waiter: Any = None

    def wait(self) -> list[tuple[int, int]]:
        """Return what is ready, descriptors each with what it is ready for, or let others run until
        something is or `wake` is called. What is not dealt with is returned again."""
        now = monotonic()
        if now < self._others:
            ready = self._look() or self._look_again(now)
            if ready:
                return ready
        self._sleep()
        self._others = monotonic() + OTHERS_EACH
        return self._look()

    def _look(self) -> list[tuple[int, int]]:
        ready: list[tuple[int, int]] = self.epoll.poll(0, MOST_AT_ONCE)
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

    def _sleep(self) -> None:
        """Let others run until there may be something to do."""
        if self._listener is None:
            self._hub = get_hub()
            self._listener = self._hub.add(
                *(self._hub.READ, self.epoll.fileno()),
                *(self._roused, _never, None),
            )
        self._waiter = greenlets.getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Have `wait` return, with nothing perhaps."""
        if self._hub is not None:
            self._hub.schedule_call_global(0, self.rouse)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._listener is not None:
            self._hub.remove(self._listener)
            self._listener = None
        self.epoll.close()

    def _roused(self, _descriptor: int) -> None:
        """The hub has found that some socket is ready. Whoever is to hear of it may be waiting for
        something else in the middle of its work, and the hub would find it again and again."""
        if self._waiter is None:
            self._hub.remove(self._listener)
            self._listener = None
        self.rouse()

    def rouse(self) -> None:
        """Likewise, at once; for the hub's own callbacks. Nothing where nobody waits."""
        if self._waiter is not None:
            self._waiter.switch()


def _never(*_: object) -> None:
    """What the hub calls when a descriptor that it watches was closed behind its back."""
