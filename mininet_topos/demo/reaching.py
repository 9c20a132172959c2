"""Reaching, act 1: who reaches whom, in which slice, by which path.

Each kind of traffic is tried between all hosts, one kind after the other, between two looks at the
port counters of the middle switches and at the counters of the flows that admit packets. Invariant:
those counters are the switches' own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from mininet_topos.demo.facts import Counts, Reach
from mininet_topos.demo.network import Network, address
from mininet_topos.demo.processes import Process, tool
from mininet_topos.diamond import FAST, HOST_PORTS, SLOW

VIDEO_PORT: Final = 9999
OFFICE_PORT: Final = 5001
PINGS: Final = 3
SERVER_TIMEOUT: Final = 15.0
CLIENT_TIMEOUT: Final = 15.0
"""Seconds for a client's whole run."""
ANSWER_TIMEOUT: Final = 3.0
"""Seconds in which a server must have answered."""

Pairs = dict[tuple[str, str], bool]


@dataclass(frozen=True, slots=True)
class Traffic:
    """One kind: whose it is, the path it should take, and how to try it from every host."""

    name: str
    slice: str
    path: str
    attempt: Callable[[Network], Pairs]


def ping_all(net: Network) -> Pairs:
    """Ping from every host to every other, all at once: has any reply come?"""
    count = ["-c", str(PINGS), "-i", "0.2", "-W", str(int(ANSWER_TIMEOUT))]
    pings = {
        (source, target): net.run(
            source,
            ["ping", "-n", *count, address(target)],
            f"ping-{target}",
        )
        for source, target in permutations(HOST_PORTS, 2)
    }
    # ping fails where no reply comes, which is for the checks to judge.
    return {
        pair: replies(ping.finish(CLIENT_TIMEOUT, may_fail=True)) > 0
        for pair, ping in pings.items()
    }


def replies(printed: str) -> int:
    """The replies received, from what `ping` printed; 0 where it says none."""
    counted = re.search(r"(\d+) received", printed)
    return int(counted[1]) if counted is not None else 0


def connect_all(net: Network, port: int) -> Pairs:
    """Connect from every host to every other's TCP port: has the echo come back?"""
    probes = {
        source: net.run(source, _probe(source, port), f"probe-{port}") for source in HOST_PORTS
    }
    answers = {source: json.loads(probe.finish(CLIENT_TIMEOUT)) for source, probe in probes.items()}
    return {
        (source, target): answers[source][f"{address(target)}:{port}"]
        for source, target in permutations(HOST_PORTS, 2)
    }


def _probe(source: str, port: int) -> list[str]:
    targets = [f"{address(target)}:{port}" for target in HOST_PORTS if target != source]
    return tool("probe", str(ANSWER_TIMEOUT), *targets)


PING: Final = Traffic("ping", "office", SLOW, ping_all)
KINDS: Final = (
    PING,
    Traffic(f"TCP port {OFFICE_PORT}", "office", SLOW, lambda net: connect_all(net, OFFICE_PORT)),
    Traffic(f"TCP port {VIDEO_PORT}", "video", FAST, lambda net: connect_all(net, VIDEO_PORT)),
)


@contextmanager
def echo_servers(net: Network, places: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """Echo servers on some hosts' ports, while the block runs."""
    servers: list[Process] = [
        net.run(host, tool("echo", *map(str, ports)), "echo") for host, ports in places.items()
    ]
    try:
        for server in servers:
            server.wait_for_log("^listening$", SERVER_TIMEOUT)
        yield
    finally:
        for server in servers:
            server.stop()


def try_traffic(net: Network, kind: Traffic) -> Reach:
    """Try one kind of traffic between all hosts."""
    packets, admitted = net.packets(), net.admitted()
    pairs = kind.attempt(net)
    return Reach(
        kind.name,
        kind.slice,
        kind.path,
        pairs,
        growth(packets, net.packets()),
        growth(admitted, net.admitted()),
    )


def try_all(net: Network, say: Callable[[str], None]) -> tuple[Reach, ...]:
    """Try every kind of traffic."""
    reaches: list[Reach] = []
    with echo_servers(net, dict.fromkeys(HOST_PORTS, (VIDEO_PORT, OFFICE_PORT))):
        for kind in KINDS:
            say(kind.name)
            reaches.append(try_traffic(net, kind))
    tries = sum(len(each.pairs) for each in reaches)
    say(f"{sum(each.reached for each in reaches)} of {tries} tries")
    return tuple(reaches)


def growth(before: Counts, after: Counts) -> dict[str, int]:
    """How much each counter has grown."""
    return {name: count - before.get(name, 0) for name, count in after.items()}
