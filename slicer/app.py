"""The Ryu application: `ryu-manager slicer`. Options, start, stop; nothing of the proxy's work.

`ryu-manager` reads its command line before it loads applications, so the policy's path comes from
a `--config-file` (`policy = ...` in a section `[slicer]`), from the environment variable
`SLICER_POLICY`, or is `slicer.yaml` in the current folder; the first of these that is there
counts. How many `workers` serve it is said there too, or by `SLICER_WORKERS`, which counts first.
SIGUSR1 has what was counted logged. Ryu's own OpenFlow listener (`ofp_event`) is never
started.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ryu.base import app_manager
from ryu.lib import hub

from slicer import policy
from slicer.options import OPTIONS, number_of_workers, settings
from slicer.serving import Serving
from slicer.workers.front import Front
from slicer.workers.limits import divided

log = logging.getLogger(__name__)

DEFAULT_POLICY = "slicer.yaml"
UNUSABLE_POLICY = 2
"""The exit status for a policy that can't be loaded, and for settings that can't be used."""


def policy_path(configured: str | None) -> Path:
    """Where the policy is: as configured, or as the environment says, or the default."""
    return Path(configured or os.environ.get("SLICER_POLICY") or DEFAULT_POLICY)


class Slicer(app_manager.RyuApp):
    """Loads the policy, unless `slicer run` has, and serves it until Ryu stops the application.

    A policy that can't be loaded ends the process with status 2 and its errors on standard error,
    before any connection is made.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.CONF.register_opts(OPTIONS, "slicer")
        path = policy_path(self.CONF.slicer.policy)
        try:
            loaded = policy.take(path) or policy.load(path)
        except (policy.PolicyError, OSError) as error:
            print(f"slicer: the policy can't be used:\n{error}", file=sys.stderr)
            raise SystemExit(UNUSABLE_POLICY) from None
        try:
            asked = settings(self.CONF.slicer)
            workers = number_of_workers(os.environ.get("SLICER_WORKERS"), self.CONF.slicer.workers)
            divided(loaded, workers)
        except ValueError as error:
            print(f"slicer: the settings can't be used:\n{error}", file=sys.stderr)
            raise SystemExit(UNUSABLE_POLICY) from None
        for warning in loaded.warnings:
            log.warning("%s", warning)
        log.info("policy %s: %d slices, %d rules", path, len(loaded.slices), len(loaded.flowspace))
        self._serving = (
            Serving(loaded, asked, os.urandom(32))
            if workers == 1
            else Front(str(path), workers, asked)
        )

    def start(self) -> Any:
        """Start serving; Ryu waits for the green thread that is returned."""
        super().start()
        signal.signal(signal.SIGUSR1, lambda _number, _frame: self.log_counted())
        return hub.spawn(self._serving.run)

    def stop(self) -> None:
        """Close all connections. The datapaths keep their flows."""
        if isinstance(self._serving, Serving):  # workers do so by themselves
            self.log_counted()
        self._serving.stop()
        super().stop()

    def log_counted(self) -> None:
        """Log all that has been counted since the start."""
        self._serving.log_counted(log)


# Ryu takes an application for the one it was asked to run by the module of its class.
Slicer.__module__ = "slicer"
