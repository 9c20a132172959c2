"""Sharing: when a datapath's bandwidth is divided, and what there is to say about it.

Ahead of each synchronisation what the policy gives goes to the enforcement: where the datapath's
database is known its ports' queues are arranged first, and what has no queue is for meters. From
then on the enforcement is asked to divide what there is at intervals of its own; one that refuses
is read back at once. How it divides is not known here. Invariant: at most one division is under
way, and none is begun while the datapath is being synchronised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from slicer.isolation.entitlements import Entitlements
from slicer.isolation.queues import queues_of
from slicer.proxy import entitling
from slicer.proxy.events import ArrangeQueues, QueuesArranged, QueuesRefused
from slicer.proxy.operation import Refused, Steps

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath
    from slicer.proxy.host import Host

log = logging.getLogger(__name__)

Then = Callable[[float], None]


class Sharing:
    """The sharing of one datapath."""

    def __init__(self, datapath: Datapath, host: Host) -> None:
        self._datapath = datapath
        self._host = host
        self._is_under_way = False
        self._said: frozenset[str] = frozenset()
        self._queues: Mapping[tuple[str, int], int] | None = None
        """The queues as last arranged; None: not yet."""
        self._asked: tuple[Entitlements, bool, Then] | None = None
        """What is being arranged, whether it takes queues, and what is to happen then."""

    def entitle(self, given: Entitlements, then: Then, now: float) -> None:
        """What the next synchronisation is to hold slices to: `then` is called when the enforcement
        has been told, and not at all where the datapath is refused. Says what can't be had."""
        where = self._host.view.ovsdb_of(self._datapath.dpid)
        if where is None or not self._datapath.enforcement.takes_queues:
            self._entitle(given, (), then, now)
            return
        ports = queues_of(given)
        self._asked = (given, bool(ports), then)
        peer = self._datapath.peer.number
        self._host.arrange(ArrangeQueues(peer, self._datapath.dpid, where, ports))

    def arranged(self, said: QueuesArranged | QueuesRefused, now: float) -> None:
        """The queues are there, or can't be had. A datapath that has had none yet, and needs them,
        is let go; another goes on with those that it has."""
        if self._asked is None:
            return
        (given, needs_queues, then), self._asked = self._asked, None
        if isinstance(said, QueuesArranged):
            self._queues = said.queues
            self._entitle(given, said.notes, then, now)
            return
        if self._queues is None and needs_queues:
            why = f"the policy shares ports, which takes queues: {said.reason}"
            log.error("%s: can't be sliced: %s; closing its connection", self._datapath, why)
            self._datapath.peer.close(why)
            return
        self._datapath.counters["bandwidth: queues not arranged"] += 1
        note = f"queues stay as they are: {said.reason}"
        self._entitle(given, (note,), then, now)

    def _entitle(self, given: Entitlements, notes: tuple[str, ...], then: Then, now: float) -> None:
        self._datapath.enforcement.entitle(given, self._queues or {})
        found = entitling.doubts(given, self._datapath.ports) | frozenset(notes)
        for doubt in sorted(found - self._said):
            log.error("%s: %s", self._datapath, doubt)
        self._said = found
        then(now)

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
