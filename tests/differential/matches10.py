"""Matches of OpenFlow 1.0 on the packets of `packets.py`, as their 40 bytes (OpenFlow 1.0 5.2.3).

Strategies only, written without the slicer's codec. Invariant: a tidy match holds zeros where it
wildcards; an untidy one selects the same packets.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.differential import packets as p

IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL, NONE = range(0xFFF8, 0x10000)
"""The reserved ports (OpenFlow 1.0 5.2.1)."""
PORTS: Final = (1, 2, 3, LOCAL)
UNTAGGED: Final = 0xFFFF

Value = int | tuple[int, int]
"""A field's value; of an address (value, how many of its last bits are free)."""
Fields = Mapping[str, Value]

_MATCH: Final = Struct("!IH6s6sHBxHBBxxIIHH")
_NAMES: Final = (
    "in_port",
    "dl_src",
    "dl_dst",
    "dl_vlan",
    "dl_vlan_pcp",
    "dl_type",
    "nw_tos",
    "nw_proto",
    "nw_src",
    "nw_dst",
    "tp_src",
    "tp_dst",
)
_BITS: Final = {
    "in_port": 1 << 0,
    "dl_vlan": 1 << 1,
    "dl_src": 1 << 2,
    "dl_dst": 1 << 3,
    "dl_type": 1 << 4,
    "nw_proto": 1 << 5,
    "tp_src": 1 << 6,
    "tp_dst": 1 << 7,
    "dl_vlan_pcp": 1 << 20,
    "nw_tos": 1 << 21,
}
_SHIFTS: Final = {"nw_src": 8, "nw_dst": 14}
_ADDRESS_BITS: Final = 32
_WILDCARDS_BEYOND: Final = 0x3FFFFF
_HARDWARE: Final = ("dl_src", "dl_dst")


def written(fields: Fields, beyond: int = 0) -> bytes:
    """The match with these fields and no others; `beyond` are bits that are none of a field's."""
    wildcards = beyond & ~_WILDCARDS_BEYOND
    values: list[int | bytes] = []
    for name in _NAMES:
        value = fields.get(name)
        if name in _SHIFTS:
            value, free = value if isinstance(value, tuple) else (value, 0)
            wildcards |= (_ADDRESS_BITS if value is None else free) << _SHIFTS[name]
        elif value is None:
            wildcards |= _BITS[name]
        assert not isinstance(value, tuple)
        number = value or 0
        values.append(number.to_bytes(6, "big") if name in _HARDWARE else number)
    return _MATCH.pack(wildcards, *values)


ANYTHING: Final = written({})

_VALUES: Final[dict[str, tuple[Value, ...]]] = {
    "in_port": (*PORTS, 4),
    "dl_src": p.MACS,
    "dl_dst": p.MACS,
    "dl_vlan": (UNTAGGED, UNTAGGED, *p.VLANS, 0),
    "dl_vlan_pcp": (0, 3),
    "nw_tos": (0, 0xB8),
    "nw_src": (*p.IPV4, (0x0A00_0000, 8), (0x0A00_0001, 1), (0, 31)),
    "nw_dst": (*p.IPV4, (0x0A00_0000, 24), (0xE000_0000, 28)),
    "tp_src": (80, 9999),
    "tp_dst": (80, 9999),
}
_LINK: Final = ("in_port", "dl_src", "dl_dst", "dl_vlan", "dl_vlan_pcp")
_ADDRESSES: Final = ("nw_src", "nw_dst")
_PORTS: Final = ("tp_src", "tp_dst")
_ICMP_NUMBERS: Final[dict[str, tuple[Value, ...]]] = {"tp_src": (0, 8, 128, 135), "tp_dst": (0, 1)}
_ARP_OPERATIONS: Final[dict[str, tuple[Value, ...]]] = {"nw_proto": (1, 2)}


def _matches(
    needed: dict[str, int],
    optional: tuple[str, ...],
    values: Mapping[str, tuple[Value, ...]] = _VALUES,
) -> SearchStrategy[dict[str, Value]]:
    choices = [(name, value) for name in optional for value in {**_VALUES, **values}[name]]
    some = st.lists(st.sampled_from(choices), max_size=3, unique_by=lambda each: each[0])
    return some.map(lambda chosen: {**needed, **dict(chosen)})


