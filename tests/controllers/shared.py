"""The network on which every controller here is tried: two switches that two tenants share.

Red's controller is the one under test; blue's is always Ryu's `simple_switch_13`. Both tenants have
hosts on both switches, and a cable between these is shared too: what says whose a packet is is its
sender's hardware address. Invariant: red and blue share every switch and a cable.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.live.lab import Host, Lab, Process, command, wait_for

LISTEN = "tcp:127.0.0.1:6633"
RED_PORT, SECOND_PORT, BLUE_PORT, TOOLS_PORT = 6653, 6655, 6654, 7001
"""Where red's controller listens, a second one of red's, if there is one, blue's, and red's sliver
of s1 for tools (s2's: the next)."""
TRUNK = 9
"""The port of the cable, on either switch."""
HOSTS = {
    "r1": ("s1", 1, "10.0.0.1/24"),
    "r2": ("s1", 2, "10.0.0.2/24"),
    "r3": ("s2", 1, "10.0.0.3/24"),
    "r4": ("s2", 2, "10.0.0.4/24"),
    "b1": ("s1", 5, "10.0.0.11/24"),
    "b2": ("s2", 5, "10.0.0.12/24"),
}
_COLOURS = {"r": "0a", "b": "0b"}
POLICY = f"""
listen: [{LISTEN}]
datapaths: {{s1: {{dpid: 1}}, s2: {{dpid: 2}}}}
slices:
  red:
    controllers: [tcp:127.0.0.1:{RED_PORT}, tcp:127.0.0.1:{SECOND_PORT}, ptcp:{TOOLS_PORT}]
  blue: {{controllers: [tcp:127.0.0.1:{BLUE_PORT}]}}
flowspace:
  - {{slice: red, priority: 1, ports: [1, 2, {TRUNK}],
      match: {{eth_src: "02:0a:00:00:00:00/ff:ff:00:00:00:00"}}}}
  - {{slice: blue, priority: 1, ports: [5, {TRUNK}],
      match: {{eth_src: "02:0b:00:00:00:00/ff:ff:00:00:00:00"}}}}
"""
JOINING = 30.0
"""Seconds in which a controller has set up its switches, on a busy machine."""


def tools(sliver: int) -> str:
    """Where tools reach red's sliver of s1 or s2."""
    return f"tcp:127.0.0.1:{TOOLS_PORT + sliver - 1}"


@dataclass(frozen=True, slots=True)
class Shared:
    """The network, with blue at work."""

    lab: Lab

    def host(self, name: str) -> Host:
        """A host by its name: red's are r1 to r4, blue's b1 and b2."""
        return self.lab.hosts[name]

    @property
    def slicer(self) -> Process:
        """The slicer."""
        return self.lab.processes["slicer"]

    def ofctl(
        self, verb: str, *arguments: str, sliver: int = 1, version: str = "OpenFlow13"
    ) -> str:
        """Run `ovs-ofctl VERB` on red's sliver of s1 or s2."""
        return command("ovs-ofctl", "-O", version, verb, tools(sliver), *arguments)

    def reach(self, one: str, other: str, timeout: float = JOINING) -> None:
        """Wait until a host reaches another one, and then every time."""
        wait_for(lambda: self._ping(one, other, 1), f"reply to {one} from {other}", timeout)
        assert self._ping(one, other, 5) == 5

    def lose(self, one: str, other: str) -> None:
        """Assert that a host doesn't reach another one, whose address it asks for anew."""
        self.host(one).run("ip neigh flush dev eth0")
        assert self._ping(one, other, 2) == 0

    def miss(self, one: str, other: str) -> None:
        """Assert that a host does not reach another one, which has never heard of it."""
        self.lose(one, other)
        assert self.host(one).mac not in self._heard(other)

    def _ping(self, one: str, other: str, count: int) -> int:
        return self.host(one).ping(self.host(other).ip, count)

    def loudness(self, name: str, seconds: float = 2.0) -> int:
        """How many packets come in at a host within so many seconds."""
        counter = "/sys/class/net/eth0/statistics/rx_packets"
        done = self.host(name).run(f"cat {counter}; sleep {seconds}; cat {counter}")
        before, after = map(int, done.stdout.split())
        return after - before

    def _heard(self, name: str) -> list[str]:
        return self.lab.processes[f"heard-{name}"].log.split()

    def are_apart(self) -> None:
        """Assert that blue works on as ever, that no host has ever heard one of the other tenant's,
        and that the slicer has had no accident."""
        self.reach("b1", "b2")
        self.miss("r1", "b1")
        self.miss("b2", "r3")
        for name, host in self.lab.hosts.items():
            heard = {self.owner(sender) for sender in self._heard(name)}
            assert heard <= {self.owner(host.mac), None}, name
        assert "Traceback" not in self.slicer.log

    @staticmethod
    def owner(address: str) -> str | None:
        """The first letter of the tenant whose host has a hardware address."""
        prefixes = {f"02:{number}:00:00:": colour for colour, number in _COLOURS.items()}
        return prefixes.get(address[:12])


def share(lab: Lab, more_rules: str = "", *, cables: Sequence[int] = (TRUNK,)) -> Shared:
    """Make the network, start the slicer and blue's controller, and wait until blue has joined.

    `more_rules` come behind those of the flowspace; `cables` are the ports between the switches.
    """
    for name, dpid in (("s1", 1), ("s2", 2)):
        lab.bridge(name, dpid)
    for name, (bridge, port, ip) in HOSTS.items():
        dpid = lab.bridges[bridge].dpid
        mac = f"02:{_COLOURS[name[0]]}:00:00:{dpid:02x}:{port:02x}"
        host = lab.host(name, bridge, port, ip, mac)
        listener = host.popen([sys.executable, "-m", "tests.controllers.heard"], f"heard-{name}")
        listener.wait_for_log("listening")
    for port in cables:
        lab.link("s1", port, "s2", port)
    policy = lab.folder / "policy.yaml"
    policy.write_text(POLICY + more_rules)
    blue = ("--ofp-tcp-listen-port", str(BLUE_PORT), "ryu.app.simple_switch_13")
    lab.start_ryu("blue", *blue)
    lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(policy)).wait_for_log("listening at tcp")
    for switch in lab.bridges.values():
        switch.connect(LISTEN)
    shared = Shared(lab)
    shared.reach("b1", "b2")
    return shared
