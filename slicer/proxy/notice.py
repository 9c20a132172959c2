"""Notice: one asynchronous message of a datapath's, on its way to a sliver's controllers.

It is written once for each OpenFlow version that somebody wants to hear it in, and not before.
Invariant: all controllers of a version get the same bytes.
"""

from __future__ import annotations

from typing import Final

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowRemoved, Message, PacketIn, PortStatus
from slicer.openflow.v10 import shallow as v10
from slicer.openflow.v13 import V13
from slicer.openflow.v13 import shallow as v13

OPENFLOW_1_0 = 1
OPENFLOW_1_3: Final = V13.version


class Notice:
    """A packet-in, flow-removed or port-status, in a sliver's terms."""

    __slots__ = ("_frames", "_in_port", "_message", "is_table_miss", "kind", "reason")

    def __init__(
        self,
        kind: Kind,
        reason: int,
        frames: dict[int, bytes],
        message: Message | None = None,
        in_port: int = of.OFPP_ANY,
        is_table_miss: bool = False,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self.is_table_miss = is_table_miss
        """Is it about a packet that no flow has matched? Only OpenFlow 1.0 sends those."""
        self._frames = frames
        self._message = message
        self._in_port = in_port

    @classmethod
    def of(cls, message: PacketIn | FlowRemoved | PortStatus) -> Notice:
        """A notice of a message that is there as a value."""
        return cls(message.kind, message.reason, {}, message)

    @classmethod
    def of_packet_in(
        cls, frame: bytes, in_port: int, reason: int, *, is_table_miss: bool
    ) -> Notice:
        """A notice of a packet-in that is there as a frame of OpenFlow 1.3."""
        return cls(Kind.PACKET_IN, reason, {OPENFLOW_1_3: frame}, None, in_port, is_table_miss)

    def is_for(self, dialect: Dialect) -> bool:
        """Is it news in this version?"""
        return not self.is_table_miss or dialect.version == OPENFLOW_1_0

    def frame(self, dialect: Dialect) -> bytes:
        """The frame for a controller that speaks this dialect. Raises EncodeError for what the
        dialect can't say."""
        frame = self._frames.get(dialect.version)
        if frame is None:
            frame = self._frames[dialect.version] = self._written(dialect)
        return frame

    def _written(self, dialect: Dialect) -> bytes:
        if self._message is None and dialect.version == OPENFLOW_1_0:
            return self._packet_in_1_0(self._frames[OPENFLOW_1_3])
        if self._message is None:
            self._message = V13.decode(self._frames[OPENFLOW_1_3])
        return dialect.encode(self._message)

    def _packet_in_1_0(self, frame: bytes) -> bytes:
        """OpenFlow 1.0 knows no table-miss flow, so what one sends is an action's."""
        rest = v13.split_packet_in(frame)[2] + v13.BEFORE_PACKET
        reason = of.OFPR_NO_MATCH if self.is_table_miss else of.OFPR_ACTION
        return v10.write_packet_in(frame, self._in_port, reason, frame[rest:])
