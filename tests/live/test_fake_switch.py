"""The fake switch of the isolation theorem against Open vSwitch: the same flows, the same packets.

A world of `tests/property/isolation_world.py` is drawn and programmed by its tenants; then all that
its fake switch holds, the slicer's stages with it, is put on a real bridge, and packets come in at
both. Where they leave, what they have become and what the controller is told must be the same.
"""

import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Output
from slicer.openflow.framing import Framer
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    FlowMod,
    GroupMod,
    Hello,
    Message,
    MeterMod,
    PacketIn,
    SetConfig,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from tests.fakes import frames
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch, packet_in
from tests.live.lab import Lab, command
from tests.property.isolation_headers import PORTS, Arrival, Shown, arrivals, policies
from tests.property.isolation_requests import requests, works
from tests.property.isolation_world import World

WORLDS = 20
MOST_ROUNDS = 15
"""So often as many other worlds are tried where too few packets have left: few tenants forward."""
PATIENCE = 2.0
"""Seconds for a packet that must come; packets that must not come are waited for much shorter."""
QUIET = 0.02

_PACKET_AUXDATA, _SOL_PACKET = 8, 263
_AUXDATA = struct.Struct("IIIHHHH")
_VLAN_VALID, _TPID_VALID = 0x10, 0x40
_OUTGOING = 4

Left = tuple[int, Packet]
"""Which port a packet has left by, and what it was then."""
Told = tuple[int, int, int, Match]
"""A packet-in's reason, table id, cookie and match."""


class Wire:
    """The far end of a cable to a port of the bridge (packet(7))."""

    def __init__(self, bridge: str, number: int) -> None:
        self.near = f"wire{number}"
        far = f"end{number}"
        command("ip", "link", "add", self.near, "type", "veth", "peer", "name", far)
        for name in (self.near, far):
            command("sysctl", "-q", "-w", f"net.ipv6.conf.{name}.disable_ipv6=1")
            command("ethtool", "-K", name, "tx", "off", "txvlan", "off", "rxvlan", "off")
            command("ip", "link", "set", name, "up")
        ask = f"ofport_request={number}"
        command(
            "ovs-vsctl", "add-port", bridge, self.near, "--", "set", "interface", self.near, ask
        )
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((far, 0))
        self.socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self.socket.setblocking(False)

    def send(self, packet: Packet) -> None:
        """Send a packet to the bridge, as long as Ethernet has it."""
        self.socket.send(frames.write(packet).ljust(60, b"\0"))

    def received(self) -> Iterator[bytes]:
        """The packets that the bridge has sent. The kernel hands over a tag beside its packet."""
        while True:
            try:
                data, beside, _, address = self.socket.recvmsg(65536, 256)
            except BlockingIOError:
                return
            if address[2] != _OUTGOING:
                yield _with_tag(data, [each[2] for each in beside])

    def close(self) -> None:
        """Take the cable away."""
        self.socket.close()
        command("ip", "link", "del", self.near)


def _with_tag(data: bytes, beside: list[bytes]) -> bytes:
    for each in beside:
        status, _, _, _, _, tci, tpid = _AUXDATA.unpack_from(each)
        if status & _VLAN_VALID:
            kind = tpid if status & _TPID_VALID else 0x8100
            return data[:12] + struct.pack("!HH", kind, tci) + data[12:]
    return data


