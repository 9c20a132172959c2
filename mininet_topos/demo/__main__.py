"""The demo's command line: its options, cleaning up, the exit status.

Invariant: whatever happens (a failed check, a step that hangs, Ctrl-C), what the demo started is
stopped before it ends, and the exit status is 0 only if every check holds.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click
from rich.console import Console

from mininet_topos import sandbox
from mininet_topos.demo import report
from mininet_topos.demo.checks import all_checks
from mininet_topos.demo.facts import Facts
from mininet_topos.demo.network import Network
from mininet_topos.demo.play import play
from mininet_topos.demo.processes import ROOT, Processes
from mininet_topos.demo.progress import DemoError, Progress, limit

POLICY: Final = Path(__file__).parents[1] / "demo.yaml"
NOT_AS_EXPECTED: Final = 1
CLEANING_TIMEOUT: Final = 30.0


class Stopped(BaseException):
    """Ctrl-C or SIGTERM has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    default=POLICY,
    help="Another slicing policy than the demo's own, to see what fails.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 60),
    default=3,
    show_default=True,
    help="How long each of the three bandwidth measurements lasts.",
)
@click.option(
    "--logs",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Keep the logs of all processes in this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def main(policy: Path, seconds: int, logs: Path | None, as_json: bool) -> None:
    """Show two tenants on one network, and a hostile one, with Open vSwitch, Mininet and Ryu.

    Exit status 0 means that everything was as expected. It takes about a minute, needs root, and
    runs in a network of its own (see mininet_topos/sandbox.py).
    """
    if not sandbox.inside():
        raise SystemExit(_again_in_sandbox())
    # Progress goes where it does not mix with the JSON.
    console = Console(stderr=as_json, highlight=False)
    began = time.monotonic()
    try:
        with _folder(logs) as folder:
            facts = _run(folder, policy, seconds, console)
    except DemoError as error:
        report.show_error(str(error), console)
        if as_json:
            click.echo(report.failure_as_json(str(error)))
        raise SystemExit(NOT_AS_EXPECTED) from None
    except Stopped as stopped:
        console.print("stopped, and cleaned up")
        raise SystemExit(128 + stopped.number) from None
    checks = all_checks(facts)
    took = time.monotonic() - began
    if as_json:
        click.echo(report.as_json(facts, checks, took))
    else:
        report.show(facts, checks, took, console)
    raise SystemExit(0 if all(check.holds for check in checks) else NOT_AS_EXPECTED)


def _again_in_sandbox() -> int:
    """Run the same command in a sandbox; its exit status."""
    os.chdir(ROOT)
    try:
        return sandbox.run([sys.executable, "-m", "mininet_topos.demo", *sys.argv[1:]])
    except sandbox.SandboxError as error:
        click.echo(f"demo: {error}", err=True)
        return NOT_AS_EXPECTED


def _run(folder: Path, policy: Path, seconds: int, console: Console) -> Facts:
    """Run the demo and clean up."""
    processes = Processes(folder)
    net = Network(processes)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        report.introduce(console)
        return play(net, processes, Progress(console), policy, seconds)
    finally:
        # From now on Ctrl-C ends the demo at once, and the sandbox what is left of it.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with console.status("cleaning up"), limit(CLEANING_TIMEOUT, "cleaning up"):
            processes.close()
            net.stop()


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


@contextmanager
def _folder(logs: Path | None) -> Iterator[Path]:
    """Where logs go: a folder that is to be kept, or one that is gone afterwards."""
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
        yield logs
        return
    folder = Path(tempfile.mkdtemp(prefix="slicer-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(prog_name="python -m mininet_topos.demo")
