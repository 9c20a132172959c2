"""What flows and packet-outs of OpenFlow 1.0 do: actions, good and bad, as bytes (5.2.4).

Strategies only, written without the slicer's codec. Invariant: a good list of actions is one that
Open vSwitch takes after any match.
"""

from itertools import product
from struct import pack
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.differential import matches10 as m
from tests.differential import packets as p


def output(port: int, max_len: int = 0) -> bytes:
    """Output to a port."""
    return pack("!HHHH", 0, 8, port, max_len)


def _short(kind: int, value: int) -> bytes:
    return pack("!HHHxx", kind, 8, value)


def _byte(kind: int, value: int) -> bytes:
    return pack("!HHBxxx", kind, 8, value)


def _long(kind: int, value: int) -> bytes:
    return pack("!HHI", kind, 8, value)


def _address(kind: int, address: int) -> bytes:
    return pack("!HH6s6x", kind, 16, address.to_bytes(6, "big"))


def enqueue(port: int, queue: int) -> bytes:
    """Output by a queue of the port's."""
    return pack("!HHH6xI", 11, 16, port, queue)


def vendor(number: int, body: bytes) -> bytes:
    """A vendor's action."""
    return pack("!HHI", 0xFFFF, 8 + len(body), number) + body


NICIRA: Final = 0x2320
STRIP_VLAN: Final = pack("!HH4x", 3, 8)
TO_TABLE: Final = output(m.TABLE)
"""What a packet-out may ask for and a flow may not."""


def set_vlan_vid(vlan: int) -> bytes:
    """Set the VLAN id."""
    return _short(1, vlan)


def set_tp_src(port: int) -> bytes:
    """Set the source port."""
    return _short(9, port)


_OUTPUTS: Final = (
    *(output(port) for port in (1, 2, 3, 1, 2, 3)),
    output(2, 77),
    output(m.LOCAL),
    output(m.IN_PORT),
    output(m.FLOOD),
    output(m.ALL),
    output(m.CONTROLLER, 0xFFFF),
    output(m.CONTROLLER, 20),
    output(m.CONTROLLER),
    output(4),
)
_REWRITES: Final = (
    *(_address(kind, mac) for kind, mac in product((4, 5), p.MACS[:2])),
    *(set_vlan_vid(vlan) for vlan in (*p.VLANS, 0)),
    *(_byte(2, pcp) for pcp in (0, 3)),
    STRIP_VLAN,
    STRIP_VLAN,
    *(_long(kind, address) for kind, address in product((6, 7), p.IPV4)),
    *(_byte(8, tos) for tos in (0, 0xB8)),
    *(_short(kind, port) for kind, port in product((9, 10), (*p.PORTS, 8))),
)
outputs: Final = st.lists(st.sampled_from(_OUTPUTS), min_size=1, max_size=2).map(b"".join)
_rewriting: Final = st.tuples(
    st.lists(st.sampled_from(_REWRITES * 2 + _OUTPUTS), max_size=4).map(b"".join),
    st.sampled_from(_OUTPUTS),
).map(b"".join)
_many: Final = st.lists(st.sampled_from(_OUTPUTS + _REWRITES), max_size=4).map(b"".join)
actions: Final[SearchStrategy[bytes]] = st.one_of(outputs, _rewriting, _rewriting, _many)

_BAD: Final = (
    output(0),
    output(0xFEFF),
    output(0xFF00),
    output(0xFFF7),
    TO_TABLE,
    output(m.NORMAL),
    output(m.NONE),
    set_vlan_vid(0x1005),
    set_vlan_vid(0xFFFF),
    _byte(2, 8),
    _byte(8, 0xB9),
    enqueue(1, 0),
    enqueue(1, 7),
    enqueue(m.LOCAL, 0),
    enqueue(m.FLOOD, 0),
    enqueue(9, 0),
    _short(12, 1),
    _short(0xFFFE, 1),
    pack("!HHI", 1, 8, 5 << 16 | 0xFFFF),
    pack("!HHHHQ", 0, 16, 1, 0, 0),
    pack("!HHHH", 0, 0, 1, 0),
    pack("!HHHH", 0, 12, 1, 0),
    pack("!HHHH", 0, 80, 1, 0),
    pack("!HHHH", 4, 8, 1, 0),
    pack("!HHHH", 0xFFFF, 8, 0, NICIRA),
    vendor(NICIRA, pack("!HHB3x", 1, m.IN_PORT, 0)),
    vendor(NICIRA, pack("!HHIQ", 7, 31, 0x0001_0004, 2)),
    vendor(NICIRA, pack("!H6s", 8, b"a note")),
    vendor(0x1234, bytes(8)),
)
"""What no switch takes, or what a sliver does not."""
bad_actions: Final = st.tuples(
    st.lists(st.sampled_from(_OUTPUTS), max_size=1).map(b"".join), st.sampled_from(_BAD)
).map(b"".join)
"""Outputs and one action that is wrong."""