class Real:
    """A bridge, its wires, and an OpenFlow connection to it."""

    def __init__(self, lab: Lab) -> None:
        self.name = lab.bridge("s1", 1).name
        self.wires = {number: Wire(self.name, number) for number in PORTS}
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(f"/var/run/openvswitch/{self.name}.mgmt")
        self._connection.settimeout(10)
        self._connection.sendall(V13.encode(Hello(1, frozenset({V13.version}))))
        self._framer = Framer()

    def close(self) -> None:
        self._connection.close()
        for wire in self.wires.values():
            wire.close()

    def carry_out(self, *messages: Message) -> None:
        """Send messages, none of which may be refused."""
        data = b"".join(map(V13.encode, (*messages, BarrierRequest(2))))
        self._connection.sendall(data)
        heard: list[Message] = []
        while BarrierReply not in map(type, heard):
            heard += self._hear()
        wrong = [each for each in heard if not isinstance(each, PacketIn | BarrierReply)]
        assert not wrong, wrong

    def _hear(self) -> list[Message]:
        read = self._framer.feed(self._connection.recv(65536))
        return [V13.decode(frame) for frame in read if frame[1]]

    def copy(self, fake: FakeSwitch) -> None:
        """Hold what the fake holds. Groups may refer to each other, so they come empty first."""
        delete = FlowMod(1, table_id=of.OFPTT_ALL, command=of.OFPFC_DELETE)
        self.carry_out(delete, GroupMod(1, of.OFPGC_DELETE, of.OFPGT_ALL, of.OFPG_ALL))
        meters = list(fake.meters.values())
        self.carry_out(
            MeterMod(1, of.OFPMC_DELETE, of.OFPMF_KBPS, of.OFPM_ALL),
            MeterMod(1, of.OFPMC_DELETE, of.OFPMF_KBPS, of.OFPM_CONTROLLER),
            *(replace(each, command=of.OFPMC_ADD) for each in meters),
        )
        groups = list(fake.groups.values())
        first = [
            GroupMod(1, of.OFPGC_ADD, each.type, each.group_id)
            for each in groups
            if each.type != of.OFPGT_INDIRECT
        ]
        rest = [each for each in groups if each.type == of.OFPGT_INDIRECT]
        changed = [
            GroupMod(1, of.OFPGC_MODIFY, each.type, each.group_id, each.buckets) for each in groups
        ]
        flows = [
            FlowMod(
                1,
                cookie=each.cookie,
                table_id=each.table,
                priority=each.priority,
                match=each.match,
                instructions=each.instructions,
            )
            for each in fake.tables.flows.values()
        ]
        config = SetConfig(1, fake.fragments, of.OFPCML_NO_BUFFER)
        self.carry_out(config, *first, *rest, *changed, *flows)

    def pass_on(self, number: int, packet: Packet, expected: int) -> tuple[list[Left], list[Told]]:
        """Send a packet in; collect what leaves and what is told, `expected` of it at least."""
        for wire in self.wires.values():
            list(wire.received())
        self.carry_out()
        self.wires[number].send(packet)
        left: list[Left] = []
        told: list[Told] = []
        deadline = time.monotonic() + (PATIENCE if expected else QUIET)
        sockets = [self._connection, *(wire.socket for wire in self.wires.values())]
        while (patience := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(sockets, [], [], patience)
            before = len(left) + len(told)
            if self._connection in ready:
                told += [_told(each) for each in self._hear() if isinstance(each, PacketIn)]
            left += [
                (number, frames.read(data))
                for number, wire in self.wires.items()
                for data in wire.received()
            ]
            if before < expected <= len(left) + len(told):
                deadline = time.monotonic() + QUIET
        return left, told


def _told(message: PacketIn) -> Told:
    return message.reason, message.table_id, message.cookie, message.match.canonical()


def _is_normal(action: Action) -> bool:
    """NORMAL learns where hosts are, and the fake doesn't."""
    return isinstance(action, Output) and action.port == of.OFPP_NORMAL


def _is_left_to_chance(group: GroupMod) -> bool:
    """Which bucket a select group takes depends on a hash, which the fake doesn't know."""
    return group.type == of.OFPGT_SELECT and len(group.buckets) > 1


@pytest.fixture
def real(lab: Lab) -> Iterator[Real]:
    lab.uncached()
    made = Real(lab)
    yield made
    made.close()


def test_packets_leave_as_they_leave_the_fake(real: Real) -> None:
    seen = {"packets": 0, "outputs": 0}

    @settings(
        max_examples=WORLDS,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        policies(),
        st.lists(st.tuples(st.integers(0, 3), works() | works() | requests()), min_size=6),
        st.lists(arrivals(), min_size=8, max_size=16),
    )
    def check(
        policy: Shown[Policy],
        asked: list[tuple[int, Shown[bytes]]],
        coming: list[Shown[Arrival]],
    ) -> None:
        world = World(policy.value)
        for who, request in asked:
            tenants = world.network.tenants
            world.request(tenants[who % len(tenants)], request.value)
        assume(not any(map(_is_left_to_chance, world.switch.groups.values())))
        flows = world.switch.tables.flows.values()
        assume(not any(_is_normal(action) for flow in flows for action in flow.actions))
        real.copy(world.switch)
        for arrival in coming:
            number, packet = arrival.value
            if number not in PORTS:
                continue
            result = world.switch.inject(number, packet)
            if not result.is_defined:
                continue
            told = [_told(packet_in(each)) for each in result.to_controller]
            left = [(port, sent.again()) for port, sent in result.outputs if port in PORTS]
            seen["packets"] += 1
            seen["outputs"] += len(left)
            found = real.pass_on(number, packet, len(left) + len(told))
            assert sorted(found[0], key=repr) == sorted(left, key=repr), f"{result}\n{found}"
            assert sorted(found[1], key=repr) == sorted(told, key=repr), f"{result}\n{found}"

    for number in range(MOST_ROUNDS):
        seed(number)(check)()
        if seen["packets"] > 30 and seen["outputs"] > 10:
            break
    assert seen["packets"] > 30
    assert seen["outputs"] > 10
