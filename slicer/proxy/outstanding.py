"""Outstanding: how many requests of a sliver's the datapath has not answered yet.

A request without a reply of its own counts until a later barrier is answered. Controllers that want
more than the limit wait here, in the order in which they came. Invariant: nobody waits while there
is room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Outstanding:
    """One sliver's; `limit` is None where there is none."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._count = 0
        self._waiting: deque[Callable[[float], None]] = deque()

    @property
    def is_full(self) -> bool:
        """Has the next request to wait?"""
        return self._limit is not None and self._count >= self._limit

    def ask(self, count: int = 1) -> None:
        """Requests go out."""
        self._count += count

    def wait(self, go_on: Callable[[float], None]) -> None:
        """Call `go_on(now)` once there is room."""
        self._waiting.append(go_on)

    def forget(self, go_on: Callable[[float], None]) -> None:
        """Somebody who may wait wants no more to be called."""
        if go_on in self._waiting:
            self._waiting.remove(go_on)

    def settle(self, now: float, count: int = 1) -> None:
        """Requests are answered, refused or carried out."""
        self._count -= count
        while self._waiting and not self.is_full:
            self._waiting.popleft()(now)
