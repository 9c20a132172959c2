"""Controller: one OpenFlow connection to a switch, of bare frames.

It greets without waiting for an answer, sends what it is given and reads up to a barrier's reply.
It judges nothing. Invariant: frames are returned in the order in which they came, each once.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.header import xid_of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import BarrierRequest, Hello

TIMEOUT = 10.0
"""Seconds that a switch may take to answer."""
BARRIER_XID = 0xB000_0000
"""Barriers' xids start here, where no conversation's own are."""
Address = tuple[str, int] | Path
"""Where a switch listens: host and port, or a Unix socket."""


class Silence(Exception):
    """A switch did not answer, or ended the connection; the text says what it had sent."""


class Controller:
    """One connection, of one version."""

    def __init__(self, sock: socket.socket, dialect: Dialect) -> None:
        self.dialect = dialect
        self._socket = sock
        self._framer = Framer()
        self._arrived: deque[bytes] = deque()
        self._next_barrier = BARRIER_XID
        self._is_greeted = False
        self._outgoing = [dialect.encode(Hello(0, frozenset({dialect.version})))]

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def say(self, frames: Iterable[bytes]) -> None:
        """Queue frames; they leave with the next `flush`."""
        self._outgoing += frames

    def flush(self) -> None:
        """Send what is queued. Raises OSError once the switch has closed the connection."""
        data, self._outgoing = b"".join(self._outgoing), []
        self._socket.sendall(data)

    def barrier(self) -> int:
        """Queue a barrier; return its xid, for `read`."""
        xid = self._next_barrier
        self._next_barrier += 1
        self._outgoing.append(self.dialect.encode(BarrierRequest(xid)))
        return xid

    def read(self, barrier: int) -> list[bytes]:
        """The frames that came since the last call, up to the reply to a barrier, which is left
        out, like the hello. Raises Silence."""
        frames: list[bytes] = []
        while True:
            frame = self._next(frames)
            if self.dialect.kind(frame) is Kind.BARRIER_REPLY and xid_of(frame) == barrier:
                return frames
            if self.dialect.kind(frame) is Kind.HELLO and not self._is_greeted:
                self._is_greeted = True
            else:
                frames.append(frame)

    def wait_for(self, is_wanted: Callable[[bytes], bool]) -> None:
        """Read and forget frames up to one that is wanted. Raises Silence."""
        while not is_wanted(self._next([])):
            pass

    def settle(self) -> list[bytes]:
        """Send what is queued and a barrier; return what came up to its reply."""
        barrier = self.barrier()
        self.flush()
        return self.read(barrier)

    def _next(self, before: list[bytes]) -> bytes:
        deadline = time.monotonic() + TIMEOUT
        while not self._arrived:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                data = b""
            if not data:
                what = "no answer" if time.monotonic() >= deadline else "the connection ended"
                raise Silence(f"{what}; before: {[frame.hex() for frame in before]}")
            self._arrived += self._framer.feed(data)
        return self._arrived.popleft()


def connect(address: Address) -> socket.socket:
    """Connect to a switch that listens. Raises OSError."""
    if isinstance(address, Path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(TIMEOUT)
        sock.connect(str(address))
        return sock
    sock = socket.create_connection(address, TIMEOUT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
