"""Remembered: what was found of a tenant's messages and of packets, for those that come again.

Of a packet that comes in it is whose it is, of a packet-out what is left of it, of a flow-mod the
flow that it has made. All of it follows from the bytes, the flowspace and the slices' ports, and is
forgotten with them; and nothing is remembered that the deep way has not found. What tenants have
said has the bound that is said in `proxy/memory.py`, a table about packets that come in the one of
`proxy/known.py`. Invariant: what comes of a message is what would come of it without this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from struct import Struct
from typing import Final, NamedTuple, TypeVar

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.header import HEADER, with_xid
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.v10 import V10
from slicer.proxy import discovery
from slicer.proxy.clip.cookies import NO_NUMBER, NUMBERS
from slicer.proxy.clip.heads import Head, head_of
from slicer.proxy.clip.mirror import Piece, Renewal, TenantFlow, actions_of, adding
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.enforcement import Forward, Plan, Undoable
from slicer.proxy.known import Known
from slicer.proxy.memory import Account, ByTag
from slicer.proxy.remembered import bytes_of
from slicer.proxy.sliver import Sliver
from slicer.proxy.swift import Translate, Translator, Undo

MOST: Final = 4096
"""Entries of each table about packets that come in."""
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
MADE: Final = 2_300
"""Bytes of memory that a flow takes with all that is remembered of it, as measured; three quarters
of it it takes anyway while it is there."""
ACTION: Final = 80
"""Likewise, for each thing that its piece does."""
_ALL: Final = b""
"""Of a packet-out all is left that was asked for."""

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
        self._owners: Known[bytes, str | None] = Known()

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
            self._owners.keep(owner, key, owner, MOST)
        if owner is None:
            return None
        if buffer_id != of.OFP_NO_BUFFER:
            frame = b"".join((frame[:8], _NO_BUFFER, frame[12:]))
        return Came(owner, port, reason, frame)


class PacketsOut:
    """What is left of packet-outs that only output, by slice, port, actions and head."""

    def __init__(
        self,
        space: FlowSpace,
        judge: Callable[[Sliver, PacketOut], PacketOut],
        memory: Account,
    ) -> None:
        """`judge` is the deep way. It raises Refusal."""
        self._judge = judge
        self._left = memory.by_tag(bytes_of)
        self.take(space)

    def take(self, space: FlowSpace) -> None:
        """Packets' owners, or what is left of packet-outs, have changed."""
        self._head: Head = head_of(space)
        self._left.clear()

    def forget(self, tag: int) -> None:
        """What is left of one slice's packet-outs has changed."""
        self._left.of(tag).clear()

    def of(self, sliver: Sliver) -> Translate:
        """How to translate packet-outs of a sliver's that are like others."""
        known, head_of, ports = self._left.of(sliver.tag), self._head, sliver.ports
        recent = known.recent

        def translate(frame: bytes, xid: int) -> bytes | None:
            if len(frame) < _OUT_ACTIONS:
                return None
            data_at = _OUT_ACTIONS + (frame[14] << 8 | frame[15])
            head = head_of(frame, data_at)
            if head is None:
                return None
            key = frame[8:data_at] + head
            left = recent.get(key)
            if left is None:
                left = known.find(key)
            port = frame[12] << 8 | frame[13]
            if left is None or (port not in ports and port <= _LAST_PORT):
                return None
            if left == _ALL:
                return with_xid(frame, xid)
            size = HEADER.size + len(left) + len(frame) - data_at
            beginning = HEADER.pack(V10.version, _PACKET_OUT, size, xid)
            return b"".join((beginning, left, frame[data_at:]))

        return translate

    def translate(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's packet-out, or None for one that is not to be
        remembered. Raises MalformedError or Refusal."""
        again = self.of(sliver)(frame, 0)
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
            asked, left = frame[8:data_at], translated[8 : len(translated) - len(data)]
            self._left.of(sliver.tag).keep(asked + head, _ALL if left == asked else left)
        return translated


class _Made:
    """A flow of one piece, all pieces at its place, and, once it is said again, the frame that
    makes it, cut where xid and number go."""

    __slots__ = ("alone", "beginning", "flow", "middle", "piece", "rest", "size", "stack", "tag")

    def __init__(self, flow: TenantFlow, piece: Piece, stack: list[Piece]) -> None:
        self.flow = flow
        self.piece = piece
        self.size = MADE + ACTION * (len(actions_of(flow.asked)) + len(piece.actions))
        """Bytes, as the flow is now."""
        self.stack = stack
        self.alone: list[Piece] | None = None
        """What the pieces at its place have to be for the flow to be there as it was; None until it
        is said again, which most flows never are."""

    def said_again(self) -> None:
        """Write the frame."""
        self.alone = [self.piece]
        frame = V10.encode(adding(self.piece))
        self.beginning, self.middle = frame[:4], frame[_MATCH_AT:_NUMBER_AT]
        self.tag = int.from_bytes(frame[_NUMBER_AT:_REST_AT], "big") & NO_NUMBER
        """The bits of the cookie that are beside its number."""
        self.rest = frame[_REST_AT:]


class FlowMods:
    """The flows that whole flow-mods have made, for flow-mods that say the same again."""

    def __init__(self, tenancy: Tenancy, memory: Account) -> None:
        self._tenancy = tenancy
        self._made: ByTag[_Made] = memory.by_tag(lambda made: made.size)
        self._asked: bytes | None = None
        """The flow-mod that was not known, until it is clear what it makes."""

    def again(self, sliver: Sliver, frame: bytes) -> Undoable | None:
        """What a flow-mod sends that adds a flow which is there just as it says; the flow counts
        anew, and its piece has another number. None for any other."""
        key = frame[8:]
        made = self._made.of(sliver.tag).find(key)
        if made is not None and made.alone is None:
            made.said_again()
        if made is None or made.stack != made.alone:
            self._asked = key
            return None
        number = self._tenancy.next_number
        renewal = self._tenancy.mirror.renew(((0, made.piece, number),))[0]
        translated = _BEGINNING.pack(made.beginning, 0, made.middle, made.tag | number) + made.rest
        return Undoable(translated, made.flow.accepted, partial(self._undo, renewal))

    def _undo(self, renewal: Renewal) -> None:
        piece, *_, number = renewal
        if piece.number == number and not piece.flow.rejected():
            self._tenancy.mirror.take_back(renewal)

    def _undo_one(self, renewals: Mapping[int, Renewal], xid: int) -> None:
        renewal = renewals.get(xid)
        if renewal is not None:
            self._undo(renewal)

    def of(self, tag: int) -> Translator:
        """How to translate flow-mods of a slice's that `again` knows, and whose flows the datapath
        has taken: it says nothing more of those unless it refuses. Each has the number that it
        would have by itself."""
        known, tenancy, write = self._made.of(tag), self._tenancy, _BEGINNING.pack
        recent = known.recent
        number, taken = tenancy.free_number, tenancy.mirror.pieces
        renewed: list[tuple[int, Piece, int]] = []
        add = renewed.append

        def translate(frame: bytes, xid: int) -> bytes | None:
            nonlocal number
            made = recent.get(frame[8:]) or known.find(frame[8:])
            if made is None or made.stack != made.alone or made.flow.accept is not None:
                return None
            while number in taken:
                number = (number + 1) % NUMBERS
            add((xid, made.piece, number))
            translated = write(made.beginning, xid, made.middle, made.tag | number) + made.rest
            number = (number + 1) % NUMBERS
            return translated

        def carry_out() -> Undo:
            if renewed:
                tenancy.use_up(renewed[-1][2])
            return partial(self._undo_one, tenancy.mirror.renew(renewed))

        return Translator(translate, carry_out)

    def carried_out(self, sliver: Sliver, asked: FlowMod, plan: Plan) -> None:
        """A flow-mod that was not known is carried out so; the flow that it makes is remembered."""
        key, self._asked = self._asked, None
        is_plain = asked.command == of.OFPFC_ADD and not asked.flags & of.OFPFF_CHECK_OVERLAP
        if key is None or not is_plain or not isinstance(plan, Forward):
            return
        mirror = self._tenancy.mirror
        flow = mirror.last_of(sliver.slice)
        if flow is None or flow.asked.match is not asked.match or len(flow.pieces) != 1:
            return
        stack = mirror.stack(flow.pieces[0])
        if stack is not None:
            self._made.of(sliver.tag).keep(key, _Made(flow, flow.pieces[0], stack))

    def forget(self, tag: int | None = None) -> None:
        """What flows are made of has changed, for one slice or for all."""
        if tag is None:
            self._made.clear()
        else:
            self._made.of(tag).clear()
