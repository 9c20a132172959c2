"""Worker: an engine and its server in a process that was forked for them.

It accepts no datapath itself: the supervisor hands it their sockets. It ends when the supervisor
does, or says so, or at SIGTERM; Ctrl-C, which a terminal sends to all, is the front's affair.
Invariant: the first eventlet hub of the process is made here, so nothing green is shared with
whoever forked it.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import eventlet
from eventlet.green import socket as green

from slicer.isolation.bucket import Bucket
from slicer.policy import Policy
from slicer.proxy.events import (
    Challenged,
    Claim,
    DatapathEndpoint,
    Defend,
    Denied,
    Granted,
    Joined,
    Left,
    Release,
    TimePassed,
)
from slicer.proxy.settings import Settings
from slicer.serving import Serving
from slicer.workers.messages import LONGEST, Adopt, Alive, Ask, Count, decode, encode

log = logging.getLogger(__name__)


def work(control: socket.socket, policy: Policy, settings: Settings, secret: bytes) -> None:
    """Serve the datapaths that come over `control` until it ends; `secret` is all workers'."""
    worker = Worker(control, policy, settings, secret)

    def stop(_number: int, _frame: FrameType | None) -> None:
        """Have the reading of `control` end, and with it the worker."""
        control.shutdown(socket.SHUT_RD)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    worker.run()


class Worker:
    """What the supervisor says, for the server; what the engine asks, for the supervisor."""

    def __init__(
        self, control: socket.socket, policy: Policy, settings: Settings, secret: bytes
    ) -> None:
        self._control = control
        self._log_share = Bucket(rate=1, burst=20, now=0.0)
        asked = (Claim, Release, Defend, Joined, Left)
        own = replace(policy, listen=())
        self._serving = Serving(own, settings, secret, dict.fromkeys(asked, self._say))
        told = (Granted, Denied, Challenged)
        self._do: dict[type, Callable[[Any], None]] = {
            **dict.fromkeys(told, self._serving.server.tell),
            Count: lambda _: self._serving.log_counted(log),
            Ask: self._asked,
        }

    def run(self) -> None:
        """Serve until `control` ends."""
        serving = eventlet.spawn(self._serving.run)
        while self._hear():
            pass
        self._serving.log_counted(log)
        self._serving.stop()
        serving.wait()

    def _hear(self) -> bool:
        """Wait for what the supervisor says next, and do it. Is there more to come?"""
        eventlet.hubs.trampoline(self._control.fileno(), read=True)
        try:
            data, descriptors, _, _ = socket.recv_fds(
                self._control, LONGEST, 1, socket.MSG_DONTWAIT
            )
        except BlockingIOError:
            return True
        except OSError as error:
            log.debug("the supervisor is gone: %s", error)
            return False
        if not data:
            return False
        message = decode(data)
        if isinstance(message, Adopt):
            self._adopt(message, descriptors)
        else:
            self._do[type(message)](message)
        return True

    def _asked(self, _: Ask) -> None:
        """Answer once the engine has had its turn: to be able to answer is not to be alive."""
        self._serving.server.tell(TimePassed())
        self._say(Alive())

    def _adopt(self, message: Adopt, descriptors: list[int]) -> None:
        if not descriptors:  # this process has as many open as it may
            self._serving.engine.counters["refused connections"] += 1
            if self._log_share.take(time.monotonic()):
                log.error("%s is refused: no file descriptor is left for it", message.address)
            self._say(Left(0))
            return
        sock = green.socket(-1, fileno=descriptors[0])
        endpoint = DatapathEndpoint(message.host, message.port)
        try:
            self._serving.server.adopt(endpoint, sock, message.address)
        except OSError as error:
            log.debug("the connection from %s is gone: %s", message.address, error)
            sock.close()
            self._say(Left(0))

    def _say(self, message: Claim | Release | Defend | Joined | Left | Alive) -> None:
        """Tell the supervisor, who is always soon ready to hear it. Once it is gone nobody needs
        to know, and reading ends too."""
        try:
            self._control.send(encode(message))
        except OSError as error:
            log.debug("the supervisor is gone: %s", error)
