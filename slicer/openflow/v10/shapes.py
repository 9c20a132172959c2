"""Shapes: 12-tuple matches as the OXM fields they stand for, by their bytes.

Which fields a match has, and where their bytes are, depends on a few of its bytes: what it leaves
open, the VLAN, the types and the TOS. That is its shape, and remembered; what hosts it names is cut
out. Invariant: the fields are those of `decode_match`, as on the wire.
"""

from typing import Final, NamedTuple

from slicer.openflow.oxm import header_of
from slicer.openflow.v10.match import Protocol, decode_match, is_exact, protocol_of
from slicer.openflow.v10.ports import RESERVED

KEPT: Final = 256
_MATCH: Final = 8
"""Where a flow-mod's match is."""
PLACES: Final = {
    header_of("eth_src"): (6, 12),
    header_of("eth_dst"): (12, 18),
    **{header_of(name): (28, 32) for name in ("ipv4_src", "arp_spa")},
    **{header_of(name): (32, 36) for name in ("ipv4_dst", "arp_tpa")},
    **{header_of(name): (36, 38) for name in ("tcp_src", "udp_src", "sctp_src")},
    **{header_of(name): (38, 40) for name in ("tcp_dst", "udp_dst", "sctp_dst")},
}
"""OXM header -> which bytes of a match are its payload, whatever they are."""
_IN_PORT: Final = header_of("in_port")
_IN_PORT_AT: Final = 12
_RESERVED: Final = RESERVED >> 8
_FIXED: Final = frozenset(
    header >> 9
    for header in map(
        header_of, ("eth_type", "vlan_vid", "vlan_pcp", "ip_dscp", "ip_proto", "arp_op")
    )
)
"""The fields whose values are part of a shape, masked or not."""


class Fields(NamedTuple):
    """A match: its fields as on the wire, the protocol they make sure of, and whether it leaves
    nothing open."""

    oxms: bytes
    protocol: Protocol
    is_exact: bool


class _Shape(NamedTuple):
    """`cuts` are bytes that stand as they are, and what of the frame comes behind them; at the end
    comes `last`."""

    cuts: tuple[tuple[bytes, int, int], ...]
    last: bytes
    protocol: Protocol
    is_exact: bool


class Shapes:
    """The shapes that have been met; at most KEPT, and all are forgotten when one more comes."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, _Shape | None] = {}

    def fields(self, frame: bytes) -> Fields:
        """What a flow-mod's match says. Raises MalformedError for a match that can't be."""
        key = frame[8:12] + frame[26:34]
        shape = self._shapes.get(key)
        if shape is None and key not in self._shapes:
            if len(self._shapes) >= KEPT:
                self._shapes.clear()
            shape = self._shapes[key] = _shape(frame)
        if shape is None or frame[_IN_PORT_AT] >= _RESERVED:
            return _fields(frame)
        cuts, last, protocol, exact = shape
        pieces: list[bytes] = []
        for fixed, start, end in cuts:
            pieces += (fixed, frame[start:end])
        pieces.append(last)
        return Fields(b"".join(pieces), protocol, exact)


def _fields(frame: bytes) -> Fields:
    oxms = decode_match(frame, _MATCH).oxms
    written = b"".join([header.to_bytes(4, "big") + payload for header, payload in oxms])
    return Fields(written, protocol_of(frame, _MATCH), is_exact(frame, _MATCH))


def _shape(frame: bytes) -> _Shape | None:
    """The shape of a flow-mod's match, or None where it has a field that isn't just cut out. Raises
    MalformedError."""
    cuts: list[tuple[bytes, int, int]] = []
    fixed = b""
    for header, payload in decode_match(frame, _MATCH).oxms:
        fixed += header.to_bytes(4, "big")
        place = PLACES.get(header)
        if place is not None:
            cuts.append((fixed, _MATCH + place[0], _MATCH + place[1]))
            fixed = b""
        elif header == _IN_PORT:
            cuts.append((fixed + b"\0\0", _IN_PORT_AT, _IN_PORT_AT + 2))
            fixed = b""
        elif header >> 9 in _FIXED:
            fixed += payload
        else:
            return None
    return _Shape(tuple(cuts), fixed, protocol_of(frame, _MATCH), is_exact(frame, _MATCH))
