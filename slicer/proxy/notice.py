"""Notice: one asynchronous message of a datapath's, on its way to a sliver's controllers.

It is written once for each OpenFlow version that somebody wants to hear it in, and not before.
Invariant: all controllers of a version get the same bytes.
"""

from __future__ import annotations

from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowRemoved, Message, PacketIn, PortStatus

OPENFLOW_1_0 = 1


class Notice:
    """A packet-in, flow-removed or port-status, in a sliver's terms."""

    __slots__ = ("_dialect", "_frames", "_message", "is_table_miss", "kind", "reason")

    def __init__(
        self,
        kind: Kind,
        reason: int,
        frames: dict[int, bytes],
        message: Message | None = None,
        dialect: Dialect | None = None,
        *,
        is_table_miss: bool = False,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self.is_table_miss = is_table_miss
        """Is it about a packet that no flow has matched? Only OpenFlow 1.0 sends those."""
        self._frames = frames
        self._message = message
        self._dialect = dialect

    @classmethod
    def of(cls, message: PacketIn | FlowRemoved | PortStatus) -> Notice:
        """A notice of a message that is there as a value."""
        return cls(message.kind, message.reason, {}, message)

    @classmethod
    def of_packet_in(
        cls, reason: int, frame: bytes, dialect: Dialect, *, is_table_miss: bool
    ) -> Notice:
        """A notice of a packet-in that is there as a frame of a dialect's."""
        frames = {dialect.version: frame}
        return cls(Kind.PACKET_IN, reason, frames, None, dialect, is_table_miss=is_table_miss)

    def is_for(self, dialect: Dialect) -> bool:
        """Is it news in this version?"""
        return not self.is_table_miss or dialect.version == OPENFLOW_1_0

    def frame(self, dialect: Dialect) -> bytes:
        """The frame for a controller that speaks this dialect. Raises EncodeError for what the
        dialect can't say."""
        frame = self._frames.get(dialect.version)
        if frame is None:
            if self._message is None:
                assert self._dialect is not None
                self._message = self._dialect.decode(self._frames[self._dialect.version])
            frame = dialect.encode(self._message_for(dialect))
            self._frames[dialect.version] = frame
        return frame

    def _message_for(self, dialect: Dialect) -> Message:
        """OpenFlow 1.0 knows no table-miss flow, so what one sends is an action's."""
        message = self._message
        assert message is not None
        if isinstance(message, PacketIn) and dialect.version == OPENFLOW_1_0:
            return replace(message, reason=self._reason_1_0())
        return message

    def _reason_1_0(self) -> int:
        return of.OFPR_NO_MATCH if self.is_table_miss else of.OFPR_ACTION
