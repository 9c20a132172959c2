r"""Diamond: a Mininet topology with two ways from one side to the other, one fast, one slow.

    h1                 s2 (fast)                 h3
      1\             1/          \2            1/
        s1 3 --------              -------- 3 s4
      2/   4 --------              -------- 4   \2
    h2               1\          /2              h4
                       s3 (slow)

It is a topology alone and knows nothing of slices. Usable as it is, with Open vSwitch running and
a controller, such as the slicer, listening on port 6633:

    mn --custom mininet_topos/diamond.py --topo diamond --mac --arp \
       --controller remote,ip=127.0.0.1,port=6633

and with other rates: `--topo diamond,fast=50,slow=5`. `mn` takes all names of this file for its
own, so none may be one that `mn` uses, such as HOSTS.

Invariant: port numbers are as drawn and dpids are 1 to 4, whatever the rates.
"""

from collections.abc import Mapping
from typing import Final

from mininet.link import TCLink
from mininet.node import OVSSwitch
from mininet.topo import Topo

FAST: Final = "s2"
SLOW: Final = "s3"
DPIDS: Final[Mapping[str, int]] = {"s1": 1, "s2": 2, "s3": 3, "s4": 4}
HOST_PORTS: Final[Mapping[str, tuple[str, int]]] = {
    "h1": ("s1", 1),
    "h2": ("s1", 2),
    "h3": ("s4", 1),
    "h4": ("s4", 2),
}
"""The switch and the port that each host is at."""
QUEUE: Final = 20
"""What a link between switches can hold back, in milliseconds at its rate. HTB, Mininet's default,
warns of such rates; TBF with Mininet's default of 1 ms at 100 Mbit/s holds TCP down to 67."""
_SIDES: Final = ("s1", "s4")
_PORT_TOWARDS: Final[Mapping[str, int]] = {FAST: 3, SLOW: 4}
"""The port of s1, and of s4, that leads to each middle switch."""
_MIDDLE_PORTS: Final[Mapping[str, int]] = {"s1": 1, "s4": 2}
"""The port of a middle switch that leads to each side."""


def path(middle: str) -> dict[int, tuple[int, ...]]:
    """The ports, by dpid, that join all hosts by one of the two ways, without a loop.

    Args:
        middle: FAST or SLOW.
    """
    ports = {DPIDS[side]: (1, 2, _PORT_TOWARDS[middle]) for side in _SIDES}
    return {**ports, DPIDS[middle]: tuple(_MIDDLE_PORTS.values())}


class Diamond(Topo):
    """Four switches and four hosts, as drawn above."""

    def build(self, fast: float = 100, slow: float = 10) -> None:
        """Called by Mininet.

        Args:
            fast: rate of the links by way of s2, in Mbit/s.
            slow: rate of the links by way of s3, in Mbit/s.
        """
        for name, dpid in DPIDS.items():
            # Unlike the kernel's, the userspace datapath needs no kernel module.
            self.addSwitch(
                name, cls=OVSSwitch, dpid=f"{dpid:016x}", datapath="user", failMode="secure"
            )
        for name, (switch, port) in HOST_PORTS.items():
            # Nothing computes a checksum that a host leaves to the hardware (txo).
            self.addLink(self.addHost(name), switch, 0, port, cls=TCLink, txo=False)
        for middle, rate in ((FAST, fast), (SLOW, slow)):
            for side in _SIDES:
                self.addLink(
                    side,
                    middle,
                    _PORT_TOWARDS[middle],
                    _MIDDLE_PORTS[side],
                    cls=TCLink,
                    bw=rate,
                    use_tbf=True,
                    latency_ms=QUEUE,
                )


topos: Final = {"diamond": Diamond}
"""What `mn --custom` looks for."""
