"""Listed: flow statistics in the tenant's terms, flow by flow, by their bytes.

Of a flow that the datapath lists, the tag leaves the match, the table is counted from the tenant's
first, and the instructions are what the tenant wrote; the numbers pass as they are. Instructions
repeat, and are looked up. Invariant: a reply that is made here is what `restore.flow_stats` and the
dialect make of the same; what they would leave out or complain of is for them (None).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from slicer.openflow.actions import Group
from slicer.openflow.errors import MalformedError
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.header import HEADER
from slicer.openflow.instructions import ApplyActions, MeterInstruction, WriteActions
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.openflow.v13.instructions import decode_instructions, encode_instructions
from slicer.openflow.v13.rewrites import in_1_3
from slicer.proxy.pipeline import layout, restore
from slicer.proxy.pipeline.kept import KEPT, Kept
from slicer.proxy.pipeline.terms import Terms

_REPLY: Final = 19
_MULTIPART: Final = Struct("!HH4x")
_ENTRIES: Final = HEADER.size + _MULTIPART.size
_LENGTH_AND_TABLE: Final = Struct("!HB").unpack_from
_MATCH_HEADER: Final = Struct("!HH").unpack_from
_PACK_ENTRY: Final = Struct("!HBx16s4x24sHH").pack
_MATCH_AT: Final = 48
_SHORTEST: Final = _MATCH_AT + 8
_OXM_MATCH: Final = 1
_PADDING: Final = [bytes(-each % 8) for each in range(8)]
_TAGGED: Final = Match.of(vlan_vid=0x1000)


class Listings:
    """What instructions have been found to be the tenants'; those that name a group or a meter may
    mean another one later and are not kept."""

    def __init__(self) -> None:
        self._known: Kept[bytes] = Kept()

    def flow_stats(self, terms: Terms, frame: bytes, xid: int) -> bytes | None:
        """The tenant's reply of OpenFlow 1.3 for one of the datapath's, under a given xid."""
        known = self._known.of(terms.tag)
        out: list[bytes] = [b""]
        offset, size = _ENTRIES, len(frame)
        while offset < size:
            if size - offset < _SHORTEST:
                return None
            length, table = _LENGTH_AND_TABLE(frame, offset)
            end = offset + length
            if length < _SHORTEST or length % 8 or end > size:
                return None
            if not layout.FIRST_TENANT_TABLE <= table < layout.OWNER_TABLE:
                return None
            cut = _cut(frame, offset + _MATCH_AT, end)
            if cut is None:
                return None
            oxms, start = cut
            stored = frame[start:end]
            instructions = known.get(stored)
            if instructions is None:
                instructions = self._restored(terms, stored)
                if instructions is None:
                    return None
            match = 4 + len(oxms)
            padding = _PADDING[match & 7]
            out += (
                _PACK_ENTRY(
                    _MATCH_AT + match + len(padding) + len(instructions),
                    table - layout.FIRST_TENANT_TABLE,
                    frame[offset + 4 : offset + 20],
                    frame[offset + 24 : offset + _MATCH_AT],
                    _OXM_MATCH,
                    match,
                ),
                oxms,
                padding,
                instructions,
            )
            offset = end
        return _reply(frame, xid, out)

    def _restored(self, terms: Terms, stored: bytes) -> bytes | None:
        """A flow's instructions as the tenant wrote them; None where they can't be the tenant's, or
        are worded otherwise for another match."""
        try:
            read = decode_instructions(stored, 0, len(stored))
            restored = restore.instructions(terms, read)
        except (MalformedError, restore.NotOurs):
            # The deep way says what is wrong.
            return None
        if in_1_3(restored, Match()) != restored or in_1_3(restored, _TAGGED) != restored:
            return None
        written = encode_instructions(restored)
        names = any(
            isinstance(each, MeterInstruction)
            or (
                isinstance(each, ApplyActions | WriteActions)
                and any(isinstance(action, Group) for action in each.actions)
            )
            for each in read
        )
        if not names:
            self._known.keep(terms.tag, stored, written, KEPT)
        return written


def _cut(frame: bytes, at: int, end: int) -> tuple[bytes, int] | None:
    """The fields of OpenFlow's own class in the match at `at`, and where what follows begins; None
    where the match does not end before `end`."""
    kind, length = _MATCH_HEADER(frame, at)
    stop = at + length
    padded = at + (length + 7 & ~7)
    if kind != _OXM_MATCH or length < 4 or padded > end:
        return None
    pieces = []
    offset = begin = at + 4
    while offset < stop - 3:
        after = offset + 4 + frame[offset + 3]
        if frame[offset] != 0x80 or frame[offset + 1]:
            pieces.append(frame[begin:offset])
            begin = after
        offset = after
    if offset != stop:
        return None
    pieces.append(frame[begin:stop])
    return b"".join(pieces), padded


def _reply(frame: bytes, xid: int, out: list[bytes]) -> bytes | None:
    kind, flags = _MULTIPART.unpack_from(frame, HEADER.size)
    out[0] = _MULTIPART.pack(kind, flags & 1)
    body = b"".join(out)
    length = HEADER.size + len(body)
    if length > LONGEST_FRAME:
        return None
    return HEADER.pack(V13.version, _REPLY, length, xid) + body
