"""Workers: what two workers do beside one, with the same fakes and in the same run.

Answers a second say it only where there are cores for all: the fakes take one too. Processor time
for each answer, of the slicer's processes together, says what workers cost each other; where it
does not grow, so many cores do so many times as much; so that it is only that, none looks for more
to do before it sleeps. Invariant: one and two workers are measured
in turn, so that what else the machine does meets both.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from functools import partial

from tests.bench.processes import family, own_memory
from tests.bench.scenarios import RATE, Figure, Plan, Scenario
from tests.bench.switches import Run
from tests.bench.world import Network, World, sliced

SWITCHES = 16
LOOPS = {"pipelined": 256, "64 unanswered": 64}
"""Packet-ins of each switch without an answer."""
TURNS = 3


@dataclass(frozen=True, slots=True)
class Sum:
    """The medians of some runs: answers a second, seconds of a processor for each of them, and how
    many processors the slicer's processes kept busy."""

    rate: float
    processor: float
    busy: float


def scenarios(plan: Plan) -> Iterator[tuple[str, Scenario]]:
    """Name and measurement of each."""
    yield f"workers: 1 and 2, {SWITCHES} switches", partial(_workers, plan)


def _workers(plan: Plan) -> Iterator[Figure]:
    network = Network(switches=SWITCHES, busy_poll=0.0)
    with ExitStack() as stack:
        worlds = {
            number: stack.enter_context(sliced(replace(network, workers=number)))
            for number in (1, 2)
        }
        for loop, unanswered in LOOPS.items():
            sums = _in_turn(plan, worlds, unanswered)
            for number, each in sums.items():
                name = f"{loop}, {SWITCHES} switches, {number} worker{'s' * (number > 1)}"
                yield Figure("workers", name, RATE, each.rate, processor=each.processor)
            one, two = sums[1], sums[2]
            for what, unit, value in (
                ("answers a second of 2 workers by those of 1", "times", two.rate / one.rate),
                ("cores that 1 worker kept busy", "cores", one.busy),
                ("cores that 2 workers kept busy", "cores", two.busy),
                ("2 workers with a core each", "times", 2 * one.processor / two.processor),
            ):
                yield Figure("workers", f"{loop}: {what}", unit, value)
        for number, world in worlds.items():
            yield from _memory(number, world)


def _in_turn(plan: Plan, worlds: dict[int, World], unanswered: int) -> dict[int, Sum]:
    runs: dict[int, list[Sum]] = {number: [] for number in worlds}
    for _ in range(TURNS):
        for number, world in worlds.items():
            run: Run = world.switches.ask("run", plan.seconds, unanswered, world.process)
            rate, processor = run.answered / run.seconds, run.processor / run.answered
            runs[number].append(Sum(rate, processor, run.processor / run.seconds))
    return {number: _median(each) for number, each in runs.items()}


def _median(runs: list[Sum]) -> Sum:
    columns = zip(*map(astuple, runs), strict=True)
    return Sum(*map(statistics.median, columns))


def _memory(number: int, world: World) -> Iterator[Figure]:
    processes = family(world.process)
    workers = processes if number == 1 else processes[2:]
    each = statistics.mean(map(own_memory, workers))
    what = "one process" if number == 1 else f"each of {number} workers, shared pages divided"
    yield Figure("workers", f"memory: {what}", "MB", each / 1e6)
    if number > 1:
        others = sum(map(own_memory, processes[:2]))
        yield Figure("workers", "memory: front and supervisor", "MB", others / 1e6)
