"""Relay: what stands in the slicer's place and does nothing but pass bytes on.

One switch and one controller, and a process that waits until either has said something. What it
adds to a delay is what any third process adds on this machine: being woken twice. Invariant: it
looks at no byte.
"""

from __future__ import annotations

import select
import socket
from multiprocessing.connection import Connection

READ_SIZE = 1 << 16


def main(pipe: Connection, port: int) -> None:
    """The process: tells `pipe` where it listens, lets one switch in, and connects to the
    controller's `port` for it; ends when either does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pipe.send(listener.getsockname()[1])
        switch, _ = listener.accept()
    with switch, socket.create_connection(("127.0.0.1", port)) as controller:
        _pass_on(switch, controller)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    ways = {one.fileno(): (one, other), other.fileno(): (other, one)}
    epoll = select.epoll()
    for each in (one, other):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        epoll.register(each.fileno(), select.EPOLLIN)
    while True:
        for number, _ in epoll.poll():
            source, target = ways[number]
            data = source.recv(READ_SIZE)
            if not data:
                return
            target.sendall(data)
