"""The attacks' command line: options, cleaning up, the exit status.

Invariant: whatever happens, what was started is stopped before it ends, and the exit status is 0
only if every check holds.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console

from mininet_topos import sandbox
from mininet_topos.attacks import report
from mininet_topos.attacks.checks import all_checks
from mininet_topos.attacks.facts import Seen
from mininet_topos.attacks.play import play
from mininet_topos.demo.network import Network
from mininet_topos.demo.processes import ROOT, Processes
from mininet_topos.demo.progress import DemoError, Progress, limit

NOT_AS_EXPECTED = 1
CLEANING_TIMEOUT = 30.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--minutes",
    type=click.FloatRange(0.1, 600),
    default=1.0,
    show_default=True,
    help="How long the attacks go on, at least: half of it in turn, then all at once.",
)
@click.option(
    "--logs",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Keep the logs of all processes in this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def main(minutes: float, logs: Path | None, as_json: bool) -> None:
    """Make all named attacks on a victim that shares four switches with the attacker.

    Exit status 0 means that the victim has noticed nothing. It needs root, and runs in a network
    of its own (see mininet_topos/sandbox.py).
    """
    if not sandbox.inside():
        raise SystemExit(_again_in_sandbox())
    console = Console(stderr=as_json, highlight=False)
    try:
        with tempfile.TemporaryDirectory(prefix="slicer-attacks-") as folder:
            if logs is not None:
                logs.mkdir(parents=True, exist_ok=True)
            seen = _run(logs or Path(folder), minutes, console)
    except DemoError as error:
        console.print(f"can't go on: {error}", style="red", markup=False)
        raise SystemExit(NOT_AS_EXPECTED) from None
    except KeyboardInterrupt:
        console.print("stopped, and cleaned up")
        raise SystemExit(128 + signal.SIGINT) from None
    checks = all_checks(seen)
    if as_json:
        click.echo(report.as_json(seen, checks))
    else:
        report.show(seen, checks, console)
    raise SystemExit(0 if all(check.holds for check in checks) else NOT_AS_EXPECTED)


def _again_in_sandbox() -> int:
    """Run the same command in a sandbox; its exit status."""
    os.chdir(ROOT)
    try:
        return sandbox.run([sys.executable, "-m", "mininet_topos.attacks", *sys.argv[1:]])
    except sandbox.SandboxError as error:
        click.echo(f"attacks: {error}", err=True)
        return NOT_AS_EXPECTED


def _run(folder: Path, minutes: float, console: Console) -> Seen:
    """Run all of it and clean up."""
    signal.signal(signal.SIGTERM, _stop)
    processes = Processes(folder)
    net = Network(processes)
    try:
        return play(net, processes, Progress(console), minutes)
    finally:
        with console.status("cleaning up"), limit(CLEANING_TIMEOUT, "cleaning up"):
            processes.close()
            net.stop()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="python -m mininet_topos.attacks")
