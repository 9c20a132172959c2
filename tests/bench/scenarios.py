"""Scenarios: what is measured, each figure beside the same work without the slicer.

FlowVisor's figures are those of FlowVisor 1.4 with OpenFlow 1.0 switches, measured once on a
machine like the one that this was written on: 2 cores. Invariant: a figure of the slicer's and the
one beside it come from the same fakes, doing the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial

from tests.bench.switches import Run
from tests.bench.wire import Answer
from tests.bench.world import Network, World, direct, relayed, sliced

IN_FLIGHT = 4096
"""Packet-ins without an answer, of all switches together, where they are pipelined."""
FLOWVISOR = {
    ("pipelined", 1, 1): 123_000.0,
    ("pipelined", 10, 10): 102_000.0,
    ("pipelined", 1, 1000): 43_000.0,
    ("64 unanswered", 1, 1): 81_000.0,
    ("64 unanswered", 1, 1000): 35_000.0,
}
"""Answers a second by loop, slices and rules, of one switch's packet-ins by flow-mods."""
FLOWVISOR_LATENCY = 132e-6
"""At 1,000 packet-ins a second, the median."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `processor` is what the slicer used, in seconds for each of what was counted;
    `memory` is in bytes."""

    group: str
    name: str
    unit: str
    slicer: float
    direct: float | None = None
    flowvisor: float | None = None
    processor: float | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, and how much."""

    seconds: float
    slices: tuple[int, ...]
    rules: tuple[int, ...]
    switches: tuple[int, ...]
    rates: tuple[int, ...]
    joining: int
    flows: int
    spread: tuple[Network, ...]
    """Many switches, slices and rules at once, for what they take of memory."""


FULL = Plan(
    2.0,
    (10, 100, 1000),
    (1000, 10_000, 100_000),
    (16, 256),
    (1000, 10_000),
    1000,
    100_000,
    (
        Network(switches=256, slices=10, rules=100),
        Network(switches=256, slices=100, rules=100_000, slices_on_each=10),
        Network(switches=256, slices=100, rules=100_000, slices_on_each=50),
    ),
)
QUICK = Plan(
    *(0.5, (10,), (1000,), (16,), (1000,), 16, 1000),
    spread=(Network(16, 2, 10), Network(16, 4, 1000, slices_on_each=2)),
)
BASIC = (
    (4, 4, Answer.FLOW_MOD),
    (4, 4, Answer.NEW_FLOW_MOD),
    (4, 4, Answer.PACKET_OUT),
    (4, 1, Answer.FLOW_MOD),
    (4, 1, Answer.NEW_FLOW_MOD),
    (4, 1, Answer.PACKET_OUT),
    (1, 1, Answer.FLOW_MOD),
    (1, 1, Answer.PACKET_OUT),
)
"""The versions of the switch and of the controller, and what is answered."""
Scenario = Callable[[], Iterable[Figure]]
RATE = "answers/s"
LATENCY_TURNS = 8


def scenarios(plan: Plan) -> Iterator[tuple[str, Scenario]]:
    """Name and measurement of each."""
    one = Network()
    for datapath, version, answer in BASIC:
        network = replace(one, version=version, answer=answer, datapath=datapath)
        yield _named(network), partial(_loops, plan, network)
    variants = [replace(one, version=1, datapath=1, rules=1000)]
    variants += [replace(one, slices=number, rules=number) for number in plan.slices]
    variants += [replace(one, rules=number) for number in plan.rules]
    variants += [replace(one, switches=number) for number in plan.switches]
    for network in variants:
        yield _named(network), partial(_loops, plan, network)
    yield "memory of many at once", partial(_memory, plan)
    yield "latency", partial(_latency, plan, False)
    yield "latency on one core", partial(_latency, plan, True)
    yield "bursts", partial(_bursts, plan)
    yield f"statistics of {plan.flows:,} flows", partial(_statistics, plan)
    yield f"connection of {plan.joining:,} switches", partial(_joining, plan)


def _named(network: Network) -> str:
    spoken = {4: "1.3", 1: "1.0"}
    datapath, tenant = spoken[network.datapath], spoken[network.version]
    parts = [f"{network.answer.value}, {datapath} switch, {tenant} controller"]
    for number, what in (
        (network.switches, "switches"),
        (network.slices, "slices"),
        (network.rules, "rules"),
    ):
        if number != 1:
            parts.append(f"{number:,} {what}")
    return "; ".join(parts)


def _unanswered(network: Network) -> dict[str, int]:
    return {"pipelined": max(16, IN_FLIGHT // network.switches), "64 unanswered": 64}


def _run(world: World, seconds: float, unanswered: int) -> Run:
    run: Run = world.switches.ask("run", seconds, unanswered, world.process)
    return run


def _loops(plan: Plan, network: Network) -> Iterator[Figure]:
    without = _direct_loops(plan, replace(network, slices=1, rules=1))
    is_flowvisors = network.answer is Answer.FLOW_MOD and network.switches == 1
    with sliced(network) as world:
        for name, unanswered in _unanswered(network).items():
            run = _run(world, plan.seconds, unanswered)
            known = FLOWVISOR.get((name, network.slices, network.rules))
            yield Figure(
                name,
                _named(network),
                RATE,
                run.answered / run.seconds,
                without[name],
                known if is_flowvisors else None,
                run.processor / run.answered,
                world.memory,
            )
        if world.controllers.ask("errors"):
            raise RuntimeError("controllers were answered with errors")


@cache
def _direct_loops(plan: Plan, network: Network) -> dict[str, float]:
    with direct(network) as world:
        runs = {
            name: _run(world, plan.seconds, unanswered)
            for name, unanswered in _unanswered(network).items()
        }
    return {name: run.answered / run.seconds for name, run in runs.items()}


def _latency(plan: Plan, shares_core: bool) -> Iterator[Figure]:
    """With the slicer on the core of the fakes, or on another, where looking for more to do before
    it sleeps makes a difference; and the same with a relay, which has nothing to do but to be
    woken. All are measured in turn, as what else the machine does changes all of them."""
    group = "latency on one core" if shares_core else "latency"
    one = Network()
    with ExitStack() as stack:
        without = stack.enter_context(direct(one))
        worlds = {"": stack.enter_context(sliced(one))}
        for seconds in () if shares_core else (0.0, 0.001):
            world = stack.enter_context(sliced(replace(one, busy_poll=seconds)))
            worlds[f"busy_poll = {seconds:g}, "] = world
        worlds["a relay in its place, "] = stack.enter_context(relayed(one))
        if shares_core:
            for world in worlds.values():
                world.share_core()
        for rate in (0, *plan.rates):
            direct_delays, *delays = _delays(plan, rate, [without, *worlds.values()])
            for what, measured in zip(worlds, delays, strict=True):
                for share, seconds in measured.items():
                    is_known = rate == 1000 and share == "median" and not what
                    yield Figure(
                        group,
                        what + (f"{rate:,} a second" if rate else "one at a time"),
                        f"us, {share}",
                        seconds * 1e6,
                        direct_delays[share] * 1e6,
                        FLOWVISOR_LATENCY * 1e6 if is_known else None,
                    )


def _delays(plan: Plan, rate: int, worlds: Sequence[World]) -> list[dict[str, float]]:
    """Each world's: what a part of them are shorter than, in seconds."""
    said: list[list[float]] = [[] for _ in worlds]
    for _ in range(LATENCY_TURNS):
        for world, latencies in zip(worlds, said, strict=True):
            run: Run = world.switches.ask("latency", plan.seconds / 4, rate, world.process)
            latencies += run.latencies
    shares = {"median": 0.5, "99 %": 0.99, "99.9 %": 0.999}
    return [
        {name: sorted(each)[int((len(each) - 1) * share)] for name, share in shares.items()}
        for each in said
    ]


