"""Remembered: what was found of a tenant's messages and of packets, for those that come again.

Of a packet that comes in it is whose it is, of a packet-out what is left of it, of a flow-mod the
flow that it has made. All of it follows from the bytes, the flowspace and the slices' ports, and is
forgotten with them; and nothing is remembered that the deep way has not found. Each table is
emptied when it is full. Invariant: what comes of a message is what would come of it without this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple, TypeVar

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.header import HEADER
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.v10 import V10
from slicer.proxy import discovery
from slicer.proxy.clip.heads import Head, head_of
from slicer.proxy.clip.mirror import Piece, TenantFlow, adding
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.clip.wording import region_of
from slicer.proxy.enforcement import Forward, Plan, Undoable
from slicer.proxy.sliver import Sliver

MOST: Final = 4096
"""Entries of each table."""
_IN: Final = Struct("!IHHBB")
_IN_DATA: Final = HEADER.size + _IN.size
_REASON_AT: Final = 16
_OUT_ACTIONS: Final = 16
_LAST_PORT: Final = 0xFEFF
_COOKIE_AT, _COOKIE_END = 48, 56
_NO_BUFFER: Final = b"\xff\xff\xff\xff"
_PACKET_OUT: Final = 13

Key = TypeVar("Key")
Value = TypeVar("Value")


def _keep(table: dict[Key, Value], key: Key, value: Value) -> None:
    if len(table) >= MOST:
        table.clear()
    table[key] = value


class Came(NamedTuple):
    """A packet that has come in: its owner, its port, why it was sent, the frame without a buffer
    (which says so still)."""

    owner: str
    port: int
    reason: int
    frame: bytes


def with_reason(frame: bytes, reason: int) -> bytes:
    """A packet-in with another reason."""
    return b"".join((frame[:_REASON_AT], reason.to_bytes(1, "big"), frame[_REASON_AT + 1 :]))


class PacketsIn:
    """Whose packets with the same head are."""

    def __init__(self, space: FlowSpace) -> None:
        self._space = space
        self._head: Head = head_of(space)
        self._owners: dict[bytes, str | None] = {}

    def read(self, frame: bytes) -> Came | None:
        """A datapath's packet-in, or None for one that has to be looked at as a whole."""
        if len(frame) < _IN_DATA:
            return None
        buffer_id, total, port, reason, pad = _IN.unpack_from(frame, HEADER.size)
        data = frame[_IN_DATA:]
        if port > _LAST_PORT or pad or len(data) < total or discovery.is_discovery(data):
            return None
        head = self._head(data)
        if head is None:
            return None
        key = frame[14:16] + head
        try:
            owner = self._owners[key]
        except KeyError:
            owner = self._space.owner(packet.parse(data, port))
            _keep(self._owners, key, owner)
        if owner is None:
            return None
        if buffer_id != of.OFP_NO_BUFFER:
            frame = b"".join((frame[:8], _NO_BUFFER, frame[12:]))
        return Came(owner, port, reason, frame)


class PacketsOut:
    """What is left of packet-outs that only output, by slice, port, actions and head."""

    def __init__(self, space: FlowSpace, judge: Callable[[Sliver, PacketOut], PacketOut]) -> None:
        """`judge` is the deep way. It raises Refusal."""
        self._head: Head = head_of(space)
        self._judge = judge
        self._left: dict[tuple[int, bytes, bytes], bytes] = {}

    def translate(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's packet-out, or None for one that is not to be
        remembered. Raises MalformedError or Refusal."""
        data_at = _OUT_ACTIONS + (frame[14] << 8 | frame[15]) if len(frame) >= _OUT_ACTIONS else 0
        data = frame[data_at:]
        if not data_at or discovery.is_discovery(data):
            return None
        head = self._head(data)
        if head is None:
            return None
        key = sliver.tag, frame[8:data_at], head
        left = self._left.get(key)
        port = frame[12] << 8 | frame[13]
        if left is not None and (port > _LAST_PORT or port in sliver.ports):
            size = HEADER.size + len(left) + len(data)
            return b"".join((HEADER.pack(V10.version, _PACKET_OUT, size, 0), left, data))
        message = V10.decode(frame)
        assert isinstance(message, PacketOut)
        translated = V10.encode(self._judge(sliver, message))
        if all(isinstance(each, Output) for each in message.actions):
            _keep(self._left, key, translated[8 : len(translated) - len(data)])
        return translated


@dataclass(slots=True, eq=False)
class _Made:
    """A flow of one piece, all pieces at its place, and the frame that makes it."""

    flow: TenantFlow
    piece: Piece
    stack: list[Piece]
    frame: bytes


class FlowMods:
    """The flows that whole flow-mods have made, for flow-mods that say the same again."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._made: dict[tuple[int, bytes], _Made] = {}
        self._asked: tuple[int, bytes] | None = None
        """The flow-mod that was not known, until it is clear what it makes."""

    def again(self, sliver: Sliver, frame: bytes) -> Undoable | None:
        """What a flow-mod sends that adds a flow which is there just as it says; the flow counts
        anew, and its piece has another number. None for any other."""
        key = sliver.tag, frame[8:]
        made = self._made.get(key)
        if made is None or len(made.flow.pieces) != 1:
            self._asked = key
            return None
        tenancy, flow, piece, stack = self._tenancy, made.flow, made.piece, made.stack
        old, number = piece.number, tenancy.next_number
        if not tenancy.mirror.renumber(piece, number, stack):
            self._asked = key
            return None
        packets, octets, flow.packets, flow.bytes = flow.packets, flow.bytes, 0, 0

        def undo() -> None:
            if piece.number != number or flow.rejected():
                return
            if tenancy.mirror.renumber(piece, old, stack):
                flow.packets, flow.bytes = packets, octets

        known = made.frame
        cookie = piece.cookie.to_bytes(8, "big")
        return Undoable(
            b"".join((known[:_COOKIE_AT], cookie, known[_COOKIE_END:])), flow.accepted, undo
        )

    def carried_out(self, sliver: Sliver, asked: FlowMod, plan: Plan) -> None:
        """A flow-mod that was not known is carried out so; the flow that it makes is remembered."""
        key, self._asked = self._asked, None
        is_plain = asked.command == of.OFPFC_ADD and not asked.flags & of.OFPFF_CHECK_OVERLAP
        if key is None or not is_plain or not isinstance(plan, Forward):
            return
        mirror = self._tenancy.mirror
        flow = mirror.flows_of(sliver.slice).get((asked.priority, region_of(asked.match)))
        stack = mirror.stack(flow.pieces[0]) if flow and len(flow.pieces) == 1 else None
        if flow is not None and stack is not None:
            piece = flow.pieces[0]
            _keep(self._made, key, _Made(flow, piece, stack, V10.encode(adding(piece))))

    def forget(self) -> None:
        """What flows are made of has changed."""
        self._made.clear()
