"""Peer: one OpenFlow connection end, without its socket.

It cuts the received bytes into frames, collects the frames to be sent, counts what is not yet on
the network, and notes when the other side was last heard. It doesn't know whether the other side
is a datapath or a tenant controller. Invariant: a closed peer sends nothing more.
"""

from __future__ import annotations

from collections.abc import MutableSequence

from slicer.openflow.framing import Framer


class Peer:
    """One connection. `touched` is the engine's queue of peers about which it has something to ask
    of the outside; a peer puts itself there, perhaps more than once."""

    __slots__ = (
        "_outgoing",
        "_pauses",
        "_touched",
        "address",
        "backlog",
        "close_reason",
        "framer",
        "last_heard",
        "number",
        "reads",
        "was_reading",
    )

    def __init__(
        self, number: int, address: str, now: float, touched: MutableSequence[Peer]
    ) -> None:
        self.number = number
        self.address = address
        self.framer = Framer()
        self.last_heard = now
        self.backlog = 0
        """Bytes handed over for sending that have not left yet."""
        self.close_reason: str | None = None
        self.reads = True
        """Is data wanted from the other side? Only the two methods change it."""
        self.was_reading = True
        """Was data wanted when the outside was last told?"""
        self._pauses: set[str] = set()
        self._outgoing: list[bytes] = []
        self._touched = touched

    @property
    def is_closed(self) -> bool:
        """Has either side ended the connection?"""
        return self.close_reason is not None

    def send(self, frame: bytes) -> None:
        """Queue one frame; after `close` it is dropped, as the connection is over."""
        if self.close_reason is None:
            if not self._outgoing:
                self._touched.append(self)
            self._outgoing.append(frame)
            self.backlog += len(frame)

    def close(self, reason: str) -> None:
        """End the connection once what was queued is sent. The first reason stays."""
        if self.close_reason is None:
            self.close_reason = reason
            self._touched.append(self)

    def pause_reading(self, reason: str) -> None:
        """Ask that nothing more be read for now: what the other side sends has to wait there."""
        self._pauses.add(reason)
        self.reads = False
        self._touched.append(self)

    def resume_reading(self, reason: str) -> None:
        """This reason for a pause is gone; reading goes on when none is left."""
        self._pauses.discard(reason)
        self.reads = not self._pauses
        self._touched.append(self)

    def take_outgoing(self) -> bytes:
        """The bytes queued since the last call."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data
