"""Congestion: who is not read because a datapath is slow.

Tenants that send more than it takes are paused until it has caught up. Invariant: nobody is paused
here while the datapath keeps up.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from slicer.proxy.peer import Peer
from slicer.proxy.pending import PendingRequests
from slicer.proxy.settings import Settings

CONGESTION = "the datapath is slow"


class Taker(Protocol):
    """What is asked of a datapath."""

    peer: Peer
    settings: Settings
    pending: PendingRequests
    counters: Counter[str]

    def flush(self) -> None:
        """Have it say when it has carried out what was sent so far."""


class Congestion:
    """Who is held back for one datapath."""

    def __init__(self, datapath: Taker) -> None:
        self._datapath = datapath
        self._held_back: set[Peer] = set()

    def holds_back(self, tenant: Peer) -> bool:
        """Is a tenant paused already?"""
        return tenant in self._held_back

    def hold_back(self, tenant: Peer) -> None:
        """Pause a tenant that sends more than the switch takes, until the switch has caught up. So
        that it says when it has, even if nobody has asked, it is sent a barrier."""
        if self._is_there() and tenant not in self._held_back:
            self._held_back.add(tenant)
            tenant.pause_reading(CONGESTION)
            self._datapath.counters["paused: the datapath is slow"] += 1
            self._datapath.flush()

    def welcome(self, tenant: Peer) -> None:
        """Pause one that has just connected, if the switch is slow right now: whoever connects
        again and again would add to what waits for it each time."""
        if self._is_there():
            self._held_back.add(tenant)
            tenant.pause_reading(CONGESTION)
            self._datapath.counters["paused: the datapath is slow"] += 1

    def forget(self, tenant: Peer) -> None:
        """One has gone."""
        self._held_back.discard(tenant)

    def caught_up(self) -> None:
        """The switch has taken or answered something."""
        if self._held_back and not self._is_there():
            for tenant in self._held_back:
                tenant.resume_reading(CONGESTION)
            self._held_back.clear()

    def room(self) -> int:
        """So many requests more are no congestion."""
        room = self._datapath.settings.datapath_pending - len(self._datapath.pending)
        return room if room > 0 else 0

    def fits(self, quoted: int, sent: int) -> bool:
        """Would it be no congestion if so many bytes more were kept of requests, and sent?"""
        datapath = self._datapath
        most = datapath.settings.datapath_backlog
        return datapath.pending.quoted + quoted <= most and datapath.peer.backlog + sent <= most

    def _is_there(self) -> bool:
        settings, pending = self._datapath.settings, self._datapath.pending
        most = settings.datapath_backlog
        too_many = len(pending) > settings.datapath_pending
        return too_many or pending.quoted > most or self._datapath.peer.backlog > most
