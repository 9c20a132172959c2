"""Listed: in what a sliver differs from a switch on purpose in OpenFlow 1.0 alone.

Beside these the entries of `listed.py` count, as far as OpenFlow 1.0 has what they are about.
Invariant: a difference that is in neither is a fault.
"""

from dataclasses import replace
from struct import Struct
from typing import Final

from slicer.openflow import constants as of
from slicer.openflow import errors as e
from slicer.openflow.actions import Action, SetTpDst, SetTpSrc
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message, PacketIn, PacketOut, SetConfig
from tests.differential.entries import Apart, Asked, Refused, Sent, Told, configures

_MATCH_AT: Final = {Kind.FLOW_MOD: 8, Kind.FLOW_STATS_REQUEST: 12, Kind.AGGREGATE_REQUEST: 12}
_MATCH: Final = Struct("!I18xHxB10xHH")
"""Of a match the wildcards, dl_type, nw_proto, tp_src and tp_dst (OpenFlow 1.0 5.2.3)."""
_ICMP: Final = ((0x0800, 1), (0x86DD, 58))
_DL_TYPE, _NW_PROTO, _TP_SRC, _TP_DST, _NW_TOS = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 21
_NW_SRC, _NW_DST = 1 << 13, 1 << 19
_QUESTIONS: Final = (Kind.FLOW_STATS_REQUEST, Kind.AGGREGATE_REQUEST)


def _match(asked: Asked) -> tuple[int, int | None, int | None, int, int] | None:
    """The wildcards of the match in a frame, dl_type and nw_proto where it says them, tp_src and
    tp_dst."""
    start = _MATCH_AT.get(asked.kind) if asked.kind else None
    if start is None or len(asked.frame) < start + _MATCH.size:
        return None
    wildcards, dl_type, nw_proto, *ports = _MATCH.unpack_from(asked.frame, start)
    eth_type = None if wildcards & _DL_TYPE else dl_type
    return wildcards, eth_type, None if wildcards & _NW_PROTO else nw_proto, ports[0], ports[1]


def _matches_long_icmp(asked: Asked) -> bool:
    """Does a match name ICMP, and a type or a code of two bytes?"""
    match = _match(asked)
    if match is None or match[1:3] not in _ICMP:
        return False
    wildcards, _, _, tp_src, tp_dst = match
    return (tp_src > 0xFF and not wildcards & _TP_SRC) or (
        tp_dst > 0xFF and not wildcards & _TP_DST
    )


_NETWORK_BITS: Final[dict[int | None, int]] = {
    0x0800: _NW_TOS | _NW_PROTO | _NW_SRC | _NW_DST,
    0x86DD: _NW_TOS | _NW_PROTO,
    0x0806: _NW_PROTO | _NW_SRC | _NW_DST,
    0x8035: _NW_PROTO | _NW_SRC | _NW_DST,
}
"""Ethernet type -> wildcard bits of the network fields that mean something."""
_TRANSPORT_PROTOCOLS: Final = (1, 6, 17, 58, 132)


def _asks_by_meaningless_fields(asked: Asked) -> bool:
    """Does a question name a field that the rest of its match leaves without a meaning?"""
    match = _match(asked)
    if match is None or asked.kind not in _QUESTIONS:
        return False
    wildcards, eth_type, proto, _, _ = match
    known = _NETWORK_BITS.get(eth_type, 0)
    if eth_type in (0x0800, 0x86DD) and proto in _TRANSPORT_PROTOCOLS:
        known |= _TP_SRC | _TP_DST
    named = _NW_TOS | _NW_PROTO | _NW_SRC | _NW_DST | _TP_SRC | _TP_DST
    return bool(~wildcards & named & ~known)


def _sets_ports(action: Action) -> bool:
    return isinstance(action, SetTpSrc | SetTpDst)


def _may_set_ports(asked: Asked) -> bool:
    message = asked.message
    actions = message.actions if isinstance(message, PacketOut) else ()
    for each in getattr(message, "instructions", ()):
        actions += each.actions
    return any(map(_sets_ports, actions))


def _without_icmpv6_type(packet: bytes) -> bytes:
    """ICMPv6 (RFC 4443 2.1) without type, code and checksum."""
    start = 18 if packet[12:14] == b"\x81\x00" else 14
    if packet[start - 2 : start] != b"\x86\xdd" or packet[start + 6 : start + 7] != b"\x3a":
        return packet
    return packet[: start + 40] + packet[start + 44 :]


def _icmpv6_as_it_came(direct: PacketIn, sliced: PacketIn) -> Message:
    if _without_icmpv6_type(direct.data) == _without_icmpv6_type(sliced.data):
        return replace(direct, data=sliced.data)
    return direct


REFUSED: Final = (
    Refused(
        "A match on an ICMP type or code above 255",
        (e.BAD_MATCH_BAD_VALUE,),
        _matches_long_icmp,
    ),
    Refused(
        "Fragment handling other than normal, in OpenFlow 1.0",
        (e.BAD_REQUEST_EPERM,),
        lambda asked: isinstance(asked.message, SetConfig) and asked.message.flags != 0,
    ),
)
TOLD: Final = (
    Told("ICMPv6 keeps its type and code", PacketIn, _may_set_ports, _icmpv6_as_it_came),
)
SENT: Final = (Sent("ICMPv6 keeps its type and code", _without_icmpv6_type),)
APART: Final = (
    Apart("A table miss at a port with NO_PACKET_IN", misses=configures(of.OFPPC_NO_PACKET_IN)),
    Apart("A question by fields that mean nothing", answer=_asks_by_meaningless_fields),
)
