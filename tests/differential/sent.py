"""Sent: packets that leave a sliver otherwise than a switch, on purpose.

The part of the list (`listed.py`) that is about packets. Invariant: what both agree on of a packet
that neither changes is the packet.
"""

from typing import Final

from tests.differential.entries import Sent
from tests.differential.packets import TWO_TAGS

_LLDP: Final = 0x88CC
_HEADER: Final = 14
"""Bytes of an Ethernet header without a tag."""


def _discovery_unit(packet: bytes) -> bytes:
    """LLDP up to its end TLV (IEEE 802.1AB 9.2), other packets whole."""
    if int.from_bytes(packet[12:_HEADER], "big") != _LLDP:
        return packet
    at = _HEADER
    while at + 2 <= len(packet) and any(packet[at : at + 2]):
        at += 2 + (int.from_bytes(packet[at : at + 2], "big") & 0x1FF)
    return packet[: at + 2]


_TAG_TYPES: Final = (b"\x81\x00", b"\x88\xa8")


def _with_one_tag(packet: bytes) -> bytes | None:
    if packet.endswith(TWO_TAGS) or (packet[12:14] in _TAG_TYPES and packet[16:18] in _TAG_TYPES):
        return None
    return packet


SENT: Final = (
    Sent("LLDP bears a seal", _discovery_unit),
    Sent("A second VLAN tag", _with_one_tag),
)
