"""Holders: which worker holds which dpid.

The first worker that claims a dpid holds it. While it is held the next one that claims it makes a
challenge: the holder's worker is asked whether its connection lives. Whoever comes third is denied.
It sends nothing itself. Invariant: a dpid has one holder at most, and that one keeps it until it
releases it or ends; so a worker that does not answer loses nothing, and nobody else gets it.
"""

from __future__ import annotations

from slicer.proxy.events import Challenged, Claim, Defend, Denied, Granted, Release
from slicer.proxy.holding import TWO_OTHERS

Answer = Granted | Denied | Challenged
Answers = list[tuple[int, Answer]]
"""What to tell which worker."""


class Holders:
    """The holders among workers that are known by their number."""

    def __init__(self) -> None:
        self._held: dict[int, int] = {}
        """By dpid."""
        self._challenges: dict[int, tuple[int, Claim]] = {}

    def holder(self, dpid: int) -> int | None:
        """The worker that holds a dpid."""
        return self._held.get(dpid)

    def claim(self, worker: int, claim: Claim) -> Answers:
        """A worker has a connection that says a dpid."""
        dpid = claim.dpid
        holder = self._held.get(dpid)
        if holder is None:
            self._held[dpid] = worker
            return [(worker, Granted(claim.peer))]
        if dpid in self._challenges or holder == worker:
            return [(worker, Denied(claim.peer, TWO_OTHERS))]
        self._challenges[dpid] = (worker, claim)
        return [(holder, Challenged(dpid, claim.address))]

    def release(self, worker: int, release: Release) -> Answers:
        """A worker no longer wants a dpid that it has claimed, and perhaps holds."""
        dpid = release.dpid
        if dpid in self._challenges and self._challenges[dpid][0] == worker:
            del self._challenges[dpid]
        if self._held.get(dpid) != worker:
            return []
        del self._held[dpid]
        if dpid not in self._challenges:
            return []
        return self.claim(*self._challenges.pop(dpid))

    def defend(self, worker: int, defend: Defend) -> Answers:
        """The holder of a dpid that was challenged stays."""
        if self._held.get(defend.dpid) != worker or defend.dpid not in self._challenges:
            return []
        challenger, claim = self._challenges.pop(defend.dpid)
        return [(challenger, Denied(claim.peer, defend.reason))]

    def ended(self, worker: int) -> Answers:
        """A worker is no more, and holds and claims nothing."""
        claimed = [dpid for dpid, (other, _) in self._challenges.items() if other == worker]
        held = [dpid for dpid, other in self._held.items() if other == worker]
        return [
            answer for dpid in (*claimed, *held) for answer in self.release(worker, Release(dpid))
        ]
