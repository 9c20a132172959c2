"""Listed: flow statistics for tenants of OpenFlow 1.0, flow by flow, by their bytes.

Flows differ in the hosts they name and in their numbers; all else of a flow is its shape. What the
deep way makes of the first flow of a shape is kept, and hosts and numbers of the others are put in
their places. Invariant: as in `listed.py`; what is not shaped so is for the deep way (None).
"""

from __future__ import annotations

from dataclasses import replace
from struct import Struct
from typing import Final, NamedTuple

from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.header import HEADER
from slicer.openflow.multipart import FlowStatsReply
from slicer.openflow.oxm import header_of
from slicer.openflow.v10 import V10
from slicer.openflow.v10.shapes import PLACES
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import restore
from slicer.proxy.pipeline.kept import KEPT, Kept
from slicer.proxy.pipeline.terms import Terms

_REPLY_1_3: Final = Struct("!BBHIHH4x")
_REPLY_1_0: Final = Struct("!BBHIHH")
_STATISTICS: Final = 17
_FLOWS: Final = 1
_MULTIPART: Final = 19
_MATCH_AT: Final = 48
_SHORTEST: Final = _MATCH_AT + 8
_SIX: Final = bytes(6)
_IN_PORT: Final = header_of("in_port").to_bytes(4, "big")
_IN_PORT_PLACE: Final = (4, 6)
_RESERVED: Final = b"\xff"
"""Begins the 16 bits of a port that is none of the datapath's own."""
_HOSTS: Final = {header.to_bytes(4, "big"): place for header, place in PLACES.items()}


_Place = tuple[int, int]
"""Which bytes of a match."""


class _Shape(NamedTuple):
    """A flow of 1.0 in pieces: what stands before the match's first host, which of the stored hosts
    comes then, and so on; what comes behind the last; and behind the numbers."""

    parts: tuple[tuple[bytes, int], ...]
    last: bytes
    actions: bytes


class ListingsV10:
    """The shapes that have been met."""

    def __init__(self) -> None:
        self._known: Kept[_Shape] = Kept()

    def flow_stats(self, terms: Terms, frame: bytes, xid: int) -> bytes | None:
        """The tenant's reply for one of the datapath's, under a given xid."""
        known = self._known.of(terms.tag)
        out: list[bytes] = []
        offset, size = _REPLY_1_3.size, len(frame)
        while offset < size:
            end = offset + (frame[offset] << 8 | frame[offset + 1] if size - offset > 1 else 0)
            if end - offset < _SHORTEST or end > size:
                return None
            cut = _cut(frame, offset, end)
            if cut is None:
                return None
            key, hosts, places = cut
            shape = known.get(key) or self._made(terms, frame[offset:end], key, places)
            if shape is None:
                return None
            for fixed, index in shape.parts:
                out += (fixed, hosts[index])
            numbers = frame[offset + 4 : offset + 18], _SIX, frame[offset + 24 : offset + 48]
            out += (shape.last, *numbers, shape.actions)
            offset = end
        return _reply(frame, xid, b"".join(out))

    def _made(self, terms: Terms, entry: bytes, key: bytes, places: list[_Place]) -> _Shape | None:
        """What becomes of flows like this one; None where the deep way has to say."""
        length = _REPLY_1_3.size + len(entry)
        head = _REPLY_1_3.pack(V13.version, _MULTIPART, length, 0, _FLOWS, 0)
        try:
            reply = V13.decode(head + entry)
            assert isinstance(reply, FlowStatsReply)
            restored = tuple(restore.flow_stats(terms, each) for each in reply.entries)
            written = V10.encode(replace(reply, entries=restored))[_REPLY_1_0.size :]
        except (MalformedError, restore.NotOurs, EncodeError):
            # The deep way leaves it out, or says what is wrong.
            return None
        if len(set(places)) < len(places):
            return None
        parts: list[tuple[bytes, int]] = []
        at = 0
        for start, end, index in sorted((*place, index) for index, place in enumerate(places)):
            parts.append((written[at : 4 + start], index))
            at = 4 + end
        shape = _Shape(tuple(parts), written[at:44], written[88:])
        self._known.keep(terms.tag, key, shape, KEPT)
        return shape


def _cut(
    frame: bytes, at: int, end: int
) -> tuple[bytes, list[bytes], list[tuple[int, int]]] | None:
    """All that makes a stored flow's shape; the hosts that its match names, and where those are in
    a match of 1.0. None where it is not cut so."""
    at += _MATCH_AT
    length = frame[at + 2] << 8 | frame[at + 3]
    stop = at + length
    padded = at + (length + 7 & ~7)
    if length < 4 or padded > end:
        return None
    key = [frame[at - _MATCH_AT + 2 : at - _MATCH_AT + 3], frame[at : at + 4]]
    hosts: list[bytes] = []
    places: list[_Place] = []
    offset = at + 4
    while offset < stop - 3:
        header = frame[offset : offset + 4]
        after = offset + 4 + header[3]
        place = _HOSTS.get(header)
        if place is not None:
            key.append(header)
            hosts.append(frame[offset + 4 : after])
            places.append(place)
        elif header == _IN_PORT and frame[offset + 6 : offset + 7] != _RESERVED:
            key.append(frame[offset : offset + 6])
            hosts.append(frame[offset + 6 : after])
            places.append(_IN_PORT_PLACE)
        else:
            key.append(frame[offset:after])
        offset = after
    if offset != stop:
        return None
    key.append(frame[padded:end])
    return b"".join(key), hosts, places


def _reply(frame: bytes, xid: int, body: bytes) -> bytes | None:
    length = _REPLY_1_0.size + len(body)
    if length > LONGEST_FRAME:
        return None
    flags = frame[HEADER.size + 3] & 1
    return _REPLY_1_0.pack(V10.version, _STATISTICS, length, xid, _FLOWS, flags) + body
