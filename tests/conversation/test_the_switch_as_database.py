"""Restarts, edits of the policy, ports that come and go, and somebody else's hands on the switch.

The switch outlives the slicer: each engine here meets what the one before has left.
"""

from dataclasses import replace
from itertools import pairwise

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Group, Output
from slicer.openflow.groups import Bucket, DropBand
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    FlowMod,
    FlowRemoved,
    GroupMod,
    MeterMod,
    PortStatus,
)
from slicer.openflow.multipart import (
    FlowStatsReply,
    FlowStatsRequest,
    GroupDescReply,
    GroupDescRequest,
    MeterStatsReply,
    MeterStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.events import ControllerEndpoint
from slicer.proxy.pipeline import restore
from slicer.proxy.settings import Settings
from tests.fakes.meters import of_tenants
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653]}
  blue: {controllers: [tcp:127.0.0.1:6654]}
flowspace:
  - {slice: red, priority: 10, match: {eth_type: ipv4}}
  - {slice: blue, priority: 1, ports: [1, p3]}
"""
TURNED = """
listen: [tcp:127.0.0.1:6633]
slices:
  blue: {controllers: [tcp:127.0.0.1:6654]}
  green: {controllers: [tcp:127.0.0.1:6655]}
  red: {controllers: [tcp:127.0.0.1:6653]}
flowspace:
  - {slice: blue, priority: 20, match: {eth_type: arp}}
  - {slice: green, priority: 15, match: {eth_type: ipv6}}
  - {slice: red, priority: 10, match: {eth_type: ipv4}}
"""
WITHOUT_RED = """
listen: [tcp:127.0.0.1:6633]
slices:
  blue: {controllers: [tcp:127.0.0.1:6654]}
  green: {controllers: [tcp:127.0.0.1:6655]}
flowspace:
  - {slice: blue, priority: 1}
  - {slice: green, priority: 5, match: {eth_type: ipv6}}
"""
OUTPUT = (ApplyActions((Output(2, 0xFFE5),)),)


def a_switch() -> FakeSwitch:
    return FakeSwitch(1, [port(number) for number in (1, 2, 3)])


def run(policy: str, switch: FakeSwitch) -> Network:
    """A slicer that has just started, and the switch that finds it."""
    network = Network(policy, Settings(audit_interval=30.0))
    network.plug(switch)
    return network


def own_flows(network: Network, tenant: FakeTenant) -> list[tuple[int, int]]:
    """(table, priority) of each flow that a tenant reads."""
    heard = network.say(tenant, FlowStatsRequest(1))
    flows = [flow for part in heard if isinstance(part, FlowStatsReply) for flow in part.entries]
    return sorted((flow.table_id, flow.priority) for flow in flows)


def tags(switch: FakeSwitch) -> set[int]:
    """The tags that tenants' flows on the switch bear."""
    found = (restore.tag_of(flow.match) for flow in switch.tables.flows.values())
    return {tag for tag in found if tag is not None}


def test_a_restart_changes_nothing() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    first.say(first.tenant("red"), FlowMod(1, priority=7, instructions=OUTPUT))
    before = dict(switch.tables.flows), dict(switch.groups)
    second = run(POLICY, switch)
    assert (switch.tables.flows, switch.groups) == before
    assert all(flow is before[0][key] for key, flow in switch.tables.flows.items()), (
        "a flow was written again"
    )
    assert own_flows(second, second.tenant("red")) == [(0, 7)]


def test_a_slice_keeps_its_tag_and_flows_when_the_policy_is_turned_round() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    first.say(first.tenant("red"), FlowMod(1, priority=7, instructions=OUTPUT))
    first.say(first.tenant("blue"), FlowMod(1, priority=8, instructions=OUTPUT))
    given = {name: each.tag for name, each in first.engine.datapaths[1].slivers.items()}
    second = run(TURNED, switch)
    now = {name: each.tag for name, each in second.engine.datapaths[1].slivers.items()}
    assert now["red"] == given["red"]
    assert now["blue"] == given["blue"]
    assert now["green"] not in given.values()
    assert own_flows(second, second.tenant("red")) == [(0, 7)]
    assert own_flows(second, second.tenant("blue")) == [(0, 8)]
    assert own_flows(second, second.tenant("green")) == []


