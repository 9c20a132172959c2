"""Greeting: has a connection become ready in time?

Whether one that is ready still lives is asked elsewhere (`liveness.py`). Invariant: a peer is not
given up for what it has said in time and the slicer, busy itself, has not read yet.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from slicer.isolation.bucket import Bucket
from slicer.proxy.datapath import Datapath
from slicer.proxy.routes import State
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from slicer.proxy.timers import Timers

log = logging.getLogger(__name__)

READING = 1.0
"""Seconds for reading what came in time: who is late to look has been busy, and listened to nobody.
"""


class Greeting:
    """Waits for all connections of an engine to become ready."""

    def __init__(
        self,
        settings: Settings,
        timers: Timers,
        counters: Counter[str],
        log_share: Bucket,
        is_excused: Callable[[Datapath | Tenant], bool],
    ) -> None:
        """`is_excused` says of a session that it is not it who has it wait."""
        self._timeout = settings.greeting_timeout
        self._timers = timers
        self._counters = counters
        self._log_share = log_share
        self._is_excused = is_excused

    def watch(self, session: Datapath | Tenant, now: float) -> None:
        """Look when the session should be ready."""
        self._look_at(session, now + self._timeout, 0.0)

    def forget(self, number: int) -> None:
        """The connection is over."""
        self._timers.cancel(("greeting", number))

    def _look_at(self, session: Datapath | Tenant, due: float, lateness: float) -> None:
        """`lateness` is how many seconds late a look may be and still count."""
        self._timers.set(
            ("greeting", session.peer.number),
            due,
            lambda now: self._check(session, now - due, lateness, now),
        )

    def _check(self, session: Datapath | Tenant, late: float, lateness: float, now: float) -> None:
        if session.state is State.READY or self._is_excused(session):
            return
        if not session.peer.reads:  # it may have said all that it has to
            self.watch(session, now)
            return
        if late > lateness:
            self._look_at(session, now + max(late, READING), READING)
            return
        self._counters["closed: not ready in time"] += 1
        if self._log_share.take(now):
            log.warning("%s: not ready after %g s", session, self._timeout)
        session.peer.close(f"not ready after {self._timeout:g} s")
