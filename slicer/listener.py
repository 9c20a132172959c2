"""Listener: one place where the server accepts connections.

Like a connection it never waits, and is asked when the epoll says that somebody is there.
Invariant: while it is held, whoever connects stays in the kernel's queue, and is not refused.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

import eventlet

from slicer.proxy.events import Endpoint
from slicer.readiness import READABLE

QUEUE = 1024
"""So many connections the kernel keeps until they are accepted: as many switches may come back at
once, when the slicer has been started anew."""
NOBODY = {errno.EAGAIN, errno.ECONNABORTED}
"""What `accept` says where nobody is there, or somebody who has gone again."""


class Listener:
    """Accepts at one endpoint."""

    __slots__ = ("_epoll", "_sock", "descriptor", "endpoint", "is_held")

    def __init__(self, endpoint: Endpoint, epoll: Any) -> None:
        """Raises OSError where nobody can listen."""
        family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
        self.endpoint = endpoint
        place = (endpoint.host, endpoint.port)
        # Not shared with another process: the kernel would give each some of the switches.
        self._sock = eventlet.listen(place, family, backlog=QUEUE, reuse_port=False)
        self.descriptor: int = self._sock.fileno()
        self._epoll = epoll
        self.is_held = True
        self.hold(False)

    def hold(self, is_held: bool) -> None:
        """Accept nobody for now, or somebody again."""
        if self.is_held is is_held:
            return
        self.is_held = is_held
        if is_held:
            self._epoll.unregister(self.descriptor)
        else:
            self._epoll.register(self.descriptor, READABLE)

    def accept(self) -> tuple[Any, str] | None:
        """A socket and the address of who has connected; None where there is nobody (any more).
        Raises OSError where nobody can be accepted."""
        try:
            sock, address = self._sock.fd.accept()
        except OSError as error:
            if error.errno in NOBODY:
                return None
            raise
        return sock, f"{address[0]}:{address[1]}"

    def close(self) -> None:
        """Listen no more."""
        self.hold(True)
        self._sock.close()
