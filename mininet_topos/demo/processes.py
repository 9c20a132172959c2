"""Processes: controllers, servers and clients, each with a log, all ended by process id.

Invariant: `close` ends whatever was started here and still runs, and nothing else.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mininet_topos.demo.progress import DemoError, uninterrupted

ROOT = Path(__file__).parents[2]
RYU_MANAGER = str(Path(sys.executable).parent / "ryu-manager")
POLL = 0.05
STOP_TIMEOUT = 5.0
"""Seconds that a process has between SIGTERM and SIGKILL."""
LOG_LINES = 12
"""How many of a log's last lines an error shows."""


def wait_for(condition: Callable[[], bool], what: str, timeout: float) -> None:
    """Look every POLL seconds until the condition holds.

    Raises:
        DemoError: it does not within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(f"found no {what} within {timeout:g} s")
        time.sleep(POLL)


def tool(name: str, *arguments: str) -> list[str]:
    """The command line of one of `mininet_topos.traffic`'s tools."""
    return [sys.executable, "-m", f"mininet_topos.traffic.{name}", *arguments]


@dataclass(frozen=True, slots=True)
class Process:
    """A process whose output, standard output and error together, goes to `log_path`."""

    name: str
    popen: subprocess.Popen[bytes]
    log_path: Path
    log_start: int
    """Where its output begins, in bytes: an earlier process of that name may come before."""

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self.log_path.read_bytes()[self.log_start :].decode(errors="replace")

    @property
    def log_tail(self) -> str:
        """The last lines of it, under a line that says whose they are."""
        lines = self.log.splitlines()[-LOG_LINES:]
        return "\n".join([f"the last lines of {self.name}:", *(f"  {line}" for line in lines)])

    @property
    def running(self) -> bool:
        """Tell whether it has not ended."""
        return self.popen.poll() is None

    def wait_for_log(self, pattern: str, timeout: float, times: int = 1) -> None:
        """Wait until a regular expression is in its log, so many different times.

        Raises:
            DemoError: it isn't in time, or the process ends before.
        """

        def written() -> bool:
            ended = not self.running  # asked first: what it wrote at its end counts
            if len(set(re.findall(pattern, self.log, re.MULTILINE))) >= times:
                return True
            if ended:
                raise DemoError(
                    f"found {self.name} ended with status {self.popen.returncode}, expected "
                    f"{pattern!r} from it; {self.log_tail}"
                )
            return False

        try:
            wait_for(written, f"{pattern!r} ({times} times) from {self.name}", timeout)
        except DemoError as error:
            raise DemoError(f"{error}; {self.log_tail}") from None

    def stop(self) -> int:
        """Send SIGTERM and wait for the end; the exit status, negative for a signal's number."""
        self.popen.terminate()
        try:
            return self.popen.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()

    def finish(self, timeout: float, *, may_fail: bool = False) -> str:
        """Wait for the end; return what it wrote.

        Raises:
            DemoError: it failed and may not, or takes longer than `timeout` seconds.
        """
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise DemoError(f"found no end of {self.name} within {timeout:g} s") from None
        if status != 0 and not may_fail:
            raise DemoError(f"found status {status} of {self.name}, expected 0; {self.log_tail}")
        return self.log


class Processes:
    """Starts processes in the checkout, with their logs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Process] = []

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        popen: Callable[..., Any] = subprocess.Popen,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Process:
        """Start a process.

        Args:
            name: its log is called so; a later process of that name appends to the log.
            arguments: the program and its arguments.
            popen: what starts it, such as `popen` of a Mininet host.
            environment: variables to set besides the demo's own.
        """
        log_path = self.folder / f"{name}.log"
        # Mininet's mnexec makes a session of its own for what it starts, and others get one
        # here: Ctrl-C on the terminal is the demo's alone.
        apart = {"start_new_session": True} if popen is subprocess.Popen else {}
        begun = any(each.name == name for each in self._started)
        with log_path.open("ab" if begun else "wb") as log, uninterrupted():
            start = log.tell()
            started = popen(
                list(arguments),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **apart,
            )
            self._started.append(Process(name, started, log_path, start))
        return self._started[-1]

    def start_ryu(self, name: str, *arguments: str, **environment: str) -> Process:
        """Start `ryu-manager ARGUMENTS...`."""
        return self.start(name, [RYU_MANAGER, *arguments], environment=environment)

    def close(self) -> None:
        """End them all, side by side."""
        running = [process for process in self._started if process.running]
        for process in running:
            process.popen.terminate()
        for process in running:
            process.stop()
