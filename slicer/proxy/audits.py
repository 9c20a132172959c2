"""Audits: when a datapath is read back, as somebody else may have changed it.

That is so when it joins, every so often, and where a tenant's connection has ended with a fault, or
a tenant has changed something during a reading: what the datapath has and what is kept of it may
differ then. What is done is the datapath's affair, and whose turn it is, `turns.py`'s. Invariant:
whatever a reading meets, the next one is due for as long as the datapath is connected; and readings
take no more than one part in AUDITS_APART of the time by themselves.
"""

from __future__ import annotations

from math import inf

from slicer.proxy.datapath import Datapath
from slicer.proxy.faults import FAULT, at_cost_of
from slicer.proxy.policy_view import PolicyView
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from slicer.proxy.timers import Timers
from slicer.proxy.turns import Turns

AUDITS_APART = 20
"""So many times as long as a reading of a datapath takes, at least, passes until the next."""
SOON = 1.0
"""Likewise, seconds."""


class Audits:
    """The audits of an engine's datapaths."""

    def __init__(self, settings: Settings, timers: Timers, turns: Turns, view: PolicyView) -> None:
        self._interval = settings.audit_interval
        self._timers = timers
        self._turns = turns
        self._view = view
        self._hastened: set[int] = set()
        """The dpids of those that are to be read back sooner than usual."""
        self._due: dict[int, float] = {}
        """When each is, or was."""

    def look_through(self, datapath: Datapath, now: float) -> None:
        """Make a datapath hold the policy, when it is its turn."""

        def begin(now: float) -> None:
            with at_cost_of(datapath.peer):
                datapath.synchronise(now)

        with at_cost_of(datapath.peer):
            size = self._view.size_on(datapath.dpid, len(datapath.ports))
            self._turns.ask(datapath.peer.number, size, begin, now)

    def passed(self, datapath: Datapath, now: float) -> None:
        """It holds the policy; look again in a while."""
        self._hastened.discard(datapath.dpid)
        usual = 0.0 if datapath.is_doubted else self._interval
        self._set(datapath, now + max(usual, _soon(datapath)))

    def tenant_left(self, tenant: Tenant, now: float) -> None:
        """Where that was for a fault, what was done for it may have been left half done: look soon,
        however many tenants go, and never later than without it."""
        datapath = tenant.datapath
        is_doubted = tenant.peer.close_reason == FAULT and not datapath.peer.is_closed
        if is_doubted and datapath.is_synchronising:
            datapath.is_doubted = True
        elif is_doubted and datapath.dpid not in self._hastened:
            self._hastened.add(datapath.dpid)
            self._set(datapath, min(now + _soon(datapath), self._due.get(datapath.dpid, inf)))

    def _set(self, datapath: Datapath, due: float) -> None:
        name = ("audit", datapath.dpid)
        self._due[datapath.dpid] = due
        self._timers.set(name, due, lambda now: self.look_through(datapath, now))

    def forget(self, dpid: int) -> None:
        """It has gone."""
        self._hastened.discard(dpid)
        self._due.pop(dpid, None)
        self._timers.cancel(("audit", dpid))


def _soon(datapath: Datapath) -> float:
    """In how many seconds it may be read back again."""
    return max(SOON, AUDITS_APART * datapath.took)