def test_a_slice_that_goes_takes_its_flows_and_groups_along() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    red, blue = first.tenant("red"), first.tenant("blue")
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (Output(1),))
    first.say(red, GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 5, (bucket,)))
    first.say(red, FlowMod(2, priority=7, instructions=(ApplyActions((Group(5),)),)))
    first.say(blue, FlowMod(3, priority=8, instructions=OUTPUT))
    second = run(WITHOUT_RED, switch)
    slivers = second.engine.datapaths[1].slivers
    assert tags(switch) == {slivers["blue"].tag}
    assert [number for number in switch.groups if number < 0x8000_0000] == []
    assert own_flows(second, second.tenant("blue")) == [(0, 8)]
    assert own_flows(second, second.tenant("green")) == []


def test_groups_keep_their_ids_over_a_restart() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (Output(1),))
    for name in ("red", "blue"):
        made = GroupMod(1, of.OFPGC_ADD, of.OFPGT_INDIRECT, 5, (bucket,))
        assert first.say(first.tenant(name), made) == []
    second = run(POLICY, switch)
    for name in ("red", "blue"):
        (reply,) = second.say(second.tenant(name), GroupDescRequest(2))
        assert isinstance(reply, GroupDescReply)
        assert [(each.group_id, each.buckets) for each in reply.entries] == [(5, (bucket,))]


def a_meter(number: int, rate: int = 1000) -> MeterMod:
    return MeterMod(1, of.OFPMC_ADD, of.OFPMF_KBPS, number, (DropBand(rate, 100),))


def meters_of(network: Network, tenant: FakeTenant) -> list[tuple[int, int]]:
    """(id, flows that use it) of each meter that a tenant reads."""
    (reply,) = network.say(tenant, MeterStatsRequest(2))
    assert isinstance(reply, MeterStatsReply)
    return [(each.meter_id, each.flow_count) for each in reply.entries]


def test_meters_keep_their_ids_over_a_restart() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    uses = FlowMod(3, priority=7, instructions=(MeterInstruction(5), *OUTPUT))
    for name in ("red", "blue"):
        assert first.say(first.tenant(name), a_meter(5), uses) == []
    before = dict(switch.tables.flows), dict(of_tenants(switch.meters))
    second = run(POLICY, switch)
    assert (switch.tables.flows, of_tenants(switch.meters)) == before
    for name in ("red", "blue"):
        tenant = second.tenant(name)
        assert meters_of(second, tenant) == [(5, 1)]
        (refused,) = second.say(tenant, a_meter(5))
        assert isinstance(refused, ErrorMessage)
        assert (refused.type, refused.code) == errors.METER_MOD_FAILED_METER_EXISTS[:2]
    deleted = replace(a_meter(of.OFPM_ALL), command=of.OFPMC_DELETE)
    assert second.say(second.tenant("red"), deleted) == []
    assert own_flows(second, second.tenant("red")) == []
    assert meters_of(second, second.tenant("blue")) == [(5, 1)]


def test_a_slice_that_goes_takes_its_meters_along() -> None:
    switch = a_switch()
    first = run(POLICY, switch)
    for name in ("red", "blue"):
        first.say(first.tenant(name), a_meter(5))
    second = run(WITHOUT_RED, switch)
    assert len(of_tenants(switch.meters)) == 1
    assert meters_of(second, second.tenant("blue")) == [(5, 0)]
    assert meters_of(second, second.tenant("green")) == []
    third = run(POLICY, switch)
    assert meters_of(third, third.tenant("red")) == [], "its tag may be another's former one"


def test_a_meter_mod_is_answered_before_a_later_barrier_and_its_error_quotes_it() -> None:
    network = run(POLICY, a_switch())
    red = network.tenant("red")
    wrong = replace(a_meter(5, rate=0), xid=77)
    refused, passed = network.say(red, a_meter(1), wrong, BarrierRequest(78))
    assert isinstance(refused, ErrorMessage)
    assert (refused.xid, refused.data) == (77, V13.encode(wrong))
    assert passed == BarrierReply(78)
    assert meters_of(network, red) == [(1, 0)]


def test_two_controllers_of_a_slice_add_the_same_meter_at_once() -> None:
    switch = a_switch()
    listening = POLICY.replace("tcp:127.0.0.1:6653", "ptcp:7000")
    network = run(listening, switch)
    endpoint = next(each for each in network.listening if isinstance(each, ControllerEndpoint))
    red, other = (network.connect(endpoint) for _ in range(2))
    other.say(a_meter(5))
    heard = network.say(red, a_meter(5)) + other.take_heard()
    assert [each.code for each in heard if isinstance(each, ErrorMessage)] == [
        errors.METER_MOD_FAILED_METER_EXISTS.code
    ]
    assert len(heard) == len(of_tenants(switch.meters)) == 1
    assert meters_of(network, red) == [(5, 0)]
    second = run(POLICY, switch)
    assert meters_of(second, second.tenant("red")) == [(5, 0)], "it is noted"


