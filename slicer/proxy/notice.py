"""Notice: one asynchronous message of a datapath's, on its way to a sliver's controllers.

It is written once for each OpenFlow version that somebody wants to hear it in, and not before.
Invariant: all controllers of a version get the same bytes.
"""

from __future__ import annotations

from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowRemoved, Message, PacketIn, PortStatus


class Notice:
    """A packet-in, flow-removed or port-status, in a sliver's terms."""

    __slots__ = ("_dialect", "_frames", "_message", "kind", "reason")

    def __init__(
        self,
        kind: Kind,
        reason: int,
        frames: dict[int, bytes],
        message: Message | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self._frames = frames
        self._message = message
        self._dialect = dialect

    @classmethod
    def of(cls, message: PacketIn | FlowRemoved | PortStatus) -> Notice:
        """A notice of a message that is there as a value."""
        return cls(message.kind, message.reason, {}, message)

    @classmethod
    def of_frame(cls, kind: Kind, reason: int, frame: bytes, dialect: Dialect) -> Notice:
        """A notice of a message that is there as a frame of a dialect's."""
        return cls(kind, reason, {dialect.version: frame}, None, dialect)

    def frame(self, dialect: Dialect) -> bytes:
        """The frame for a controller that speaks this dialect."""
        frame = self._frames.get(dialect.version)
        if frame is None:
            if self._message is None:
                assert self._dialect is not None
                self._message = self._dialect.decode(self._frames[self._dialect.version])
            frame = self._frames[dialect.version] = dialect.encode(self._message)
        return frame
