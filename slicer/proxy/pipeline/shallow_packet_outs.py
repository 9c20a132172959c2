"""Shallow packet-outs: translating them by their bytes, whichever version they are of.

The actions repeat, so what the deep way makes of them is kept and looked up by their bytes; one
that comes for the third time, the same up to its packet but for its xid, is looked up by all of
that. What a packet-out may do is not judged here. Invariant: where there is a shallow way, the deep
way gives the same frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from slicer.openflow.actions import Output
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.header import HEADER, with_xid, xid_of
from slicer.openflow.messages import Message, PacketOut
from slicer.openflow.v13 import V13, shallow
from slicer.proxy.pipeline import translate
from slicer.proxy.pipeline.kept import KEPT, Kept
from slicer.proxy.pipeline.terms import Terms

_PACK_HEADER = HEADER.pack


class Plain(NamedTuple):
    """A packet-out's actions, translated; `outputs` are the tenant's where they are nothing but
    outputs, otherwise None."""

    actions: bytes
    outputs: tuple[int, ...] | None


Decode = Callable[[bytes], Message]

Split = Callable[[bytes], tuple[int, int, bytes, bytes] | None]
"""A packet-out's buffer, its in_port, its actions as bytes, and the packet; None where the actions
do not end in the frame."""

Head = tuple[int, tuple[int, ...] | None, bytes]
"""What packet-outs that begin alike become: in_port, outputs, and all between xid and packet."""

ShallowPacketOut = tuple[int, tuple[int, ...] | None, bytes, bytes]
"""A tenant's packet-out: what there is to judge, in_port, outputs as in `Plain`, and the packet;
and the datapath's frame for it."""

TranslatePacketOut = Callable[[bytes, int], ShallowPacketOut | None]
"""Likewise, of a frame under a given xid. Raises MalformedError, Refusal or EncodeError."""


class ShallowPacketOuts:
    """What one datapath's packet-outs, of one version, have been found to be."""

    def __init__(self, decode: Decode, split: Split, layout: tuple[int, int]) -> None:
        """`decode` and `split` are the version's; `layout` says where the length of the actions is,
        and where they start."""
        self._decode = decode
        self._split = split
        self._layout = layout
        self._actions: Kept[Plain] = Kept()
        self._heads: Kept[Head] = Kept()

    def __len__(self) -> int:
        """How many actions and heads are kept."""
        return len(self._actions) + len(self._heads)

    def translator(self, tag: int, terms: Callable[[], Terms]) -> TranslatePacketOut:
        """How to translate a tenant's; `terms` are asked for where they are needed."""
        known_heads = self._heads.of(tag)
        length_at, actions_at = self._layout

        def translated(frame: bytes, xid: int) -> ShallowPacketOut | None:
            if len(frame) < actions_at:
                return None
            end = actions_at + (frame[length_at] << 8 | frame[length_at + 1])
            head = known_heads.get(frame[8:end])
            data = frame[end:]
            if head is not None:
                in_port, outputs, rest = head
                size = len(rest) + len(data) + 8
                if size <= LONGEST_FRAME:
                    return in_port, outputs, data, _PACK_HEADER(4, 13, size, xid) + rest + data
            known = self.kept(tag, frame)
            made = known or self.made(terms(), frame)
            if made is None:
                return None
            in_port, outputs, data, written = made
            if known is not None:
                rest = written[8 : len(written) - len(data)]
                self._heads.keep(tag, frame[8:end], (in_port, outputs, rest), KEPT)
            return in_port, outputs, data, with_xid(written, xid)

        return translated

    def kept(self, tag: int, frame: bytes) -> ShallowPacketOut | None:
        """What `made` would say, if it has translated the same actions before."""
        split = self._split(frame)
        known = self._actions.of(tag).get(split[2]) if split else None
        return None if split is None or known is None else _joined(frame, split, known)

    def made(self, terms: Terms, frame: bytes) -> ShallowPacketOut | None:
        """A tenant's packet-out, under its xid, or None. Raises MalformedError or Refusal."""
        split = self._split(frame)
        if split is None:
            return None
        message = self._decode(frame)
        assert isinstance(message, PacketOut)
        known = _translated(terms, message)
        if not any(map(translate.is_changing, message.actions)):
            self._actions.keep(terms.tag, split[2], known, KEPT)
        return _joined(frame, split, known)


def _joined(frame: bytes, split: tuple[int, int, bytes, bytes], known: Plain) -> ShallowPacketOut:
    """A packet-out with translated actions, under its own xid."""
    buffer_id, in_port, _, data = split
    made = shallow.write_packet_out(xid_of(frame), buffer_id, in_port, known.actions, data)
    return in_port, known.outputs, data, made


def _translated(terms: Terms, message: PacketOut) -> Plain:
    """A packet-out's actions, translated the deep way. Raises Refusal."""
    split = shallow.split_packet_out(V13.encode(translate.packet_out(terms, message)))
    assert split is not None
    return Plain(split[2], plain_outputs(message))


def plain_outputs(message: PacketOut) -> tuple[int, ...] | None:
    """The output ports of a packet-out that does nothing but output, otherwise None."""
    ports = tuple(each.port for each in message.actions if isinstance(each, Output))
    return ports if len(ports) == len(message.actions) else None
