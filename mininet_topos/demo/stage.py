"""Stage: what a command that plays on a network of its own does around the play.

It runs the command again in a sandbox, keeps its logs or not, and stops and cleans up whatever
happens. Not here: what is played, and what is said of it. Invariant: when `network` ends, nothing
that was started on it runs.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click
from rich.console import Console

from mininet_topos import sandbox
from mininet_topos.demo.network import Network
from mininet_topos.demo.processes import ROOT, Processes
from mininet_topos.demo.progress import limit

NOT_AS_EXPECTED: Final = 1
"""The exit status where a check doesn't hold, or nothing could be checked."""
CLEANING_TIMEOUT: Final = 30.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

LOGS = click.option(
    "--logs",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Keep the logs of all processes in this folder.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")


class Stopped(BaseException):
    """Ctrl-C or SIGTERM has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def enter_sandbox(module: str) -> None:
    """Go on where this process is in a sandbox; otherwise run the same command in one, and end
    with its exit status."""
    if sandbox.inside():
        return
    os.chdir(ROOT)
    try:
        raise SystemExit(sandbox.run([sys.executable, "-m", module, *sys.argv[1:]]))
    except sandbox.SandboxError as error:
        click.echo(f"{module.rpartition('.')[2]}: {error}", err=True)
        raise SystemExit(NOT_AS_EXPECTED) from None


@contextmanager
def network(logs: Path | None, console: Console) -> Iterator[tuple[Network, Processes]]:
    """A network and the processes on it, while the block runs. Raises Stopped on a signal."""
    with _folder(logs) as folder:
        processes = Processes(folder)
        net = Network(processes)
        for number in _SIGNALS:
            signal.signal(number, _stop)
        try:
            yield net, processes
        finally:
            # From now on Ctrl-C ends the command at once, and the sandbox what is left of it.
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            with console.status("cleaning up"), limit(CLEANING_TIMEOUT, "cleaning up"):
                processes.close()
                net.stop()


@contextmanager
def _folder(logs: Path | None) -> Iterator[Path]:
    """Where logs go: a folder that is to be kept, or one that is gone afterwards."""
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
        yield logs
        return
    with tempfile.TemporaryDirectory(prefix="slicer-") as folder:
        yield Path(folder)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)
