"""Pending: what a datapath was sent and may still answer.

Every message to a datapath goes out under an xid of the slicer's, so that no two tenants' xids
ever meet. An entry leaves with its last reply, with its error, or when a barrier sent after it is
answered (OpenFlow 1.3.5 7.3.8: by then every earlier message has had its replies and errors). The
slicer sends barriers of its own (`wants_barrier`), so entries also leave when no tenant does.

Invariant: xids of live entries are unique, and entries are in the order in which they were sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage, Message

FIRST_XID = 1
LAST_XID = 0xFFFF_FFFF
BARRIER_EVERY = 512
"""So many messages without a barrier make the slicer send one."""


class Asker(Protocol):
    """Who a reply is for."""

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """Take one reply frame; True says that it was the last one."""

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """The datapath refused the request."""

    def passed(self, request: Request, now: float) -> None:
        """A later barrier was answered: nothing more comes for this request."""


@dataclass(slots=True, eq=False)
class Request:
    """One message sent to a datapath: whose, under which xid of theirs, which kind, the first
    bytes of what they wrote, for quoting in an error, how a reply looks to them, and what
    to do when the datapath has carried it out or refused it. Nobody changes one; it isn't frozen,
    as there is one for each message and a frozen one takes six times as long to make."""

    asker: Asker
    xid: int
    kind: Kind
    quote: bytes = b""
    restore: Callable[[Message], Message] | None = None
    done: Callable[[], None] | None = None
    undo: Callable[[], None] | None = None


class PendingRequests:
    """The live entries of one datapath connection."""

    def __init__(self) -> None:
        self.entries: dict[int, Request] = {}
        """By xid; only this class changes it."""
        self._next_xid = FIRST_XID
        self._since_barrier = 0
        self.quoted = 0
        """How many bytes of tenants' requests the entries keep."""

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def wants_barrier(self) -> bool:
        """Is it time for a barrier of the slicer's own?"""
        return self._since_barrier >= BARRIER_EVERY

    def open(self, request: Request) -> int:
        """Enter a request; return the xid to send it under."""
        entries, xid = self.entries, self._next_xid
        while xid in entries:
            xid = xid + 1 if xid < LAST_XID else FIRST_XID
        self._next_xid = xid + 1 if xid < LAST_XID else FIRST_XID
        entries[xid] = request
        self.quoted += len(request.quote)
        if request.kind is Kind.BARRIER_REQUEST:
            self._since_barrier = 0
        else:
            self._since_barrier += 1
        return xid

    def get(self, xid: int) -> Request | None:
        """The live entry under a datapath xid."""
        return self.entries.get(xid)

    def close(self, xid: int) -> None:
        """The entry's last reply or its error has come."""
        self.quoted -= len(self.entries.pop(xid).quote)

    def barrier_passed(self, xid: int, now: float) -> None:
        """The barrier under `xid` was answered: it and all before it leave, oldest first."""
        for earlier in self._until(xid):
            request = self.entries.pop(earlier)
            self.quoted -= len(request.quote)
            if earlier != xid:
                request.asker.passed(request, now)

    def _until(self, xid: int) -> list[int]:
        earlier = []
        for entry in self.entries:
            earlier.append(entry)
            if entry == xid:
                return earlier
        raise KeyError(f"no barrier is pending under xid {xid}")
