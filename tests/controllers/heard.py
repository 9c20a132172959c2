"""Heard: whose packets come in at a host?

    python -m tests.controllers.heard

It writes `listening`, and then the hardware address of each sender that it hears for the first
time, one a line, until it is ended. Invariant: no part of the host's stack that might drop a
packet comes before, and what the host sends itself does not count.
"""

import socket

_ETH_P_ALL = 0x0003
_PACKET_OUTGOING = 4


def listen() -> None:
    """Write down the senders."""
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    print("listening", flush=True)
    senders: set[bytes] = set()
    while True:
        frame, (_, _, kind, *_) = listener.recvfrom(1 << 16)
        sender = frame[6:12]
        if kind != _PACKET_OUTGOING and sender not in senders:
            senders.add(sender)
            print(sender.hex(":"), flush=True)


if __name__ == "__main__":
    listen()