_SHAPES: Final = (
    _matches({}, ("in_port",)),
    _matches({}, _LINK),
    _matches({"dl_vlan": 5}, ("in_port", "dl_vlan_pcp", "dl_src")),
    _matches({"dl_type": 0x0800}, (*_LINK, *_ADDRESSES, "nw_tos")),
    *(
        _matches({"dl_type": ip, "nw_proto": proto}, (*_ADDRESSES, "nw_tos", *_PORTS, *_PORTS))
        for ip in (0x0800, 0x0800, 0x86DD)
        for proto in (p.TCP, p.UDP, p.SCTP)
    ),
    _matches({"dl_type": 0x0800, "nw_proto": p.ICMPV4}, (*_ADDRESSES, *_PORTS), _ICMP_NUMBERS),
    _matches({"dl_type": 0x86DD, "nw_proto": p.ICMPV6}, _PORTS, _ICMP_NUMBERS),
    _matches({"dl_type": 0x86DD}, (*_LINK, "nw_tos", *_ADDRESSES)),
    *(
        _matches({"dl_type": arp}, (*_ADDRESSES, "nw_proto", "in_port"), _ARP_OPERATIONS)
        for arp in (0x0806, 0x0806, 0x8035)
    ),
    *(_matches({"dl_type": other}, _LINK) for other in (0x8847, 0x88CC, 0x05FF, 0x8100)),
)
good: Final[SearchStrategy[dict[str, Value]]] = st.one_of(*[st.just({})] * 4, *_SHAPES)


@st.composite
def _exact(draw: st.DrawFn) -> bytes:
    """Without a wildcard: such a flow has the highest priority, whatever it says."""
    fields: dict[str, Value] = {
        "in_port": draw(st.sampled_from((1, 2))),
        "dl_src": p.MACS[0],
        "dl_dst": p.MACS[1],
        "dl_vlan": draw(st.sampled_from((UNTAGGED, UNTAGGED, 5))),
        "dl_vlan_pcp": 0,
        "dl_type": 0x0800,
        "nw_tos": 0,
        "nw_proto": draw(st.sampled_from((p.TCP, p.UDP, p.ICMPV4, 2))),
        "nw_src": p.IPV4[0],
        "nw_dst": p.IPV4[1],
        "tp_src": draw(st.sampled_from((80, 0))),
        "tp_dst": draw(st.sampled_from((80, 0))),
    }
    return written(fields)


@st.composite
def _untidy(draw: st.DrawFn) -> bytes:
    """Values where they mean nothing, prefixes of no bits, bits that are nobody's."""
    match = bytearray(written(draw(good), draw(st.sampled_from((0, 1 << 22, 1 << 31)))))
    wildcards = int.from_bytes(match[:4], "big")
    for shift in _SHIFTS.values():
        if wildcards >> shift & _ADDRESS_BITS:
            wildcards |= draw(st.integers(0, 31)) << shift
    match[:4] = wildcards.to_bytes(4, "big")
    for at in draw(st.lists(st.sampled_from(_MEANINGLESS), max_size=3)):
        if _is_meaningless(wildcards, at):
            match[at] = draw(st.integers(1, 255))
    return bytes(match)


_PADS: Final = (21, 26, 27)
_WILDCARDED: Final = {5: 1, 11: 1 << 2, 17: 1 << 3, 23: 1 << 4, 24: 1 << 21, 25: 1 << 5, 37: 1 << 6}
"""Where a field's last byte is -> its wildcard bit."""
_MEANINGLESS: Final = (*_PADS, *_WILDCARDED)


def _is_meaningless(wildcards: int, at: int) -> bool:
    return at in _PADS or bool(wildcards & _WILDCARDED[at])


@st.composite
def odd(draw: st.DrawFn) -> bytes:
    """A match with a value that its field can't have."""
    fields = draw(good)
    strange: dict[str, Value] = draw(
        st.sampled_from(
            (
                {"in_port": 0xFF00},
                {"in_port": NONE},
                {"in_port": 0},
                {"in_port": CONTROLLER},
                {"dl_vlan": 0x1005},
                {"dl_vlan": 0xFFFE},
                {"dl_vlan": 5, "dl_vlan_pcp": 0xFF},
                {"dl_vlan": UNTAGGED, "dl_vlan_pcp": 3},
                {"dl_type": 0x0800, "nw_tos": 0xFF},
                {"dl_type": 0x0800, "nw_proto": p.ICMPV4, "tp_src": 0x108},
                {"dl_type": 0x86DD, "nw_proto": p.ICMPV6, "tp_dst": 0x8000},
                {"dl_type": 0x86DD, "nw_proto": p.ICMPV6, "tp_src": 135},
                {"dl_type": 0x0806, "nw_proto": 200, "nw_tos": 4},
                {"dl_type": 0x0100},
                {"nw_proto": 6, "tp_dst": 80, "nw_src": 1},
            )
        )
    )
    return written({**fields, **strange})


tidy: Final = good.map(written)
wide: Final = st.one_of(*[st.just(ANYTHING)] * 3, tidy)
"""Matches that packets likely meet."""
matches: Final = st.one_of(*[tidy] * 5, _exact(), _untidy())
