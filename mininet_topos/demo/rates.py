"""Rates, act 2: bandwidth per slice, by iperf3, one slice alone and then both at once.

Invariant: a rate is the receiver's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mininet_topos.demo.facts import Counts, Transfer
from mininet_topos.demo.network import Network, address
from mininet_topos.demo.processes import Process
from mininet_topos.demo.progress import DemoError
from mininet_topos.demo.reaching import SERVER_TIMEOUT, VIDEO_PORT, growth
from mininet_topos.diamond import FAST, SLOW

IPERF_PORT: Final = 5201
SLACK: Final = 15.0
"""Seconds that iperf3 may take besides the transfer itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One slice's transfer."""

    slice: str
    source: str
    target: str
    port: int
    path: str
    link: float


PLANS: Final = (
    Plan("video", "h1", "h3", VIDEO_PORT, FAST, 100e6),
    Plan("office", "h2", "h4", IPERF_PORT, SLOW, 10e6),
)


def measure(net: Network, seconds: int, say: Callable[[str], None]) -> tuple[Transfer, ...]:
    """Measure each slice's transfer, alone and together with the other."""
    alone: list[tuple[float, Counts]] = []
    for plan in PLANS:
        say(f"{plan.slice} alone")
        before = net.packets()
        (rate,) = _run(net, (plan,), seconds)
        alone.append((rate, growth(before, net.packets())))
    say("both at once")
    together = _run(net, PLANS, seconds)
    rates = zip(PLANS, together, strict=True)
    say(" and ".join(f"{rate / 1e6:.1f}" for _, rate in rates) + " Mbit/s")
    return tuple(
        Transfer(
            plan.slice,
            plan.source,
            plan.target,
            plan.port,
            plan.path,
            plan.link,
            rate,
            packets,
            other,
        )
        for plan, (rate, packets), other in zip(PLANS, alone, together, strict=True)
    )


def _run(net: Network, plans: tuple[Plan, ...], seconds: int) -> list[float]:
    """Run transfers side by side; their rates."""
    servers = [
        net.run(
            plan.target,
            ["iperf3", "--server", "--one-off", "--forceflush", "--port", str(plan.port)],
            f"iperf3-server-{plan.slice}",
        )
        for plan in plans
    ]
    for plan, server in zip(plans, servers, strict=True):
        server.wait_for_log(rf"Server listening on {plan.port}", SERVER_TIMEOUT)
    clients = [_start_client(net, plan, seconds) for plan in plans]
    # What iperf3 can't do, it says in its JSON.
    printed = [client.finish(seconds + SLACK, may_fail=True) for client in clients]
    for server in servers:
        server.stop()
    return [received_rate(each) for each in printed]


def _start_client(net: Network, plan: Plan, seconds: int) -> Process:
    command = ["iperf3", "--json", "--connect-timeout", "5000", "--time", str(seconds)]
    where = ["--client", address(plan.target), "--port", str(plan.port)]
    return net.run(plan.source, command + where, f"iperf3-{plan.slice}")


def received_rate(printed: str) -> float:
    """The rate that the receiver had, from what `iperf3 --json` printed.

    Raises:
        DemoError: iperf3 says what went wrong, or nothing that can be read.
    """
    try:
        result = json.loads(printed)
    except ValueError:
        raise DemoError(f"found {printed[-200:]!r} from iperf3, expected JSON") from None
    if "error" in result:
        raise DemoError(f"found an error of iperf3, expected a rate: {result['error']}")
    rate: float = result["end"]["sum_received"]["bits_per_second"]
    return rate
