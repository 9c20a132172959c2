"""`python -m tests.fuzz`: break frames until something breaks, or until there were enough.

Each process has an engine of its own, and a new one whenever a connection has ended or after
LIFETIME frames. What breaks something is told with its frame, for `corpus/found.txt`.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from random import Random
from time import monotonic

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeRemainingColumn

from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from tests.fuzz import seeds
from tests.fuzz.mutation import mutated
from tests.fuzz.subject import Subject

LIFETIME = 2_000
BATCH = 20_000
"""Frames in one process's turn."""
DATAPATH = 0
"""Stands for the datapath where a tenant's version could be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A frame that broke something: who said it (a tenant's version, or DATAPATH), and what."""

    speaker: int
    frame: bytes
    what: str

    def __str__(self) -> str:
        who = f"a tenant of wire version {self.speaker}" if self.speaker else "the datapath"
        return f"{self.frame.hex()}  # from {who}\n{self.what}"


def fuzz(seed: int, count: int) -> list[Finding]:
    """Say `count` frames to engines; what was found, at most one finding an engine."""
    random = Random(seed)
    found: list[Finding] = []
    subject, left = Subject(), LIFETIME
    for speaker, frame in _frames(random, count, subject.tag):
        if subject.is_over or not left:
            subject, left = Subject(), LIFETIME
        left -= 1
        try:
            if speaker == DATAPATH:
                subject.datapath_says(frame)
            else:
                subject.tenant_says(speaker, frame)
        except Exception:  # noqa: BLE001  (whatever is raised is a finding)
            found.append(Finding(speaker, frame, traceback.format_exc()))
            subject, left = Subject(), LIFETIME
    return found


def _frames(random: Random, count: int, tag: int) -> Iterator[tuple[int, bytes]]:
    corpora = {version: seeds.of_tenants(version) for version in (V13.version, V10.version)}
    corpora[DATAPATH] = seeds.of_datapaths(tag)
    for _ in range(count):
        speaker = random.choices((V13.version, V10.version, DATAPATH), (16, 8, 1))[0]
        yield speaker, mutated(corpora[speaker], random)


def _be_quiet() -> None:
    """The log is about what broken frames do, which is what findings are not about."""
    logging.disable(logging.CRITICAL)


@click.command()
@click.option("--frames", default=1_000_000, show_default=True, help="How many to say.")
@click.option("--seed", default=0, show_default=True, help="The first of the random seeds.")
@click.option("--processes", default=1, show_default=True, help="How many to use.")
def main(frames: int, seed: int, processes: int) -> None:
    """Say broken frames to the engine from both sides; 1 if anything gave way."""
    console, start = Console(), monotonic()
    found: list[Finding] = []
    columns = (SpinnerColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    turns = -(-frames // BATCH)
    with (
        ProcessPoolExecutor(processes, initializer=_be_quiet) as pool,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("frames", total=frames)
        running = [pool.submit(fuzz, seed + turn, BATCH) for turn in range(turns)]
        for turn in as_completed(running):
            found += turn.result()
            progress.advance(task, BATCH)
    for finding in found:
        click.echo(str(finding))
    took = monotonic() - start
    console.print(f"{turns * BATCH} frames in {took:.0f} s, {len(found)} findings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
