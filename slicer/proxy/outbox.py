"""Outbox: what is said to one tenant controller, and what becomes of it if that doesn't read.

What to say is others' affair. Invariant: no more waits for a controller than its limits allow and
one read of a datapath's brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slicer.isolation.limits import Limits
from slicer.proxy.peer import Peer
from slicer.proxy.settings import Settings


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """How many bytes may wait for a tenant that does not read: above `events`, asynchronous
    messages to it are dropped and counted; above `replies` the connection is closed."""

    events: int = 1 << 20
    replies: int = 8 << 20

    @classmethod
    def within(cls, settings: Settings, limits: Limits) -> OutboxLimits:
        """The settings', or what the slice's limit allows: of that, an eighth for events."""
        if limits.outbox_bytes is None:
            return cls(settings.outbox_events, settings.outbox_replies)
        return cls(limits.outbox_bytes // 8, limits.outbox_bytes)


class Outbox:
    """One controller's; `counters` say what has been dropped."""

    def __init__(self, peer: Peer, limits: OutboxLimits, counters: Counter[str]) -> None:
        self._peer = peer
        self._limits = limits
        self._counters = counters

    def answer(self, frame: bytes) -> None:
        """Send an answer. A tenant that doesn't read its answers is disconnected."""
        peer = self._peer
        peer.send(frame)
        if peer.backlog > self._limits.replies:
            self._counters["closed: did not read"] += 1
            peer.close(f"{peer.backlog} bytes of answers wait, it does not read")

    def takes_event(self) -> bool:
        """Is there room for an asynchronous message? One that has none is counted as dropped."""
        if self._peer.backlog > self._limits.events:
            self._counters["dropped: outbox full"] += 1
            return False
        return True

    def events(self, frames: Sequence[bytes]) -> None:
        """Send asynchronous messages, as many of them as there is room for."""
        data = b"".join(frames)
        if self._peer.backlog + len(data) <= self._limits.events:
            self._peer.send(data)
            return
        for frame in frames:
            if self.takes_event():
                self._peer.send(frame)
