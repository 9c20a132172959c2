"""Pending: what a datapath was sent and may still answer.

Every message to a datapath goes out under an xid of the slicer's, so that no two tenants' xids
ever meet. An entry leaves with its last reply, with its error, or when a barrier sent after it is
answered (OpenFlow 1.3.5 7.3.8: by then every earlier message has had its replies and errors). The
slicer sends barriers of its own (`wants_barrier`), so entries also leave when no tenant does. What
was sent together without expecting a reply is one entry, a run, in which each message is found by
its xid as if it had one of its own.

Invariant: xids of live requests are unique, and entries are in the order in which they were sent.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from slicer.openflow.kinds import BARRIER_REQUEST, Kind
from slicer.openflow.messages import ErrorMessage, Message

FIRST_XID = 1
LAST_XID = 0xFFFF_FFFF
BARRIER_EVERY = 512
"""So many messages without a barrier make the slicer send one."""


RestoreFrame = Callable[[bytes, int, int], bytes | None]
"""A reply in the asker's terms, of a frame of the datapath's, under an xid and in a version; None
where it has to be decoded for that."""


class Asker(Protocol):
    """Who a reply is for."""

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """Take one reply frame; True says that it was the last one."""

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """The datapath refused the request."""

    def passed(self, request: Request, now: float) -> None:
        """A later barrier was answered: nothing more comes for this request."""


class RunAsker(Protocol):
    """Who has asked for a run."""

    def request(self, frame: bytes) -> Request:
        """What one of its frames would have been entered as by itself."""

    def run_passed(self, count: int, now: float) -> None:
        """A later barrier was answered: nothing more comes for so many requests."""


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
    restore_frame: RestoreFrame | None = None


@dataclass(slots=True, eq=False)
class Run:
    """Frames of one asker's that have no replies, sent under xids in a row; `size` is how many
    bytes of them are kept for quoting. Only PendingRequests changes one."""

    asker: RunAsker
    frames: Sequence[bytes]
    size: int
    refused: set[int] | None = None
    """Which of the frames have left with an error."""
    undo: Callable[[int], None] | None = None
    """What is to be done when the datapath has refused the frame that was sent under an xid."""


class PendingRequests:
    """The live requests of one datapath connection."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, Request | Run] = OrderedDict()
        """By xid, a run by its first. A dict would be searched from where its first entries once
        were, each time the oldest are looked for."""
        self._runs: list[int] = []
        """The first xids of the live runs, in order."""
        self._live = 0
        self._next_xid = FIRST_XID
        self._free_until = LAST_XID + 1
        """From the next xid up to this one no live request has any."""
        self._since_barrier = 0
        self.quoted = 0
        """How many bytes of tenants' requests the entries keep."""

    def __len__(self) -> int:
        return self._live

    @property
    def wants_barrier(self) -> bool:
        """Is it time for a barrier of the slicer's own?"""
        return self._since_barrier >= BARRIER_EVERY

    def open(self, request: Request) -> int:
        """Enter a request; return the xid to send it under."""
        xid = self._next_xid
        if xid >= self._free_until or xid in self._entries:
            xid = self._seek()
        self._next_xid = xid + 1
        self._entries[xid] = request
        self._live += 1
        self.quoted += len(request.quote)
        if request.kind is BARRIER_REQUEST:
            self._since_barrier = 0
        else:
            self._since_barrier += 1
        return xid

    def next_run(self) -> range:
        """The xids that a run would have, as many as there may be before the next barrier."""
        if self._next_xid >= self._free_until:
            self._seek()
        first, end = self._next_xid, self._free_until
        due = first + BARRIER_EVERY - self._since_barrier
        return range(first, due if due < end else end)

    def open_run(self, run: Run) -> None:
        """Enter a run under the first xids of `next_run`, which has at least as many."""
        first, count = self._next_xid, len(run.frames)
        self._entries[first] = run
        insort(self._runs, first)
        self._next_xid = first + count
        self._live += count
        self._since_barrier += count
        self.quoted += run.size

    def get(self, xid: int) -> Request | None:
        """The live request under a datapath xid."""
        entry = self._entries.get(xid)
        if isinstance(entry, Request):
            return entry
        found = self._in_run(xid)
        if found is None:
            return None
        run, index = found
        request = run.asker.request(run.frames[index])
        return request if run.undo is None else replace(request, undo=partial(run.undo, xid))

    def close(self, xid: int) -> None:
        """The request's last reply or its error has come."""
        entry = self._entries.get(xid)
        if isinstance(entry, Request):
            del self._entries[xid]
            self._live -= 1
            self.quoted -= len(entry.quote)
            return
        found = self._in_run(xid)
        if found is None:
            raise KeyError(f"no request is pending under xid {xid}")
        run, index = found
        run.refused = run.refused or set()
        run.refused.add(index)
        self._live -= 1
        run.size -= len(run.frames[index])
        self.quoted -= len(run.frames[index])
        if len(run.refused) == len(run.frames):
            del self._entries[xid - index]
            self._forget_run(xid - index)

    def barrier_passed(self, xid: int, now: float) -> None:
        """The barrier under `xid` was answered: it and all before it leave, oldest first."""
        if xid not in self._entries:
            raise KeyError(f"no barrier is pending under xid {xid}")
        earlier = None
        while earlier != xid:
            earlier, entry = self._entries.popitem(last=False)
            if isinstance(entry, Run):
                self._forget_run(earlier)
                left = len(entry.frames) - len(entry.refused or ())
                self._live -= left
                self.quoted -= entry.size
                entry.asker.run_passed(left, now)
                continue
            self._live -= 1
            self.quoted -= len(entry.quote)
            if earlier != xid:
                entry.asker.passed(entry, now)

    def _in_run(self, xid: int) -> tuple[Run, int] | None:
        """The live run that an xid is of, and which of its frames it is."""
        at = bisect_right(self._runs, xid) - 1
        if at < 0:
            return None
        run = self._entries[self._runs[at]]
        index = xid - self._runs[at]
        assert isinstance(run, Run)
        is_live = index < len(run.frames) and index not in (run.refused or ())
        return (run, index) if is_live else None

    def _forget_run(self, first: int) -> None:
        """Forget where a run began that has left."""
        del self._runs[bisect_right(self._runs, first) - 1]

    def _seek(self) -> int:
        """Find the next xid that no live request has, after the last comes the first; and how many
        behind it are free too. Is called once all xids have been used, and then where one that is
        still live is in the way."""
        taken = sorted(
            (first, first + (len(entry.frames) if isinstance(entry, Run) else 1))
            for first, entry in self._entries.items()
        )
        free = self._next_xid
        for _ in ("up to the last", "from the first on"):
            if free > LAST_XID:
                free = FIRST_XID
            for first, end in taken:
                if first <= free < end:
                    free = end
        later = (first for first, _ in taken if first > free)
        self._next_xid, self._free_until = free, min(later, default=LAST_XID + 1)
        return free
