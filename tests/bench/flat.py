"""Flat: what an answer costs with many rules beside what it costs with one, in the same run.

What else the machine does comes and goes; so both are measured in turn, and it is the processor's
time for an answer that is compared. Invariant: both worlds stand all the time, and the same is done
in both.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from tests.bench.scenarios import Figure, Plan, Scenario
from tests.bench.switches import Run
from tests.bench.world import Network, World, sliced

LOOPS = {"pipelined": 4096, "64 unanswered": 64}
TURNS = 7
SECONDS = 0.5


def scenarios(plan: Plan) -> Iterator[tuple[str, Scenario]]:
    """Name and measurement of each."""
    rules = plan.rules[-1]
    yield f"flat: 1 and {rules:,} rules, in turn", partial(_flat, rules)


def _flat(rules: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        one, many = (stack.enter_context(sliced(Network(rules=each))) for each in (1, rules))
        for loop, unanswered in LOOPS.items():
            costs = [(_cost(one, unanswered), _cost(many, unanswered)) for _ in range(TURNS)]
            with_one, with_many = (statistics.median(each) for each in zip(*costs, strict=True))
            for what, cost in (("1 rule", with_one), (f"{rules:,} rules", with_many)):
                yield Figure("flat", f"{loop}, {what}", "us of processor", cost * 1e6)
            yield Figure("flat", f"{loop}: {rules:,} rules by 1", "times", with_many / with_one)


def _cost(world: World, unanswered: int) -> float:
    run: Run = world.switches.ask("run", SECONDS, unanswered, world.process)
    if not run.answered:
        raise RuntimeError(f"nothing was answered in {SECONDS} s")
    return run.processor / run.answered
