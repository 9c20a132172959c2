"""Serving: an engine and its server, which are all of a slicer in one process, and of a worker.

Invariant: it serves from `run` until `stop`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from slicer.policy import Policy
from slicer.proxy.engine import Engine
from slicer.proxy.settings import Settings
from slicer.server import Server


class Serving:
    """One engine with its server."""

    def __init__(
        self,
        policy: Policy,
        settings: Settings,
        secret: bytes,
        for_others: Mapping[type, Callable[[Any], None]] = MappingProxyType({}),
    ) -> None:
        """`for_others` carries out what an engine that shares its dpids asks of the others."""
        self.engine = Engine(policy, settings, secret, is_shared=bool(for_others))
        self.server = Server(self.engine, for_others, settings.busy_poll)

    def run(self) -> None:
        """Serve until `stop`."""
        self.server.run()

    def stop(self) -> None:
        """Close all connections. The datapaths keep their flows."""
        self.server.stop()

    def log_counted(self, log: logging.Logger) -> None:
        """Log all that has been counted since the start."""
        for line in self.engine.counted() or ["nothing"]:
            log.info("counted since the start: %s", line)