def _bursts(plan: Plan) -> Iterator[Figure]:
    for size in (100, 1000):
        rates = []
        for make in (direct, sliced):
            with make(Network()) as world:
                world.switches.ask("set_up")
                rates.append(world.controllers.ask("burst", size, plan.seconds))
        name = f"{size:,} flow-mods and a barrier, again and again"
        yield Figure("bursts", name, "flow-mods/s", rates[1], rates[0])


def _statistics(plan: Plan) -> Iterator[Figure]:
    with sliced(Network()) as world:
        world.controllers.ask("burst", 1, 0.0)
        world.switches.ask("hold", plan.flows)
        size, seconds = world.controllers.ask("list_flows")
        if size < 56 * plan.flows:
            raise RuntimeError(f"{size} bytes tell of no {plan.flows} flows")
        yield Figure("statistics", f"{plan.flows:,} flows", "s", seconds, memory=world.memory)


def _joining(plan: Plan) -> Iterator[Figure]:
    network = Network(switches=plan.joining)
    with direct(network) as world:
        without = world.joining
    with sliced(network) as world:
        name = f"{plan.joining:,} switches, until each has its controller"
        yield Figure("joining", name, "s", world.joining, without, memory=world.memory)


def _memory(plan: Plan) -> Iterator[Figure]:
    for network in plan.spread:
        each = network.slices_on_each
        parts = [f"{network.switches:,} switches", f"{network.slices:,} slices"]
        parts.append("all on each" if each is None else f"{each:,} on each, with rules of its own")
        parts.append(f"{network.rules:,} rules, idle")
        with sliced(network) as world:
            name = ", ".join(parts)
            yield Figure("memory", name, "MB", world.memory / 1e6, memory=world.memory)
            yield Figure("memory", f"{name}: until all are set up", "s", world.joining)
