"""Lines: log records on their way from the supervisor and its workers to the front.

So there is one log, wherever Ryu's options send it, and no line is cut by another process's. A
worker never waits for whoever reads the log. Invariant: a record arrives whole, or is counted among
those that did not.
"""

from __future__ import annotations

import logging
import socket

from slicer.workers.messages import Line, encode

LONGEST_TEXT = 16_000
"""Characters of one record; what is beyond is cut off."""


class LinesToFront(logging.Handler):
    """Sends each record as a `Line`, with `prefix` before its text."""

    def __init__(self, front: socket.socket, prefix: str = "") -> None:
        super().__init__()
        self._front = front
        self._prefix = prefix
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Send it now, or never."""
        if self._lost and self._sent(logging.WARNING, __name__, f"{self._lost} log records lost"):
            self._lost = 0
        if not self._sent(record.levelno, record.name, self.format(record)):
            self._lost += 1

    def _sent(self, level: int, logger: str, text: str) -> bool:
        line = Line(level, logger, (self._prefix + text)[:LONGEST_TEXT])
        try:
            self._front.send(encode(line), socket.MSG_DONTWAIT)
        except OSError:  # it is slow, or gone, and then so are we soon
            return False
        return True


def log_to_front(front: socket.socket, level: int, prefix: str = "") -> None:
    """Have this process log there, and nowhere else, from now on."""
    root = logging.getLogger()
    root.handlers[:] = [LinesToFront(front, prefix)]
    root.setLevel(level)
