"""Play: the network, the victim at work, the attacks one by one and all at once.

Invariant: each step has its time limit; what was started is in `Processes` and `Network`, for the
caller to end.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mininet_topos.attacks import victim
from mininet_topos.attacks.facts import Memory, Outcome, Seen
from mininet_topos.demo import flows
from mininet_topos.demo.facts import Change
from mininet_topos.demo.network import SLICER_PORT, Network, ask
from mininet_topos.demo.processes import Process, Processes, wait_for
from mininet_topos.demo.progress import Progress
from mininet_topos.diamond import DPIDS

POLICY: Final = Path(__file__).parents[1] / "attacks.yaml"
ATTACKERS_SLIVERS: Final = "7100,7101,7102,7103"
WATCHERS: Final = "7200,7201,7202,7203"
"""Where the victim's watchers connect."""
ATTACKERS_FLOWS: Final = 100
START_TIMEOUT: Final = 60.0
ONCE_TIMEOUT: Final = 300.0
"""Seconds for each attack once."""
STOP_TIMEOUT: Final = 60.0
SAMPLING: Final = 0.25
_COMPLAINTS: Final = ("Traceback", "a fault in the slicer")
_COUNTED: Final = re.compile(r"counted since the start: (.*)")
_RESIDENT: Final = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def play(net: Network, processes: Processes, progress: Progress, minutes: float) -> Seen:
    """Run all of it.

    Args:
        minutes: how long the attacks go on at least: one after the other for half of it, then
            side by side. Each attack is made once at least.

    Raises:
        DemoError: a step can't be done, or takes too long.
    """
    slicer = _set_up(net, processes, progress)
    half = minutes * 60 / 2
    with victim.at_work(net, processes) as records, _sampled(slicer) as memory:
        before = {switch: _held(net, switch) for switch in DPIDS}
        with progress.step("attacks, one after the other", half + ONCE_TIMEOUT) as say:
            in_turn = _in_turn(processes, half, say)
        with progress.step("attacks, side by side", half + ONCE_TIMEOUT) as say:
            at_once = _attack(processes, half + ONCE_TIMEOUT, say, "--at-once", f"{half:g}")
        after = {switch: _held(net, switch) for switch in DPIDS}
        runs = slicer.running
    with progress.step("the slicer ends", STOP_TIMEOUT):
        slicer.stop()
    seen, log = records(), slicer.log.splitlines()
    return Seen(
        tuple(in_turn),
        tuple(at_once),
        minutes,
        seen.pings,
        seen.stream,
        seen.forged,
        seen.controller,
        {name: Change(after[name] - before[name], before[name] - after[name]) for name in DPIDS},
        memory(),
        runs,
        tuple(line for line in log if any(word in line for word in _COMPLAINTS)),
        tuple(found[1] for line in log if (found := _COUNTED.search(line))),
    )


def _set_up(net: Network, processes: Processes, progress: Progress) -> Process:
    with progress.step("network and slicer", START_TIMEOUT) as say:
        slicer = processes.start_ryu("slicer", "slicer", SLICER_POLICY=str(POLICY))
        net.build()
        slicer.wait_for_log(f"listening at tcp:127.0.0.1:{SLICER_PORT}", START_TIMEOUT)
        net.start()
        net.wait_connected(START_TIMEOUT)
        slicer.wait_for_log(r"listening at ptcp:71\d\d", START_TIMEOUT, times=len(DPIDS))
        say("4 switches, 4 hosts, a victim and an attacker on all of them")
    return slicer


def _in_turn(processes: Processes, seconds: float, say: Callable[[str], None]) -> list[Outcome]:
    """Each attack once, and again as long as there is time."""
    end = time.monotonic() + seconds
    outcomes = _attack(processes, ONCE_TIMEOUT, say)
    while time.monotonic() < end:
        outcomes += _attack(processes, ONCE_TIMEOUT, say)
    return outcomes


def _attack(
    processes: Processes, timeout: float, say: Callable[[str], None], *options: str
) -> list[Outcome]:
    """Run the attacker to its end.

    Raises:
        DemoError: it fails, or takes too long.
    """
    where = ("--slivers", ATTACKERS_SLIVERS, "--datapaths", str(SLICER_PORT))
    more = ("--watching", WATCHERS, "--flows", str(ATTACKERS_FLOWS))
    command = [sys.executable, "-m", "controllers.attacks", *where, *more, *options]
    attacker = processes.start("attacker", command)
    lines: list[Mapping[str, Any]] = []

    def ended() -> bool:
        nonlocal lines
        lines = [json.loads(line) for line in attacker.log.splitlines() if line.endswith("}")]
        if lines:
            say(f"{len(lines)}: {lines[-1].get('name', 'done')}")
        return not attacker.running

    wait_for(ended, "end of the attacker", timeout)
    attacker.finish(1)
    return [Outcome(**line) for line in lines if "name" in line]


def _held(net: Network, switch: str) -> frozenset[str]:
    """What a switch holds, without counters, without the attacker's flows and without the rates
    of meters, which follow the traffic."""
    held = net.held(switch)
    meters = re.findall(r"meter=\d+", ask(switch, "dump-meters"))
    return (held - flows.of_slice(held, "attacker")) | frozenset(meters)


@contextmanager
def _sampled(slicer: Process) -> Iterator[Callable[[], Memory]]:
    """Look at the slicer's memory, every so often while the block runs."""
    samples = [_resident(slicer)]
    stopped = threading.Event()

    def sample() -> None:
        while not stopped.wait(SAMPLING) and slicer.running:
            samples.append(_resident(slicer))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lambda: Memory(samples[0], max(samples))
    finally:
        stopped.set()
        thread.join()


def _resident(process: Process) -> int:
    """The bytes of memory that a process has resident."""
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    found = _RESIDENT.search(status)
    return int(found[1]) * 1024 if found is not None else 0
