"""Limits of a slice: what its controllers may say, and how many flows and groups it may have."""

from typing import Any

import pytest

from slicer.openflow import bundles, errors
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.bundles import Control, Step
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import DropBand
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    GetConfigRequest,
    GroupMod,
    Message,
    MeterMod,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import ControllerEndpoint
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

OUTPUT = (ApplyActions((Output(2),)),)


def network(limits: str) -> tuple[Network, FakeSwitch, FakeTenant]:
    """A switch with the slices red, which is limited, and blue, which is not."""
    net = Network(
        f"""
listen: [tcp:127.0.0.1:6633]
slices:
  red: {{controllers: [ptcp:7000], limits: {{{limits}}}}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3]}}
"""
    )
    switch = FakeSwitch(1, [port(1), port(2), port(3)])
    net.plug(switch)
    return net, switch, net.connect(endpoint(net, "red"))


def endpoint(net: Network, name: str) -> ControllerEndpoint:
    (found,) = (
        each
        for each in net.listening
        if isinstance(each, ControllerEndpoint) and each.slice == name
    )
    return found


def flow(number: int, **changed: Any) -> FlowMod:
    return FlowMod(
        number, match=Match.of(in_port=1, eth_src=number), instructions=OUTPUT, **changed
    )


def refused(answers: list[Message]) -> list[tuple[int, tuple[int, int]]]:
    """xid and (type, code) of the errors."""
    return [
        (each.xid, (each.type, each.code)) for each in answers if isinstance(each, ErrorMessage)
    ]


def code(error: ErrorCode) -> tuple[int, int]:
    return error.type, error.code


def flows_of(switch: FakeSwitch, tag: int = 1) -> int:
    """How many of a slice's flows the switch has."""
    return sum(
        flow.constraints.get("reg0") == (tag, 0xFFFFFFFF) for flow in switch.tables.flows.values()
    )


# ---- flows ----


def test_one_flow_too_many_is_refused_and_the_others_are_there() -> None:
    net, switch, red = network("flows: 3")
    answers = net.say(red, *map(flow, range(1, 6)), BarrierRequest(9))
    assert refused(answers) == [
        (4, code(errors.FLOW_MOD_FAILED_TABLE_FULL)),
        (5, code(errors.FLOW_MOD_FAILED_TABLE_FULL)),
    ]
    assert answers[-1] == BarrierReply(9)
    assert flows_of(switch) == 3
    error = answers[0]
    assert isinstance(error, ErrorMessage)
    assert error.data == V13.encode(flow(4))


def test_a_flow_that_takes_anothers_place_needs_no_room() -> None:
    net, switch, red = network("flows: 1")
    assert net.say(red, flow(1), flow(1, cookie=7)) == []
    assert [each.cookie for each in switch.tables.flows.values() if each.cookie == 7] == [7]
    assert refused(net.say(red, flow(1, priority=7))) == [
        (1, code(errors.FLOW_MOD_FAILED_TABLE_FULL))
    ]
    assert net.say(red, flow(1, command=of.OFPFC_MODIFY)) == [], "a modify adds nothing"


def test_what_is_deleted_or_expires_makes_room() -> None:
    net, switch, red = network("flows: 1")
    assert net.say(red, flow(1, hard_timeout=5)) == []
    assert len(net.say(red, flow(2))) == 1
    switch.pass_time(6)
    assert net.say(red, flow(2)) == []
    assert net.say(red, flow(2, command=of.OFPFC_DELETE), flow(3)) == []
    assert flows_of(switch) == 1


def test_what_the_switch_refuses_takes_no_room() -> None:
    net, switch, red = network("flows: 1")
    bad = FlowMod(1, match=Match.of(ipv4_src=1))
    assert len(net.say(red, bad, bad)) == 2
    assert net.say(red, flow(1)) == []
    assert flows_of(switch) == 1


def test_the_limit_holds_for_all_controllers_together_and_over_a_restart() -> None:
    net, switch, red = network("flows: 2")
    second = net.connect(endpoint(net, "red"))
    red.say(flow(1), flow(2))
    second.say(flow(3), flow(4))
    net.run()
    assert flows_of(switch) == 2
    again = Network(net.policy)
    again.plug(switch)
    tenant = again.connect(endpoint(again, "red"))
    assert len(refused(again.say(tenant, flow(5), flow(6)))) == 2
    assert flows_of(switch) == 2


def test_a_modify_of_1_0_that_adds_needs_room() -> None:
    net, switch, _ = network("flows: 1")
    red = net.connect(endpoint(net, "red"), V10)
    modify = FlowMod(
        1, command=of.OFPFC_MODIFY, match=Match.of(in_port=1), instructions=OUTPUT, upsert=True
    )
    other = FlowMod(
        2, command=of.OFPFC_MODIFY, match=Match.of(in_port=2), instructions=OUTPUT, upsert=True
    )
    assert net.say(red, modify, modify) == []
    assert len(refused(net.say(red, other))) == 1
    assert flows_of(switch) == 1


def test_another_slices_flows_are_no_matter() -> None:
    net, _, red = network("flows: 1")
    blue = net.connect(endpoint(net, "blue"))
    assert net.say(blue, *map(flow, range(1, 9))) == []
    assert net.say(red, flow(1)) == []


# ---- groups ----


def group(number: int, command: int = of.OFPGC_ADD) -> GroupMod:
    return GroupMod(number, command, of.OFPGT_ALL, number)


