"""Others: the other green threads of the process, and how the one that serves gives them a turn.

Eventlet's hub sleeps for all green threads until one of them has something to do. A turn of it
costs more than a message, so where the hub's insides allow it (its epoll hub, which is what Linux
has) the server's epoll watches the hub's epoll, and its green thread may sleep itself while the
others wait: `BesideHub`. Under any other hub it is the hub that watches the server's epoll:
`UnderHub`; and so it is for a second server, as two beside it would give each other turns for
ever. Neither reads a socket. Invariant: nobody sleeps beside the hub while a timer of the
hub's is due or a descriptor that it watches is ready, and only the green thread that has given a
turn is ever woken, so none is torn out of something else that it waits for.
"""

from __future__ import annotations

from typing import Any, Protocol

import eventlet
from eventlet.hubs import epolls, get_hub
from eventlet.support import greenlets

_BESIDE = "slicer_beside"
"""The attribute of a hub that says who sleeps beside it."""


class Others(Protocol):
    """What the server's green thread has to do with them."""

    @property
    def descriptor(self) -> int:
        """In the server's epoll, what is ready when one of them has something to do, or -1."""

    def spare(self) -> float:
        """For so many seconds none of them has anything to do, but for what a poll of the server's
        epoll tells; 0 if that isn't known."""

    def give_turn(self) -> None:
        """Let each of them run; under a hub that watches the server's epoll, until something is
        ready there or `rouse` is called."""

    def interrupted(self, raised: BaseException) -> None:
        """A signal's handler has raised that while the server's green thread slept."""

    def rouse(self) -> None:
        """End `give_turn`; for the hub's own callbacks. Nothing where nobody gives a turn."""

    def wake(self) -> None:
        """Likewise, for any green thread."""

    def close(self) -> None:
        """Watch nothing any more."""


def others(epoll: Any) -> Others:
    """Those of this thread. `epoll` is the server's. Where eventlet is to tell of who blocks (its
    `hub_blocking_detection`) nobody sleeps but the hub."""
    hub = get_hub()
    is_known = type(hub) is epolls.Hub and not hub.debug_blocking
    is_free = is_known and not hasattr(hub, _BESIDE)
    return BesideHub(epoll, hub) if is_free else UnderHub(epoll, hub)


class UnderHub:
    """The hub watches the server's epoll."""

    def __init__(self, epoll: Any, hub: Any) -> None:
        self.descriptor = -1
        self._epoll = epoll
        self._hub = hub
        self._listener: Any = None
        self._waiter: Any = None

    def spare(self) -> float:
        """Nothing is known."""
        return 0.0

    def give_turn(self) -> None:
        """Sleep in the hub."""
        if self._listener is None:
            self._listener = self._hub.add(
                *(self._hub.READ, self._epoll.fileno()),
                *(self._roused, _never, None),
            )
        self._waiter = greenlets.getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiter = None

    def interrupted(self, raised: BaseException) -> None:
        """It never sleeps but in the hub."""
        raise raised

    def _roused(self, _descriptor: int) -> None:
        """The hub has found that some socket is ready. Whoever is to hear of it may be waiting for
        something else in the middle of its work, and the hub would find it again and again."""
        if self._waiter is None:
            self._hub.remove(self._listener)
            self._listener = None
        self.rouse()

    def rouse(self) -> None:
        """Wake whoever sleeps in the hub."""
        if self._waiter is not None:
            self._waiter.switch()

    def wake(self) -> None:
        """Have the hub do so."""
        self._hub.schedule_call_global(0, self.rouse)

    def close(self) -> None:
        """Take the server's epoll from the hub."""
        if self._listener is not None:
            self._hub.remove(self._listener)
            self._listener = None


class BesideHub:
    """The server's epoll watches the hub's."""

    def __init__(self, epoll: Any, hub: Any) -> None:
        self._hub = hub
        self.descriptor: int = hub.poll.fileno()
        epoll.register(self.descriptor, epolls.select.EPOLLIN)
        setattr(hub, _BESIDE, self)

    def spare(self) -> float:
        """Until the hub's next timer. What a timer or a callback of the hub's has interrupted is
        among what is due, or is ready still."""
        hub = self._hub
        if hub.closed:
            return 0.0
        if hub.next_timers:
            hub.prepare_timers()
        until = hub.sleep_until()
        spare: float = hub.default_sleep() if until is None else until - hub.clock()
        return spare if spare > 0 else 0.0

    def give_turn(self) -> None:
        """Let the hub go round once."""
        eventlet.sleep(0)

    def interrupted(self, raised: BaseException) -> None:
        """What is raised while all sleep is raised in the green thread that the hub is a child of,
        which is where it ends up when it comes while the hub sleeps."""
        current, main = greenlets.getcurrent(), self._hub.greenlet.parent
        if current is main:
            raise raised
        self._hub.schedule_call_global(0, current.switch)
        main.throw(raised)

    def rouse(self) -> None:
        """The hub's turn ends by itself."""

    def wake(self) -> None:
        """Likewise."""

    def close(self) -> None:
        """Another may sleep beside the hub now."""
        if getattr(self._hub, _BESIDE, None) is self:
            delattr(self._hub, _BESIDE)


def _never(*_: object) -> None:
    """What the hub calls when a descriptor that it watches was closed behind its back."""
