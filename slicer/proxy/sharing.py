"""Sharing: when a datapath's bandwidth is divided, and what there is to say about it.

It runs the control loop of one datapath connection: what the policy gives goes to the enforcement
ahead of each synchronisation, and from then on the enforcement is asked to divide what there is at
intervals of its own; one that refuses is read back at once. How it divides is not known here.
Invariant: at most one division is under way, and none is begun while the datapath is being
synchronised.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from slicer.isolation.entitlements import Entitlements
from slicer.proxy import entitling
from slicer.proxy.operation import Refused, Steps

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath
    from slicer.proxy.host import Host

log = logging.getLogger(__name__)


class Sharing:
    """The sharing of one datapath."""

    def __init__(self, datapath: Datapath, host: Host) -> None:
        self._datapath = datapath
        self._host = host
        self._is_under_way = False
        self._doubts: frozenset[str] = frozenset()

    def entitle(self, given: Entitlements) -> None:
        """What the next synchronisation is to hold slices to; says what of it can't be had."""
        self._datapath.enforcement.entitle(given)
        doubts = entitling.doubts(given, self._datapath.ports)
        for doubt in sorted(doubts - self._doubts):
            log.error("%s: %s", self._datapath, doubt)
        self._doubts = doubts

    def share(self, now: float) -> None:
        """Divide the ports' bandwidth, unless that is under way already, or the ports themselves
        are being looked at."""
        if self._is_under_way or self._datapath.is_synchronising:
            self._host.shared(self._datapath, now)
            return
        self._is_under_way = True
        self._datapath.run(self._divided(), self._shared, now)

    def _divided(self) -> Steps[int | None]:
        """How many rates were changed, or None where the datapath refused one."""
        try:
            return (yield from self._datapath.enforcement.share())
        except Refused as refused:
            self._datapath.counters["bandwidth: refused by the datapath"] += 1
            log.warning("%s: rates are not set: %s; reading it back", self._datapath, refused)
            return None

    def _shared(self, changes: int | None, now: float) -> None:
        self._is_under_way = False
        if changes is None:
            self._datapath.synchronise(now)
        elif changes:
            self._datapath.counters["bandwidth: rates changed"] += changes
        self._host.shared(self._datapath, now)
