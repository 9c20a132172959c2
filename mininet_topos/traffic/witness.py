"""Witness: does a host get packets of a TCP port that nobody should be sending it?

    python -m mininet_topos.traffic.witness PORT [SOURCE:PORT TARGET:PORT]

watches all interfaces until SIGTERM. It writes `watching` once it does, and then one JSON object a
line for each packet from or to PORT that comes in: `{"at": T, "source": ..., "target": ...}`, T in
seconds of the clock that all processes of a machine share. Packets between the two ends that are
named, in either direction, are as they should be and do not count. After MOST packets it has seen
enough and ends.

Invariant: what counts is what is on the wire, tagged or not; no part of the host's stack that might
drop a packet comes before.
"""

import json
import signal
import socket
import struct
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass

MOST = 1000
_ETH_P_ALL = 0x0003
_PACKET_OUTGOING = 4
_VLAN_TYPES = (0x8100, 0x88A8)
_IPV4, _TCP = 0x0800, 6


@dataclass(frozen=True, slots=True)
class Segment:
    """The ends of a TCP packet, each ADDRESS:PORT."""

    source: str
    target: str

    @property
    def ends(self) -> frozenset[str]:
        """Both, in no order."""
        return frozenset((self.source, self.target))

    def concerns(self, port: int) -> bool:
        """Tell whether one of the ends is at a port."""
        return any(end.endswith(f":{port}") for end in self.ends)


def read(frame: bytes) -> Segment | None:
    """The TCP packet in an Ethernet frame; None if there is none, or not all of its header."""
    try:
        place = 12
        while (kind := struct.unpack_from("!H", frame, place)[0]) in _VLAN_TYPES:
            place += 4
        if kind != _IPV4 or frame[place + 11] != _TCP:
            return None
        header = place + 2
        source_port, target_port = struct.unpack_from(
            "!HH", frame, header + (frame[header] & 0xF) * 4
        )
        addresses = (frame[header + 12 : header + 16], frame[header + 16 : header + 20])
        source, target = map(socket.inet_ntoa, addresses)
    except (struct.error, IndexError, OSError):  # too short
        return None
    return Segment(f"{source}:{source_port}", f"{target}:{target_port}")


def watch(port: int, expected: Collection[str]) -> None:
    """Write down what comes in."""
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    print("watching", flush=True)
    seen = 0
    while seen < MOST:
        frame, (_, _, kind, *_) = listener.recvfrom(1 << 16)
        segment = read(frame) if kind != _PACKET_OUTGOING else None
        if segment is not None and segment.concerns(port) and segment.ends != set(expected):
            seen += 1
            note = {"at": time.monotonic(), "source": segment.source, "target": segment.target}
            print(json.dumps(note), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    watch(int(sys.argv[1]), sys.argv[2:])
