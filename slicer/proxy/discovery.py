"""Discovery: carrying a tenant's LLDP over a link to the same tenant's sliver at the other end.

Every tenant may discover links, whoever owns EtherType 0x88cc, and several do so at once. What a
tenant sends is sealed: behind the packet goes the slice's name, authenticated with a secret of this
slicer's, and at the other end the seal says whose the packet is. A receiver that isn't the slicer
finds some bytes after the end of the LLDP data unit, which IEEE 802.1AB 9.2 has it ignore. Knows no
OpenFlow. Invariant: `unseal` names a slice only for bytes that `seal` has made for it.
"""

from __future__ import annotations

import hmac
from struct import Struct

LLDP = 0x88CC
BDDP = 0x8942
"""What Floodlight and others send where switches in between would swallow LLDP."""
ETH_TYPES = (LLDP, BDDP)

ON_THE_WIRE = frozenset(each.to_bytes(2, "big") for each in ETH_TYPES)
_SHORTEST_PACKET = 60
_CODE_SIZE = 16
_END = Struct("!HB4s")
"""length of the packet, length of the name, and that this is a seal."""
_MARK = b"slcr"


def is_discovery(packet: bytes) -> bool:
    """Is it an untagged LLDP or BDDP packet?"""
    return packet[12:14] in ON_THE_WIRE


def seal(packet: bytes, slice_name: str, secret: bytes) -> bytes:
    """The packet with a seal of the slice's, long enough that no network fills it up."""
    name = slice_name.encode()
    end = _END.pack(len(packet), len(name), _MARK)
    room = _SHORTEST_PACKET - len(packet) - len(name) - _CODE_SIZE - len(end)
    return b"".join((packet, bytes(max(room, 0)), name, _code(packet, name, secret), end))


def unseal(sealed: bytes, secret: bytes) -> tuple[str, bytes] | None:
    """(slice, packet), or None for a packet that has no seal of this slicer's."""
    if len(sealed) < _END.size:
        return None
    length, name_length, mark = _END.unpack_from(sealed, len(sealed) - _END.size)
    code_at = len(sealed) - _END.size - _CODE_SIZE
    name_at = code_at - name_length
    if mark != _MARK or length > name_at:
        return None
    packet, name = sealed[:length], sealed[name_at:code_at]
    code = sealed[code_at : code_at + _CODE_SIZE]
    if not hmac.compare_digest(code, _code(packet, name, secret)):
        return None
    return name.decode(), packet


def _code(packet: bytes, name: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, name + b"\0" + packet, "sha256")[:_CODE_SIZE]
