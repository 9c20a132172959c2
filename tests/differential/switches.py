"""Switches: two equal bridges, one reached directly and one through a running slicer.

Both have the same dpid, ports, addresses and settings; only the names of their interfaces differ,
which `Side.name` undoes. The slicer's one slice owns everything. Invariant: nothing but the slicer
makes the two differ.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.multipart import TableStatsRequest
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from tests.differential.controller import Address, Controller, Silence, connect
from tests.differential.packets import VLANS
from tests.differential.tap import Tap
from tests.live.lab import Bridge, Lab, command

DPID = 1
WIRED = (1, 2, 3)
PORTS = (*WIRED, of.OFPP_LOCAL)
DIRECT_PORT = 6701
DIRECT = f"ptcp:{DIRECT_PORT}:127.0.0.1"
SLICER_PORT = 6733
SLIVER_PORT = 7901
POLICY = f"""\
listen: [tcp:127.0.0.1:{SLICER_PORT}]
slices:
  all:
    controllers: [ptcp:{SLIVER_PORT}]
flowspace:
  - {{slice: all, priority: 1}}
"""
_PROTOCOLS = {V10.version: "OpenFlow10", V13.version: "OpenFlow13"}
"""What Open vSwitch calls a version."""
BESIDE = f"""\
listen: [tcp:127.0.0.1:{SLICER_PORT}]
slices:
  all:
    controllers: [ptcp:{SLIVER_PORT}]
  other:
    controllers: [ptcp:{SLIVER_PORT + 100}]
flowspace:
  - {{slice: other, priority: 9, match: {{eth_src: "02:00:00:00:99:99"}}}}
  - {{slice: all, priority: 1}}
"""
"""Another slice owns something of which no conversation has any packet."""
WAIT = 0.05
"""Seconds that a packet may take to reach the switch, at the worst."""
_RUN = Path("/run/openvswitch")
_FIRST_LOOKUPS = Struct("!Q")
_FIRST_LOOKUPS_AT = {V13.version: 24, V10.version: 60}
"""Where a table statistics reply has the lookups of table 0 (OpenFlow 1.3.5 7.3.5.4; OpenFlow 1.0
5.3.5)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: where its controllers connect, and where its packets come and go."""

    name: str
    address: Address
    taps: Mapping[int, Tap]
    manager: Controller
    """A connection of the test's own to the bridge itself, never through the slicer."""

    def connect(self, dialect: Dialect) -> Controller:
        """A new controller's connection."""
        return Controller(connect(self.address), dialect)

    def close(self) -> None:
        """Let go of the taps and of the manager's connection."""
        for tap in self.taps.values():
            tap.close()
        self.manager.close()

    def receive(self, port: int, packet: bytes) -> None:
        """Put a packet in by a port, and wait until the switch has carried it out: it looks up
        each in its first table before it hears its manager again. One that it refuses at the port
        it never does; then WAIT passes."""
        before = self._lookups()
        self.taps[port].put(packet)
        deadline = time.monotonic() + WAIT
        while self._lookups() == before and time.monotonic() < deadline:
            pass

    def _lookups(self) -> int:
        dialect = self.manager.dialect
        self.manager.say([dialect.encode(TableStatsRequest(0))])
        for frame in self.manager.settle():
            if dialect.kind(frame) is Kind.TABLE_STATS_REPLY:
                (lookups,) = _FIRST_LOOKUPS.unpack_from(frame, _FIRST_LOOKUPS_AT[dialect.version])
                return int(lookups)
        raise Silence("no table statistics")

    def take(self) -> dict[int, list[bytes]]:
        """The packets that have left since the last call, by port, where there are any."""
        taken = {port: tap.take() for port, tap in self.taps.items()}
        return {port: packets for port, packets in taken.items() if packets}


def address_of(port: int) -> bytes:
    """The hardware address of a port."""
    return bytes((2, 0, 0, 0, 0, port & 0xFF))


@contextmanager
def two_sides(
    lab: Lab, *, spoken: Dialect | None = None, slices: str = POLICY
) -> Iterator[tuple[Side, Side]]:
    """(the direct one, the sliced one), until the context ends. `spoken` is the only version that
    the bridges speak; None: all that Open vSwitch does."""
    lab.uncached()
    bridges = [_bridge(lab, name) for name in ("direct", "sliced")]
    if spoken is not None:
        for bridge in bridges:
            bridge.set(f"protocols={_PROTOCOLS[spoken.version]}")
    policy = lab.folder / "policy.yaml"
    policy.write_text(slices)
    slicer = lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(policy))
    slicer.wait_for_log("listening at tcp")
    bridges[0].connect(DIRECT)
    bridges[1].connect(f"tcp:127.0.0.1:{SLICER_PORT}")
    slicer.wait_for_log("listening at ptcp")
    ports = (DIRECT_PORT, SLIVER_PORT)
    managing = spoken or V13
    sides = [_side(bridge, port, managing) for bridge, port in zip(bridges, ports, strict=True)]
    try:
        yield sides[0], sides[1]
    finally:
        for side in sides:
            side.close()
        command("ovs-vsctl", "remove", "Open_vSwitch", ".", "other_config", "flow-limit")
        for bridge in bridges:
            for port in WIRED:
                command("ip", "link", "delete", _far_end(bridge, port))


def _bridge(lab: Lab, name: str) -> Bridge:
    bridge = lab.bridge(name, DPID)
    bridge.set(f"other_config:hwaddr={address_of(of.OFPP_LOCAL).hex(':')}")
    # Nothing is learned, so NORMAL does not depend on what was said before.
    bridge.set(f"flood_vlans={','.join(map(str, (0, *VLANS)))}")
    _bring_up(name)
    for port in WIRED:
        near, far = f"{name}{port}", _far_end(bridge, port)
        address = address_of(port).hex(":")
        command(
            *("ip", "link", "add", near, "address", address, "type", "veth", "peer", "name", far)
        )
        _bring_up(near)
        _bring_up(far)
        command(
            *("ovs-vsctl", "add-port", name, near),
            *("--", "set", "interface", near, f"ofport_request={port}"),
        )
    return bridge


def _bring_up(interface: str) -> None:
    """Without IPv6, so that Linux sends nothing by itself."""
    Path(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6").write_text("1")
    command("ip", "link", "set", interface, "up")


def _side(bridge: Bridge, port: int, managing: Dialect) -> Side:
    taps = {number: Tap(_far_end(bridge, number)) for number in WIRED}
    return Side(
        bridge.name,
        ("127.0.0.1", port),
        {**taps, of.OFPP_LOCAL: Tap(bridge.name)},
        Controller(connect(_RUN / f"{bridge.name}.mgmt"), managing),
    )


def _far_end(bridge: Bridge, port: int) -> str:
    return f"{bridge.name}{port}x"
