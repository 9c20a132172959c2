"""Knock: a new TCP connection every so often, for traffic that has a beginning.

    python -m mininet_topos.traffic.knock ADDRESS PORT INTERVAL

tries to connect every INTERVAL seconds until SIGTERM and never waits for an answer: what counts is
that there are packets. Invariant: at most KEPT connections are open at a time.
"""

import signal
import socket
import sys
import time
from collections import deque

KEPT = 20


def knock(address: str, port: int, interval: float) -> None:
    """Do so for ever."""
    opened: deque[socket.socket] = deque()
    while True:
        if len(opened) == KEPT:
            opened.popleft().close()
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((address, port))
        opened.append(sock)
        time.sleep(interval)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    knock(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
