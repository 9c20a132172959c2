"""Tap: the far end of a switch's port, where packets are put in and taken out.

Invariant: what a tap has sent it does not read, and a packet's VLAN tag, which Linux takes out of
the packet, is back in its place.
"""

import socket
from struct import Struct

_ALL_PROTOCOLS = 3
_SOL_PACKET = 263
_PACKET_AUXDATA = 8
_PACKET_IGNORE_OUTGOING = 23
_AUXDATA = Struct("=IIIHHHH")
"""struct tpacket_auxdata: status, len, snaplen, mac, net, vlan_tci, vlan_tpid."""
_VLAN_VALID = 1 << 4
SHORTEST_PACKET = 14
"""Linux sends no shorter one."""
LONGEST_PACKET = 1514


class Tap:
    """An AF_PACKET socket on a network interface."""

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ALL_PROTOCOLS)
        )
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self._socket.bind((interface, _ALL_PROTOCOLS))

    def close(self) -> None:
        """Let go of the interface."""
        self._socket.close()

    def put(self, packet: bytes) -> None:
        """Send a packet of SHORTEST_PACKET to LONGEST_PACKET bytes into the switch."""
        self._socket.send(packet)

    def take(self) -> list[bytes]:
        """The packets that have left the switch here since the last call."""
        packets: list[bytes] = []
        while True:
            try:
                data, auxiliary, _, _ = self._socket.recvmsg(1 << 16, 64)
            except BlockingIOError:
                return packets
            packets.append(_with_tag(data, auxiliary))


def _with_tag(data: bytes, auxiliary: list[tuple[int, int, bytes]]) -> bytes:
    for level, kind, raw in auxiliary:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_, tci, tpid = _AUXDATA.unpack_from(raw)
            if status & _VLAN_VALID:
                tag = tpid << 16 | tci
                return b"".join((data[:12], tag.to_bytes(4, "big"), data[12:]))
    return data
