"""Frames of OpenFlow 1.0 made by hand, piece by piece, for the tests of its codec."""

from functools import partial

from slicer.openflow.v10 import V10
from tests.unit.openflow import frames
from tests.unit.openflow.frames import frame as frame_of
from tests.unit.openflow.frames import pack

ALL = 0x3820FF
"""Every field wildcarded, as Open vSwitch writes it."""
IN_PORT, VLAN, SRC, DST, TYPE, PROTO, TP_SRC, TP_DST = (1 << bit for bit in range(8))
NW_SRC, NW_DST, PCP, TOS = 0x3F << 8, 0x3F << 14, 1 << 20, 1 << 21


def frame(message_type: int, body: bytes = b"", version: int = 1) -> bytes:
    return frame_of(message_type, body, version=version)


def stats(kind: int, body: bytes = b"", flags: int = 0, message_type: int = 17) -> bytes:
    return frame(message_type, pack("HH", kind, flags) + body)


def match(says: int = 0, wildcards: int | None = None, **fields: int | bytes) -> bytes:
    """A match that says the fields whose bits are given, in 40 bytes."""
    values: dict[str, int | bytes] = {
        "in_port": 0,
        "dl_src": bytes(6),
        "dl_dst": bytes(6),
        "dl_vlan": 0,
        "dl_vlan_pcp": 0,
        "dl_type": 0,
        "nw_tos": 0,
        "nw_proto": 0,
        "nw_src": 0,
        "nw_dst": 0,
        "tp_src": 0,
        "tp_dst": 0,
    }
    assert fields.keys() <= values.keys()
    values.update(fields)
    word = ALL & ~says if wildcards is None else wildcards
    return pack("IH6s6sHBxHBB2xIIHH", word, *values.values())


def flow_mod(
    matched: bytes = match(), actions: bytes = b"", command: int = 0, flags: int = 0, idle: int = 0
) -> bytes:
    rest = pack("QHHHHIHH", 0, command, idle, 0, 5, 0xFFFFFFFF, 0xFFFF, flags)
    return frame(14, matched + rest + actions)


OUTPUT = pack("HHHH", 0, 8, 1, 0)

refused = partial(frames.refused, dialect=V10)
"""As for 1.3."""
