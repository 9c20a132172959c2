"""Connection: one socket of the server's, and what is queued for it.

Nothing here waits: what the socket does not take at once is kept, and taken along when the socket
is ready again. It knows no engine. Invariant: bytes leave in the order in which they came, and the
epoll knows the socket exactly while it waits for something, so that one that nobody wants to read
wakes nobody, whatever becomes of it.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from typing import Any

from eventlet.patcher import original

from slicer.readiness import READABLE, WRITABLE

log = logging.getLogger(__name__)

READ_SIZE = 1 << 16
plain: Any = original("socket").socket
"""Python's own sockets, which come back where eventlet's would have a green thread wait."""


class Connection:
    """One socket. Reading is wanted from the start."""

    __slots__ = (
        "_epoll",
        "_outbox",
        "_watched",
        "descriptor",
        "is_closing",
        "peer",
        "reads",
        "sock",
    )

    def __init__(self, peer: int, sock: Any, epoll: Any) -> None:
        """`sock` is taken over: whoever has it has a closed one after."""
        self.peer = peer
        self.sock = plain(fileno=sock.detach())
        self.sock.setblocking(False)
        self.descriptor: int = self.sock.fileno()
        self.is_closing = False
        self._epoll = epoll
        self._outbox: deque[memoryview] = deque()
        self.reads = True
        """Is data wanted? `set_reading` says so."""
        self._watched = 0
        self._watch()

    def set_reading(self, reads: bool) -> None:
        """Say whether data is wanted."""
        self.reads = reads
        self._watch()

    @property
    def has_queued(self) -> bool:
        """Is there anything that the socket has not taken?"""
        return bool(self._outbox)

    def read(self) -> bytes | None:
        """What there is, at most READ_SIZE bytes: nothing at the end of the stream, None if nothing
        has come. Raises OSError for a broken connection."""
        try:
            data: bytes = self.sock.recv(READ_SIZE)
        except BlockingIOError:
            return None
        return data

    def send(self, data: bytes) -> int:
        """Send after what is queued; returns how many bytes are gone already."""
        if self._outbox:
            self._outbox.append(memoryview(data))
            return 0
        sent = self._offer(data)
        if sent < len(data):
            self._outbox.append(memoryview(data)[sent:])
            self._watch()
        return sent

    def send_queued(self) -> int:
        """Send what the socket takes; returns how many bytes that were."""
        gone = 0
        while self._outbox:
            data = self._outbox[0]
            sent = self._offer(data)
            gone += sent
            if sent < len(data):
                self._outbox[0] = data[sent:]
                break
            self._outbox.popleft()
        self._watch()
        return gone

    def _offer(self, data: bytes | memoryview) -> int:
        """A broken connection takes all: that it is broken is the reader's to notice."""
        try:
            sent: int = self.sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            log.debug("peer %d: %s", self.peer, error)
            return len(data)
        return sent

    def close(self) -> None:
        """End it now. What had come and is read by nobody would make the kernel reset the
        connection, and the other side lose what it was sent last."""
        self._outbox.clear()
        self.set_reading(False)
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.recv(READ_SIZE)
        except OSError as error:
            log.debug("peer %d was gone already: %s", self.peer, error)
        self.sock.close()

    def _watch(self) -> None:
        """Wait for what is wanted now."""
        wanted = (READABLE if self.reads else 0) | (WRITABLE if self._outbox else 0)
        if wanted == self._watched:
            return
        if not wanted:
            self._epoll.unregister(self.descriptor)
        elif not self._watched:
            self._epoll.register(self.descriptor, wanted)
        else:
            self._epoll.modify(self.descriptor, wanted)
        self._watched = wanted
