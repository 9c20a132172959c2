"""Interleavings: what several controllers say at once, cut and delivered in any order, while the
datapath is read back and refuses what it has no room for.

Not what is said, but when. Invariant: whatever tenants say, and whenever, the datapath stays, no
fault is met, every request is settled, and in the end the slicer has account of what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output
from slicer.openflow.bundles import Control, Step
from slicer.openflow.groups import Bucket, DropBand
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import (
    BarrierRequest,
    EchoRequest,
    FlowMod,
    GroupMod,
    Message,
    MeterMod,
    PortMod,
)
from slicer.openflow.multipart import FlowStatsRequest, GroupDescRequest, PortStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.events import ControllerEndpoint, DataReceived
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {{controllers: [ptcp:7000], limits: {{{limits}}}}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3]}}
"""
LIMITS = ("", "outstanding_requests: 3", "flows: 4", "groups: 2, meters: 1")
SOME = (1, 8, 60, 200, 10_000)
"""Bytes that are delivered at a time."""
CONFIGS = of.OFPPC_NO_FLOOD | of.OFPPC_NO_FWD


class Disorder(Network):
    """Delivers what is said bit by bit, each time of somebody else; now and then the datapath is
    read back in between."""

    def __init__(self, policy: str, random: Random) -> None:
        self.random = random
        self.is_in_order = True
        self._left: dict[int, bytes] = {}
        super().__init__(policy)

    def _collect(self) -> bool:
        if self.is_in_order:
            return super()._collect()
        for number, fake in self.peers.items():
            if number not in self._paused:
                self._left[number] = self._left.get(number, b"") + fake.take()
        ready = [each for each, data in self._left.items() if data and each in self.peers]
        ready = [each for each in ready if each not in self._paused]
        if not ready:
            return False
        if self.random.random() < 0.03:
            self.engine.datapaths[1].synchronise(self.now)
        number, size = self.random.choice(ready), self.random.choice(SOME)
        data, self._left[number] = self._left[number][:size], self._left[number][size:]
        self._events.append(DataReceived(number, data))
        return True


def of_both(random: Random) -> Message:
    """What both versions have."""
    xid, choose = random.randrange(1, 1000), random.choice
    ports = (1, 2, of.OFPP_FLOOD, of.OFPP_CONTROLLER)
    actions = [Output(choose(ports)) for _ in range(random.randrange(3))]
    flow: dict[str, Any] = {
        "match": choose((Match(), Match.of(in_port=1), Match.of(in_port=2, eth_src=9))),
        "priority": choose((4, 5)),
        "flags": choose((0, of.OFPFF_SEND_FLOW_REM)),
        "instructions": (ApplyActions(tuple(actions)),),
    }
    number = choose((1, 2))
    deletes = choose((of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT))
    return choose(
        (
            FlowMod(xid, **flow),
            FlowMod(xid, **flow),
            FlowMod(xid, command=of.OFPFC_MODIFY, upsert=True, **flow),
            FlowMod(xid, table_id=of.OFPTT_ALL, command=deletes, match=flow["match"], priority=5),
            PortMod(xid, number, port(number).hw_addr, choose((0, of.OFPPC_NO_FLOOD)), CONFIGS),
            BarrierRequest(xid),
            EchoRequest(xid, b"?"),
            FlowStatsRequest(xid),
            PortStatsRequest(xid),
        )
    )


def of_1_3(random: Random) -> Message:
    """What OpenFlow 1.3 has besides."""
    xid, choose = random.randrange(1, 1000), random.choice
    if choose((True, False)):
        said = of_both(random)
        return FlowMod(xid, priority=6) if getattr(said, "upsert", False) else said
    actions: tuple[Action, ...] = (choose((Output(1), Group(choose((1, 2, 3))))),)
    buckets = (Bucket(0, of.OFPP_ANY, of.OFPG_ANY, actions),)
    group = GroupMod(xid, choose((0, 0, 1, 2)), of.OFPGT_ALL, choose((1, 2, 3)), buckets)
    uses = FlowMod(xid, instructions=(ApplyActions(actions),))
    steps = (Step.OPEN_REQUEST, Step.CLOSE_REQUEST, Step.COMMIT_REQUEST, Step.DISCARD_REQUEST)
    return choose(
        (
            group,
            uses,
            GroupDescRequest(xid),
            MeterMod(xid, choose((0, 0, 1, 2)), of.OFPMF_KBPS, choose((1, 2)), (DropBand(100, 0),)),
            bundles.add(choose((1, 2)), 3, V13.encode(choose((group, uses)))),
            Control(choose((1, 2)), choose(steps), 3).message(xid),
        )
    )


def play(random: Random, switch: FakeSwitch, says: Callable[[Random], Message]) -> Disorder:
    """Three controllers and a datapath, until all is quiet and the datapath was read back."""
    net = Disorder(POLICY.format(limits=random.choice(LIMITS)), random)
    net.plug(switch)
    dialect = V10 if isinstance(switch, FakeSwitch10) else V13
    tenants = [
        net.connect(each, dialect)
        for each in [*net.listening, *net.listening]
        if isinstance(each, ControllerEndpoint)
    ]
    net.is_in_order = False
    for _ in range(10):
        if isinstance(switch, FakeSwitch10):
            switch.most_flows = len(switch.tables.flows) + random.choice((0, 1, 100))
        for each in tenants:
            each.say(*(says(random) for _ in range(random.randrange(6))))
        net.run()
    net.is_in_order = True
    if isinstance(switch, FakeSwitch10):
        switch.most_flows = 1_000
    net.wait(3 * Settings().audit_interval + 1)
    assert net.engine.datapaths.keys() == {1}
    assert all(each.is_connected for each in tenants)
    for sliver in net.engine.datapaths[1].slivers.values():
        assert sliver.controllers.outstanding._count == 0
    return net


@pytest.fixture(autouse=True)
def _no_faults(caplog: pytest.LogCaptureFixture) -> Any:
    yield
    assert [each.message for each in caplog.records if each.exc_info] == []


@given(st.integers(0, 1 << 30))
def test_on_a_datapath_of_openflow_1_3(seed: int) -> None:
    switch = FakeSwitch(1, [port(each) for each in (1, 2, 3)])
    net = play(Random(seed), switch, of_1_3)
    enforcement = net.engine.datapaths[1].enforcement
    assert isinstance(enforcement, Pipeline)
    made = {each.physical for each in enforcement._group_ids._bindings.values() if each.made}
    there = {each for each in switch.groups if layout.read_group_id(each) is None}
    assert made >= there, "or another slice could be given the id of a group that is there"


@given(st.integers(0, 1 << 30))
def test_on_a_datapath_of_openflow_1_0(seed: int) -> None:
    switch = FakeSwitch10(1, [port(each) for each in (1, 2, 3)])
    net = play(Random(seed), switch, of_both)
    enforcement = net.engine.datapaths[1].enforcement
    assert isinstance(enforcement, Clip)
    tenancy = enforcement._tenancy
    read = (Cookie.read(each.cookie) for each in switch.tables.flows.values())
    there = {each.number for each in read if each is not None and each.part is Part.PIECE}
    assert {each.number for each in tenancy.mirror.tops} == there
    assert tenancy.mirror.leaving == frozenset()
    for name, slots in tenancy._slots.items():
        flows = tenancy.mirror.flows_of(name).values()
        assert slots._users == Counter(each.asked.priority for each in flows)
        assert tenancy.mirror.size_of(name) == sum(each.size for each in flows)
