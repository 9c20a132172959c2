"""Waiting: the frames of one tenant's connection that may not be handled yet.

They wait while an operation of the tenant's runs, while the slice has said more than it may or has
too much unanswered, and behind a barrier that the datapath has not answered; reading pauses
meanwhile. How a frame is handled is not known here. Invariant: frames are handled in the order in
which they came, each once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from slicer.isolation.limits import OverLimit
from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.proxy.faults import at_cost_of
from slicer.proxy.refusal import Refusal

if TYPE_CHECKING:
    from slicer.proxy.tenant import Tenant

WAITING = "what it said before has to wait"
"""Why reading from a tenant may pause."""
EXEMPT = frozenset({Kind.HELLO, Kind.ERROR, Kind.ECHO_REQUEST, Kind.ECHO_REPLY})
"""What is answered, or needs no answer, even beyond a slice's rate."""
Later = Callable[[float, Callable[[float], None]], None]
"""Calls a function, with the time, once it is a given time."""


class Waiting:
    """What one tenant has said that waits."""

    __slots__ = ("_barriers", "_held", "_is_admitted", "_is_behind_barrier", "_later", "_tenant")

    def __init__(self, tenant: Tenant, later: Later) -> None:
        self._tenant = tenant
        self._later = later
        self._held: deque[bytes] | None = None
        """The frames, from the first on that has to wait; None while none does."""
        self._is_admitted = False
        """Has the first of them been counted towards what the slice may say?"""
        self._barriers = 0
        """How many of the tenant's barriers the datapath has not answered."""
        self._is_behind_barrier = False

    @property
    def is_waiting(self) -> bool:
        """Has what comes now to wait behind something?"""
        return self._held is not None

    def keep(self, frame: bytes) -> None:
        """Keep a frame that came while others wait."""
        assert self._held is not None
        self._held.append(frame)
        self._tenant.peer.pause_reading(WAITING)

    def begin(self) -> None:
        """What comes from now on waits, until `release`."""
        self._held = deque()

    def may_come(self, frame: bytes, now: float) -> bool:
        """Is a frame within what the slice may say, and may have unanswered? One that is not is
        kept until it is. Raises Refusal instead where the policy says so."""
        tenant = self._tenant
        sliver, allowance = tenant.sliver, tenant.allowance
        if allowance.outstanding.is_full:
            sliver.counters["waited: outstanding requests"] += 1
            self._hold(frame, is_admitted=self._is_admitted)
            allowance.outstanding.wait(self.release)
            tenant.datapath.flush()
            return False
        if self._is_admitted:
            self._is_admitted = False
            return True
        wait = allowance.intake.admit(len(frame), now) if allowance.intake is not None else 0.0
        if wait and sliver.limits.over_limit is OverLimit.WAIT:
            sliver.counters["waited: rate"] += 1
            self._hold(frame, is_admitted=False)
            self._later(now + wait, self.release)
            return False
        if wait and tenant.dialect.kind(frame) not in EXEMPT:
            raise Refusal(errors.BAD_REQUEST_EPERM, "more than the slice's controllers may say")
        return True

    def waits_for_barrier(self, frame: bytes) -> bool:
        """Keep a frame that the slicer itself would answer before the datapath has answered a
        barrier that came first (OpenFlow 1.3.5 7.3.8)."""
        if not self._barriers:
            return False
        self._hold(frame, is_admitted=True)
        self._is_behind_barrier = True
        return True

    def barrier_sent(self) -> None:
        """A barrier of the tenant's goes out."""
        self._barriers += 1

    def barrier_done(self, now: float) -> None:
        """The datapath has answered one."""
        self._barriers -= 1
        if self._is_behind_barrier and not self._barriers:
            self._is_behind_barrier = False
            self.release(now)

    def close(self) -> None:
        """The connection is over, and what has waited is lost, as on a switch."""
        self._held = None
        self._tenant.allowance.outstanding.forget(self.release)

    def release(self, now: float) -> None:
        """Have the frames that were kept handled, up to the next that has to wait. A connection
        that is over has lost them, as on a switch. It is another's event, or a timer, that calls
        this, so a fault in one of them is met here, at the cost of this connection alone."""
        peer = self._tenant.peer
        held, self._held = self._held or deque(), None
        peer.resume_reading(WAITING)
        while held:
            if peer.is_closed:
                return
            if self._held is not None:
                held.extendleft(reversed(self._held))
                self._held = held
                peer.pause_reading(WAITING)
                return
            with at_cost_of(peer):
                self._tenant.handle(held.popleft(), now)

    def _hold(self, frame: bytes, *, is_admitted: bool) -> None:
        self._held = deque((frame,))
        self._is_admitted = is_admitted
        self._tenant.peer.pause_reading(WAITING)