def test_what_somebody_else_removes_is_mended_at_once() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    before = {key: flow.meaning for key, flow in switch.tables.flows.items()}
    switch.flush()
    network.run()
    network.wait(0.5)
    assert {key: flow.meaning for key, flow in switch.tables.flows.items()} == before


def test_what_somebody_else_changes_without_a_word_is_mended_by_the_audit() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    group = next(iter(switch.groups))
    before = switch.groups[group]
    switch.groups[group] = replace(before, buckets=())
    switch.fragments = of.OFPC_FRAG_NORMAL
    network.wait(31)
    assert switch.groups[group] == replace(before, command=switch.groups[group].command)
    assert switch.fragments == 3


def test_a_flow_of_somebody_elses_is_left_alone() -> None:
    switch = a_switch()
    foreign = FlowMod(1, table_id=0, priority=65001, match=Match.of(eth_type=0x9999), cookie=1)
    switch.tables.add(foreign, "somebody", 0.0)
    run(POLICY, switch)
    kept = [flow for flow in switch.tables.flows.values() if flow.cookie == 1]
    assert len(kept) == 1


def statuses(tenant: FakeTenant) -> list[tuple[int, int]]:
    """(reason, port) of the port-status messages that a tenant has heard."""
    return [
        (each.reason, each.desc.port_no)
        for each in tenant.take_heard()
        if isinstance(each, PortStatus)
    ]


def test_ports_come_and_go_for_those_who_have_them() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red, blue = network.tenant("red"), network.tenant("blue")
    flood = next(each for each in switch.groups.values() if each.group_id & 0xFFFF == 0xFFFB)
    assert len(flood.buckets) == 3
    switch.set_port(port(4))
    network.run()
    assert (statuses(red), statuses(blue)) == ([(of.OFPPR_ADD, 4)], [])
    assert len(switch.groups[flood.group_id].buckets) == 4
    switch.set_port(port(4, state=of.OFPPS_LINK_DOWN))
    network.run()
    assert (statuses(red), statuses(blue)) == ([(of.OFPPR_MODIFY, 4)], [])
    switch.remove_port(4)
    network.run()
    assert (statuses(red), statuses(blue)) == ([(of.OFPPR_DELETE, 4)], [])
    assert len(switch.groups[flood.group_id].buckets) == 3


def test_a_port_that_takes_another_name_changes_hands() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red, blue = network.tenant("red"), network.tenant("blue")
    switch.set_port(port(3, "uplink"))
    network.run()
    assert statuses(blue) == [(of.OFPPR_DELETE, 3)]
    assert statuses(red) == [(of.OFPPR_MODIFY, 3)]
    switch.set_port(port(2, "p3"))
    network.run()
    assert statuses(blue) == [(of.OFPPR_ADD, 2)]


def test_a_flow_that_times_out_is_told_to_its_tenant_alone() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red, blue = network.tenant("red"), network.tenant("blue")
    timed = FlowMod(
        1,
        cookie=9,
        table_id=3,
        hard_timeout=5,
        flags=of.OFPFF_SEND_FLOW_REM,
        match=Match.of(in_port=1),
    )
    network.say(red, timed)
    switch.pass_time(6)
    network.run()
    (removed,) = red.take_heard()
    assert isinstance(removed, FlowRemoved)
    assert (removed.cookie, removed.table_id, removed.match) == (9, 3, Match.of(in_port=1))
    assert blue.take_heard() == []


def test_when_the_switch_goes_its_tenants_are_disconnected_and_met_again() -> None:
    switch = a_switch()
    network = run(POLICY, switch)
    red = network.tenant("red")
    network.unplug(switch)
    assert not red.is_connected
    assert network.tenants == []
    network.plug(switch)
    assert {each.slice for each in network.tenants} == {"red", "blue"}


def test_a_controller_that_cannot_be_reached_is_dialled_again_ever_slower() -> None:
    network = Network(POLICY, Settings(retry_first=0.2, retry_most=1.0))
    network.refuses_dials = True
    network.plug(a_switch())
    moments = []
    for _ in range(600):
        before = len(network.refused)
        network.wait(0.01)
        if len(network.refused) > before:
            moments.append(network.now)
    gaps = [round(later - earlier, 1) for earlier, later in pairwise(moments)]
    assert gaps[:2] == [0.4, 0.8]
    assert set(gaps[2:]) == {1.0}
    network.refuses_dials = False
    network.wait(1.1)
    assert {each.slice for each in network.tenants} == {"red", "blue"}
