"""Network: the diamond under Mininet, its hosts, and what its switches say when asked directly.

It knows no slice but by name. Invariant: no packet crosses the network but those that hosts send
for the demo: addresses are in the hosts' ARP tables, and IPv6 is off.
"""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import RemoteController

from mininet_topos.demo import flows
from mininet_topos.demo.processes import Process, Processes, wait_for
from mininet_topos.demo.progress import DemoError
from mininet_topos.diamond import DPIDS, FAST, HOST_PORTS, SLOW, Diamond

SLICER_PORT: Final = 6633
OFCTL_TIMEOUT: Final = 10.0
QUIET: Final = 0.3
"""Seconds without a packet, after which no more is to be expected: connections end that fast."""
QUIET_TIMEOUT: Final = 10.0
_IPV6_OFF = "cd /proc/sys/net/ipv6/conf && for each in */disable_ipv6; do echo 1 >$each; done"
"""Hosts with IPv6 look for routers every few seconds; these packets would be counted too."""
_RX_PACKETS = re.compile(r"port +\d+: rx pkts=(\d+)")


def address(host: str) -> str:
    """The IPv4 address of a host, as Mininet gives them out: h1 has 10.0.0.1."""
    return f"10.0.0.{list(HOST_PORTS).index(host) + 1}"


class Network:
    """The network; `build`, `start` and, whatever happened, `stop` it."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._net: Any = None

    def build(self) -> None:
        """Make hosts and links."""
        setLogLevel("error")
        self._net = Mininet(
            Diamond(),
            build=False,
            controller=lambda name: RemoteController(name, ip="127.0.0.1", port=SLICER_PORT),
            autoSetMacs=True,
            autoStaticArp=True,
        )
        subprocess.run(["sh", "-c", _IPV6_OFF], check=True)
        self._net.build()
        for host in self._net.hosts:
            host.cmd(_IPV6_OFF)

    def start(self) -> None:
        """Start the switches, which connect to the slicer at once if it listens."""
        self._net.start()

    def stop(self) -> None:
        """Take everything away that `build` and `start` made."""
        if self._net is not None:
            self._net.stop()

    def run(self, host: str, arguments: list[str], name: str) -> Process:
        """Start a process in a host; its log is called `HOST-NAME`."""
        node = self._net.get(host)
        return self._processes.start(f"{host}-{name}", arguments, node.popen)

    @property
    def connected(self) -> bool:
        """Tell whether every switch is connected to the slicer."""
        found = _run("ovs-vsctl", "--bare", "--columns=is_connected", "list", "controller").split()
        return found == ["true"] * len(DPIDS)

    def wait_connected(self, timeout: float) -> None:
        """Wait for it.

        Raises:
            DemoError: not within `timeout` seconds.
        """
        wait_for(lambda: self.connected, "connection of every switch to the slicer", timeout)

    def packets(self) -> Mapping[str, int]:
        """How many packets each of the two middle switches has received, by its port counters,
        once the network is quiet.

        Raises:
            DemoError: it does not become quiet.
        """
        deadline = time.monotonic() + QUIET_TIMEOUT
        counts, before = self._packets(), None
        while counts != before:
            if time.monotonic() > deadline:
                raise DemoError(
                    f"found packets on their way for {QUIET_TIMEOUT:g} s, expected a quiet network"
                )
            time.sleep(QUIET)
            counts, before = self._packets(), counts
        return counts

    @staticmethod
    def _packets() -> Mapping[str, int]:
        return {switch: received(ask(switch, "dump-ports")) for switch in (FAST, SLOW)}

    def admitted(self) -> Mapping[str, int]:
        """How many packets all switches together have admitted to each slice."""
        _run("ovs-appctl", "revalidator/wait")  # until counters are up to date
        counts: Counter[str] = Counter()
        for switch in DPIDS:
            counts.update(flows.admitted(ask(switch, "dump-flows").splitlines()))
        return counts

    def held(self, switch: str) -> frozenset[str]:
        """All flows and groups of a switch, without their counters."""
        return flows.lines(ask(switch, "dump-flows", "--no-stats")) | flows.lines(
            ask(switch, "dump-groups")
        )


def ask(switch: str, verb: str, *options: str) -> str:
    """Ask a switch by `ovs-ofctl`, past the slicer; return what that printed.

    Raises:
        DemoError: it failed.
    """
    return _run("ovs-ofctl", "-O", "OpenFlow13", *options, verb, switch)


def received(dump_ports: str) -> int:
    """The packets received over all ports, from what `ovs-ofctl dump-ports` printed."""
    return sum(int(count) for count in _RX_PACKETS.findall(dump_ports))


def _run(*arguments: str) -> str:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=OFCTL_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise DemoError(
            f"found no end of '{' '.join(arguments)}' within {OFCTL_TIMEOUT:g} s"
        ) from None
    if done.returncode != 0:
        raise DemoError(
            f"found status {done.returncode} of '{' '.join(arguments)}', expected 0: "
            f"{done.stderr.strip()}"
        )
    return done.stdout
