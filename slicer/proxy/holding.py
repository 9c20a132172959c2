"""Holding: which connection holds each dpid.

A second connection that says a dpid which is held waits until the first has been asked whether it
lives. Where several engines share the switches, an engine first asks whoever keeps account of them
all (`Claim`), and is asked in turn (`Challenged`). What follows from holding a dpid is the engine's
affair. Invariant: in one engine a dpid has one holder at most, and where dpids are shared it has
one only between a `Granted` and the `Release`.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable

from slicer.openflow.messages import EchoRequest
from slicer.proxy.datapath import Datapath
from slicer.proxy.events import (
    Challenged,
    Claim,
    Command,
    Defend,
    Denied,
    Granted,
    Release,
)
from slicer.proxy.settings import Settings
from slicer.proxy.timers import Timers

log = logging.getLogger(__name__)

TWO_OTHERS = "two other connections claim its dpid already"


class Holding:
    """The holders of an engine's dpids."""

    def __init__(
        self,
        settings: Settings,
        timers: Timers,
        command: Callable[[Command], None],
        admit: Callable[[Datapath, float], None],
        counters: Counter[str],
    ) -> None:
        """`admit` is called with each that comes to hold its dpid."""
        self.holders: dict[int, Datapath] = {}
        self.is_shared = False
        """Do other engines hold dpids of the same network?"""
        self._settings = settings
        self._timers = timers
        self._command = command
        self._admit = admit
        self._counters = counters
        self._contenders: dict[int, Datapath] = {}
        self._claimants: OrderedDict[int, Datapath] = OrderedDict()
        """Those that have been claimed for, by dpid, until that is answered: mostly in order, and a
        dict would be searched from where those once were that have been answered."""
        self._challengers: dict[int, str] = {}
        """Where the connection is from that has the dpid of a holder here, in another engine."""

    def contends(self, datapath: Datapath) -> bool:
        """Does it wait for the holder of its dpid to answer?"""
        return datapath in self._contenders.values()

    def identified(self, datapath: Datapath, now: float) -> None:
        """A datapath whose dpid the policy knows has said it."""
        dpid = datapath.dpid
        if dpid in self._contenders or dpid in self._challengers:
            self.refuse(datapath, TWO_OTHERS)
        elif dpid in self._claimants:
            self.refuse(datapath, "another connection claims its dpid already")
        elif dpid in self.holders:
            self._contest(datapath, now)
        elif self.is_shared:
            self._claimants[dpid] = datapath
            self._command(Claim(datapath.peer.number, dpid, datapath.peer.address))
        else:
            self._hold(datapath, now)

    def refuse(self, datapath: Datapath, why: str) -> None:
        """Close the connection of one that may not stay."""
        log.error("%s at %s: refused: %s", datapath, datapath.peer.address, why)
        self._counters["refused datapaths"] += 1
        datapath.peer.close(why)

    def _hold(self, datapath: Datapath, now: float) -> None:
        self.holders[datapath.dpid] = datapath
        self._admit(datapath, now)

    # ---- in this engine ----

    def _contest(self, datapath: Datapath, now: float) -> None:
        self._contenders[datapath.dpid] = datapath
        self._ask(self.holders[datapath.dpid], datapath.peer.address, now)

    def _ask(self, holder: Datapath, address: str, now: float) -> None:
        """Find out whether the holder lives, as another connection has the same dpid."""
        log.warning(
            "%s has connected from %s while it is connected from %s; asking there",
            holder,
            address,
            holder.peer.address,
        )
        holder.send(EchoRequest(0))
        due = now + self._settings.contest_timeout

        def decide(later: float) -> None:
            """What comes late does so as the slicer had to do, and so long it heard nobody."""
            is_late = later - due >= self._settings.contest_timeout
            if is_late and holder.peer.last_heard <= now:
                again = later + self._settings.contest_timeout
                self._timers.set(contest, again, lambda _: self._decide(holder, address, now))
            else:
                self._decide(holder, address, now)

        contest = ("contest", holder.dpid)
        self._timers.set(contest, due, decide)

    def _decide(self, holder: Datapath, address: str, asked: float) -> None:
        if holder.peer.last_heard <= asked:
            holder.peer.close(f"silent, and the same dpid has come from {address}")
            return
        why = f"its dpid is connected from {holder.peer.address}, alive"
        contender = self._contenders.pop(holder.dpid, None)
        if contender is not None:
            self.refuse(contender, why)
        elif self._challengers.pop(holder.dpid, None) is not None:
            self._command(Defend(holder.dpid, why))

    def left(self, datapath: Datapath, now: float) -> None:
        """A datapath that had been identified has gone: its dpid is the contender's, or free."""
        dpid = datapath.dpid
        if self._claimants.get(dpid) is datapath:
            del self._claimants[dpid]
            self._command(Release(dpid))
        elif self._contenders.get(dpid) is datapath:
            del self._contenders[dpid]
            self._timers.cancel(("contest", dpid))
        elif self.holders.get(dpid) is datapath:
            del self.holders[dpid]
            self._timers.cancel(("contest", dpid))
            self._challengers.pop(dpid, None)
            contender = self._contenders.pop(dpid, None)
            if contender is not None:
                self._hold(contender, now)
            elif self.is_shared:
                self._command(Release(dpid))

    # ---- among engines ----

    def told(self, event: Granted | Denied | Challenged, now: float) -> None:
        """What whoever keeps account of all dpids says. An answer to the claim of a connection that
        has gone means nothing: the dpid was released when it went."""
        if isinstance(event, Challenged):
            self._challenged(event, now)
            return
        for dpid, claimant in self._claimants.items():
            if claimant.peer.number == event.peer:
                del self._claimants[dpid]
                if isinstance(event, Granted):
                    self._hold(claimant, now)
                else:
                    self.refuse(claimant, event.reason)
                return

    def _challenged(self, event: Challenged, now: float) -> None:
        holder = self.holders.get(event.dpid)
        if holder is None or event.dpid in self._challengers:
            return
        if event.dpid in self._contenders:
            self._command(Defend(event.dpid, TWO_OTHERS))
            return
        self._challengers[event.dpid] = event.address
        self._ask(holder, event.address, now)