def test_one_group_too_many_is_refused() -> None:
    net, _, red = network("groups: 2")
    answers = net.say(red, group(1), group(2), group(3))
    assert refused(answers) == [(3, code(errors.GROUP_MOD_FAILED_OUT_OF_GROUPS))]
    assert net.say(red, group(2, of.OFPGC_MODIFY)) == []
    assert net.say(red, group(1, of.OFPGC_DELETE), group(3)) == []


# ---- meters ----


def test_one_meter_too_many_is_refused() -> None:
    net, _, red = network("meters: 1")
    bands = (DropBand(1000, 0),)
    one, two = (MeterMod(n, of.OFPMC_ADD, of.OFPMF_KBPS, n, bands) for n in (1, 2))
    assert refused(net.say(red, one, two)) == [(2, code(errors.METER_MOD_FAILED_OUT_OF_METERS))]
    delete = MeterMod(3, of.OFPMC_DELETE, 0, 1)
    assert net.say(red, delete, two) == []


# ---- bundles ----


def in_bundle(*inside: FlowMod) -> list[Message]:
    return [
        Control(1, Step.OPEN_REQUEST, 0).message(50),
        *(bundles.add(1, 0, V13.encode(each)) for each in inside),
        Control(1, Step.COMMIT_REQUEST, 0).message(51),
    ]


def test_a_bundle_takes_room_for_all_that_it_may_add_or_none() -> None:
    net, switch, red = network("flows: 2")
    net.say(red, *in_bundle(flow(1), flow(2)))
    assert flows_of(switch) == 2
    delete = flow(1, command=of.OFPFC_DELETE)
    net.say(red, delete)
    answers = net.say(red, *in_bundle(flow(3), flow(4)))
    assert refused(answers) == [(51, code(errors.FLOW_MOD_FAILED_TABLE_FULL))]
    assert flows_of(switch) == 1
    assert not refused(net.say(red, *in_bundle(flow(3))))
    assert flows_of(switch) == 2
    assert len(refused(net.say(red, flow(4)))) == 1


# ---- what controllers may say ----


def test_a_new_switch_leaves_the_rate_as_it_is() -> None:
    """FlowVisor's was reset to none."""
    net, _, red = network("messages_per_second: 2")
    net.plug(FakeSwitch(2, [port(1), port(2)]))
    first, second = (
        each
        for each in net.listening
        if isinstance(each, ControllerEndpoint) and each.slice == "red"
    )
    assert (first.dpid, second.dpid) == (1, 2)
    other = net.connect(second)
    assert net.say(red, EchoRequest(1), EchoRequest(2)) == [EchoReply(1), EchoReply(2)]
    assert net.say(other, EchoRequest(3)) == []
    net.wait(0.6)
    assert other.take_heard() == [EchoReply(3)]


def test_beyond_its_rate_a_tenant_waits_and_nothing_is_lost() -> None:
    net, _, red = network("messages_per_second: 2")
    assert net.say(red, *map(EchoRequest, range(1, 6))) == [EchoReply(1), EchoReply(2)]
    assert net.peer_of(red) in net._paused
    red.take_heard()
    net.wait(1.01)
    assert red.take_heard() == [EchoReply(3), EchoReply(4)]
    net.wait(1.01)
    assert red.take_heard() == [EchoReply(5)]
    assert net.peer_of(red) not in net._paused
    sliver = net.engine.datapaths[1].slivers["red"]
    assert sliver.counters["waited: rate"] >= 2


def test_the_rate_is_the_slices_on_all_its_connections() -> None:
    net, _, red = network("messages_per_second: 2")
    second = net.connect(endpoint(net, "red"))
    assert net.say(red, EchoRequest(1), EchoRequest(2)) == [EchoReply(1), EchoReply(2)]
    assert net.say(second, EchoRequest(3)) == []


def test_another_slice_does_not_wait() -> None:
    net, _, red = network("messages_per_second: 1")
    blue = net.connect(endpoint(net, "blue"))
    net.say(red, *map(EchoRequest, range(50)))
    assert len(net.say(blue, *map(EchoRequest, range(50)))) == 50


def test_one_that_waits_long_is_not_taken_for_dead() -> None:
    net, _, red = network("messages_per_second: 1")
    net.say(red, *map(EchoRequest, range(60)))
    net.wait(65)
    assert red.is_connected
    assert len(red.take_heard()) >= 59


def test_refusing_is_the_other_way() -> None:
    net, _, red = network("messages_per_second: 2, over_limit: refuse")
    answers = net.say(red, *map(GetConfigRequest, (1, 2, 3)), EchoRequest(4))
    assert refused(answers) == [(3, code(errors.BAD_REQUEST_EPERM))]
    assert answers[-1] == EchoReply(4), "a refused echo would end the connection"
    net.wait(1.01)
    assert not refused(net.say(red, GetConfigRequest(5)))


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_requests_are_outstanding_than_the_limit(limit: int) -> None:
    net, switch, red = network(f"outstanding_requests: {limit}")
    blue = net.connect(endpoint(net, "blue"))
    net._paused.add(net.peer_of(switch))
    before = len(net.engine.datapaths[1].pending)
    net.say(red, *map(flow, range(1, 10)), *map(BarrierRequest, (20, 21)))
    waiting = len(net.engine.datapaths[1].pending) - before
    assert waiting == limit + 1, "and a barrier of the slicer's, to learn when they are done"
    net.say(blue, flow(1))
    assert len(net.engine.datapaths[1].pending) == before + waiting + 1
    net._paused.clear()
    net.run()
    assert red.take_heard() == [BarrierReply(20), BarrierReply(21)]
    assert flows_of(switch) == 9
