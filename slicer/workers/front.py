"""Front: the supervisor and its workers, seen from Ryu's process.

It starts the supervisor, again if it ends, and logs what it and the workers have to say. This is
where an interface to all of them belongs. Invariant: after `stop` none of them is left.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from dataclasses import asdict
from typing import Any

import eventlet
from eventlet.event import Event as Signal
from eventlet.green import socket, subprocess

from slicer.proxy.settings import Settings
from slicer.workers.messages import LONGEST, Count, Line, Message, Setup, decode, encode

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds until a supervisor that has ended is started again."""
ENDING = 10.0
"""Seconds that it may take to end; then it is killed, and the workers end by themselves."""


class Front:
    """Serves a policy by so many workers."""

    def __init__(self, policy: str, workers: int, settings: Settings) -> None:
        """`policy` is the path of one that can be used."""
        level = logging.getLogger().level
        young = gc.get_threshold()[0]
        self._setup = Setup(policy, workers, asdict(settings), level, young)
        self._supervisor: Any = None
        self._process: Any = None
        self._is_stopping = False
        self._over = Signal()

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._is_stopping:
            self._start()
            while data := self._hear():
                _log(decode(data))
            self._supervisor.close()
            self._supervisor = None
            status = self._process.wait()
            if not self._is_stopping:
                log.error(
                    "the supervisor has ended with status %d; a new one in %g s", status, PAUSE
                )
                eventlet.sleep(PAUSE)
        self._over.send()

    def _start(self) -> None:
        self._supervisor, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "slicer.workers", str(number)],
                pass_fds=[number],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
            )
        self._tell(self._setup)

    def _hear(self) -> bytes:
        """What the supervisor or a worker says next; nothing once they all have ended."""
        try:
            data: bytes = self._supervisor.recv(LONGEST)
        except OSError as error:  # it has ended and left something unread
            log.debug("the supervisor is gone: %s", error)
            return b""
        return data

    def stop(self) -> None:
        """Have all workers close their connections and end. The datapaths keep their flows."""
        self._is_stopping = True
        if self._supervisor is None:
            return
        self._supervisor.shutdown(socket.SHUT_WR)
        with eventlet.Timeout(ENDING, False):
            self._over.wait()
            return
        log.error("the supervisor has not ended in %g s: it is killed", ENDING)
        self._process.kill()
        self._over.wait()

    def log_counted(self, _log: logging.Logger) -> None:
        """Have all workers log what they have counted; at their end they do so by themselves."""
        if self._supervisor is not None and not self._is_stopping:
            self._tell(Count())

    def _tell(self, message: Message) -> None:
        try:
            self._supervisor.send(encode(message))
        except OSError as error:  # reading ends too
            log.debug("the supervisor is gone: %s", error)


def _log(message: Message) -> None:
    assert isinstance(message, Line)
    logger = logging.getLogger(message.logger)
    if logger.isEnabledFor(message.level):
        record = (message.logger, message.level, "", 0, message.text, (), None)
        logger.handle(logger.makeRecord(*record))
