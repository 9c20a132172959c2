"""Liveness: is the other side of a connection still there?

A peer that has been silent for long is asked with an echo, and given up when it stays silent.
Whether it has greeted in time is asked elsewhere. Invariant: a peer that is not read, as the
slicer is busy or wants nothing from it, is not taken for silent.
"""

from __future__ import annotations

from collections import Counter

from slicer.openflow.messages import EchoRequest
from slicer.proxy.datapath import Datapath
from slicer.proxy.routes import State
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from slicer.proxy.timers import Timers


class Liveness:
    """Watches over all connections of an engine."""

    def __init__(self, settings: Settings, timers: Timers, counters: Counter[str]) -> None:
        self._interval = settings.probe_interval
        self._timers = timers
        self._counters = counters

    def watch(self, session: Datapath | Tenant, now: float) -> None:
        """Look again when the peer should have been heard from."""
        self._watch(session, session.peer.last_heard, now)

    def _watch(self, session: Datapath | Tenant, heard: float, now: float) -> None:
        due = now + self._interval
        self._timers.set(
            ("alive", session.peer.number), due, lambda now: self._check(session, heard, due, now)
        )

    def forget(self, number: int) -> None:
        """The connection is over."""
        self._timers.cancel(("alive", number))

    def _check(self, session: Datapath | Tenant, heard: float, due: float, now: float) -> None:
        # What is late is late because the slicer had to do, and so long it listened to nobody.
        heard = min(max(session.peer.last_heard, heard) + (now - due), now)
        if not session.peer.reads:
            heard = now
        silence = now - heard
        if silence >= 3 * self._interval:
            self._counters["closed: not heard from"] += 1
            session.peer.close(f"not heard from for {silence:.0f} s")
            return
        if silence >= self._interval and session.state is not State.GREETING:
            session.send(EchoRequest(0))
        if isinstance(session, Datapath) and session.state is State.READY:
            session.flush()
        self._watch(session, heard, now)
