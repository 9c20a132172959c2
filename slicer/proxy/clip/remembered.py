"""Remembered: what was found of a tenant's messages and of packets, for those that come again.

Of a packet that comes in it is whose it is, of a packet-out what is left of it, of a flow-mod the
flow that it has made. All of it follows from the bytes, the flowspace and the slices' ports, and is
forgotten with them; and nothing is remembered that the deep way has not found. Each table is
emptied when it is full. Invariant: what comes of a message is what would come of it without this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import Final, NamedTuple, TypeVar

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.header import HEADER
from slicer.openflow.messages import FlowMod, PacketOut, Port
from slicer.openflow.v10 import V10
from slicer.proxy import discovery
from slicer.proxy.clip.cookies import NUMBERS
from slicer.proxy.clip.heads import Head, head_of
from slicer.proxy.clip.mirror import Piece, TenantFlow, adding
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.clip.wording import region_of
from slicer.proxy.enforcement import Forward, Plan, Undoable
from slicer.proxy.pipeline.kept import Kept
from slicer.proxy.sliver import Sliver
from slicer.proxy.swift import Translate, Translator, Undo

MOST: Final = 4096
"""Entries of each table."""
_IN: Final = Struct("!IHHBB")
PACKET_IN_DATA: Final = HEADER.size + _IN.size
"""Where a packet-in has its packet."""
_REASON_AT: Final = 16
_OUT_ACTIONS: Final = 16
_LAST_PORT: Final = 0xFEFF
_MATCH_AT, _NUMBER_AT, _REST_AT = 8, 52, 56
"""Of a flow-mod; the number of its piece is the end of its cookie."""
_BEGINNING: Final = Struct("!4sI44sI")
_NO_BUFFER: Final = b"\xff\xff\xff\xff"
_PACKET_OUT: Final = 13

Key = TypeVar("Key")
Value = TypeVar("Value")


def keep(table: dict[Key, Value], key: Key, value: Value) -> None:
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
        if len(frame) < PACKET_IN_DATA:
            return None
        buffer_id, total, port, reason, pad = _IN.unpack_from(frame, HEADER.size)
        data = frame[PACKET_IN_DATA:]
        if port > _LAST_PORT or pad or len(data) < total or discovery.is_discovery(data):
            return None
        head = self._head(data, 0)
        if head is None:
            return None
        key = frame[14:16] + head
        try:
            owner = self._owners[key]
        except KeyError:
            owner = self._space.owner(packet.parse(data, port))
            keep(self._owners, key, owner)
        if owner is None:
            return None
        if buffer_id != of.OFP_NO_BUFFER:
            frame = b"".join((frame[:8], _NO_BUFFER, frame[12:]))
        return Came(owner, port, reason, frame)


class PacketsOut:
    """What is left of packet-outs that only output, by slice, port, actions and head."""

    def __init__(self, space: FlowSpace, judge: Callable[[Sliver, PacketOut], PacketOut]) -> None:
        """`judge` is the deep way. It raises Refusal."""
        self._judge = judge
        self.take(space)

    def take(self, space: FlowSpace) -> None:
        """Packets' owners, or what is left of packet-outs, have changed."""
        self._head: Head = head_of(space)
        self._left: Kept[bytes] = Kept()

    def of(self, sliver: Sliver) -> Translate:
        """How to translate packet-outs of a sliver's that are like others."""
        return partial(self._again, self._left.of(sliver.tag), sliver.ports)

    def _again(
        self, left_of: Mapping[bytes, bytes], ports: Mapping[int, Port], frame: bytes, xid: int
    ) -> bytes | None:
        if len(frame) < _OUT_ACTIONS:
            return None
        data_at = _OUT_ACTIONS + (frame[14] << 8 | frame[15])
        head = self._head(frame, data_at)
        if head is None:
            return None
        left = left_of.get(frame[8:data_at] + head)
        port = frame[12] << 8 | frame[13]
        if left is None or (port <= _LAST_PORT and port not in ports):
            return None
        data = frame[data_at:]
        size = HEADER.size + len(left) + len(data)
        return b"".join((HEADER.pack(V10.version, _PACKET_OUT, size, xid), left, data))

    def translate(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's packet-out, or None for one that is not to be
        remembered. Raises MalformedError or Refusal."""
        again = self._again(self._left.of(sliver.tag), sliver.ports, frame, 0)
        return again if again is not None else self._judged(sliver, frame)

    def _judged(self, sliver: Sliver, frame: bytes) -> bytes | None:
        data_at = _OUT_ACTIONS + (frame[14] << 8 | frame[15]) if len(frame) >= _OUT_ACTIONS else 0
        data = frame[data_at:]
        if not data_at or discovery.is_discovery(data):
            return None
        head = self._head(data, 0)
        if head is None:
            return None
        message = V10.decode(frame)
        assert isinstance(message, PacketOut)
        translated = V10.encode(self._judge(sliver, message))
        if all(isinstance(each, Output) for each in message.actions):
            left = translated[8 : len(translated) - len(data)]
            self._left.keep(sliver.tag, frame[8:data_at] + head, left, MOST)
        return translated


class _Made:
    """A flow of one piece, all pieces at its place, and the frame that makes it, cut where xid and
    number go."""

    __slots__ = ("_beginning", "_middle", "_rest", "_tag", "alone", "flow", "piece", "stack")

    def __init__(self, flow: TenantFlow, piece: Piece, stack: list[Piece]) -> None:
        self.flow = flow
        self.piece = piece
        self.stack = stack
        self.alone = [piece]
        """What the pieces at its place have to be for the flow to be there as it was."""
        frame = V10.encode(adding(piece))
        self._beginning, self._middle = frame[:4], frame[_MATCH_AT:_NUMBER_AT]
        self._tag = int.from_bytes(frame[_NUMBER_AT:_REST_AT], "big") & ~(NUMBERS - 1)
        self._rest = frame[_REST_AT:]

    def frame(self, xid: int, number: int) -> bytes:
        """The frame that makes it under another number."""
        middle, number = self._middle, self._tag | number
        return _BEGINNING.pack(self._beginning, xid, middle, number) + self._rest


@dataclass(slots=True, eq=False)
class _Renewal:
    """A flow that has been made anew: its piece's number and its own counters before, and the
    number after."""

    made: _Made
    before: int
    packets: int
    bytes: int
    after: int


class FlowMods:
    """The flows that whole flow-mods have made, for flow-mods that say the same again."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._made: Kept[_Made] = Kept()
        self._asked: bytes | None = None
        """The flow-mod that was not known, until it is clear what it makes."""

    def again(self, sliver: Sliver, frame: bytes) -> Undoable | None:
        """What a flow-mod sends that adds a flow which is there just as it says; the flow counts
        anew, and its piece has another number. None for any other."""
        key = frame[8:]
        made = self._made.of(sliver.tag).get(key)
        if made is None or made.stack != made.alone:
            self._asked = key
            return None
        number = self._tenancy.next_number
        renewal = self._renew(made, number)
        undo = partial(self._undo, renewal)
        return Undoable(made.frame(0, number), made.flow.accepted, undo)

    def _renew(self, made: _Made, number: int) -> _Renewal:
        flow, piece = made.flow, made.piece
        renewal = _Renewal(made, piece.number, flow.packets, flow.bytes, number)
        self._tenancy.mirror.renumber(piece, number, made.stack)
        flow.packets = flow.bytes = 0
        return renewal

    def _undo(self, renewal: _Renewal) -> None:
        made = renewal.made
        if made.piece.number != renewal.after or made.flow.rejected():
            return
        if self._tenancy.mirror.renumber(made.piece, renewal.before, made.stack):
            made.flow.packets, made.flow.bytes = renewal.packets, renewal.bytes

    def of(self, tag: int) -> Translator:
        """How to translate flow-mods of a slice's that `again` knows, and whose flows the datapath
        has taken: it says nothing more of those unless it refuses. Each has the number that it
        would have by itself."""
        find, tenancy = self._made.of(tag).get, self._tenancy
        number, taken = tenancy.free_number, tenancy.mirror.pieces
        renewed: list[tuple[int, _Made, int]] = []

        def translate(frame: bytes, xid: int) -> bytes | None:
            nonlocal number
            made = find(frame[8:])
            if made is None or made.stack != made.alone or made.flow.accept is not None:
                return None
            while number in taken:
                number = (number + 1) % NUMBERS
            renewed.append((xid, made, number))
            translated = made.frame(xid, number)
            number = (number + 1) % NUMBERS
            return translated

        return Translator(translate, lambda: self._carry_out(renewed))

    def _carry_out(self, renewed: Sequence[tuple[int, _Made, int]]) -> Undo:
        renewals = {xid: self._renew(made, number) for xid, made, number in renewed}
        if renewed:
            self._tenancy.use_up(renewed[-1][2])

        def undo(xid: int) -> None:
            renewal = renewals.get(xid)
            if renewal is not None:
                self._undo(renewal)

        return undo

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
            self._made.keep(sliver.tag, key, _Made(flow, flow.pieces[0], stack), MOST)

    def forget(self) -> None:
        """What flows are made of has changed."""
        self._made = Kept()
