"""Bandwidth, seen from outside: lent and given back as time passes, and nothing where none is
shared."""

from collections.abc import Iterator

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.groups import DropBand
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import ErrorMessage, FlowMod, MeterMod
from slicer.openflow.multipart import MeterConfigReply, MeterConfigRequest
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline.layout import Stage, StageCookie
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch

SHARED = """
listen: [tcp:127.0.0.1:6633]
datapaths:
  s1: {dpid: 1, ports: {2: {capacity: 100M}}}
slices:
  red: {controllers: [tcp:127.0.0.1:6653], shares: {guarantee: 10M, share: 30}}
  blue: {controllers: [tcp:127.0.0.1:6654], shares: {share: 70}}
flowspace:
  - {slice: red, priority: 10, match: {eth_type: ipv4}}
  - {slice: blue, priority: 1}
"""
ALONE = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653], shares: {ceiling: 10M}}
flowspace:
  - {slice: red, priority: 10}
"""
NORMAL = FlowMod(1, instructions=(ApplyActions((Output(of.OFPP_NORMAL),)),))


def a_switch() -> FakeSwitch:
    return FakeSwitch(1, [port(1), port(2)])


def run(policy: str, switch: FakeSwitch) -> Network:
    network = Network(policy)
    network.plug(switch)
    return network


def meter(network: Network, switch: FakeSwitch, name: str, number: int = 2) -> int:
    """The id of a slice's meter at a port."""
    place = (Stage.EMIT, network.engine.datapaths[1].slivers[name].tag, number)
    found: Iterator[int | None] = (
        flow.meter
        for flow in switch.tables.flows.values()
        if (cookie := StageCookie.read(flow.cookie))
        and (cookie.stage, cookie.tag, cookie.port) == place
    )
    made = next(found)
    assert made is not None
    return made


def rates(network: Network, switch: FakeSwitch) -> tuple[int, int]:
    """Red's and blue's, in Mbit/s."""
    red, blue = (switch.meters[meter(network, switch, name)].bands[0] for name in ("red", "blue"))
    assert isinstance(red, DropBand)
    assert isinstance(blue, DropBand)
    return red.rate // 1000, blue.rate // 1000


def pass_time(network: Network, switch: FakeSwitch, seconds: float, *floods: str) -> None:
    """Time, in which some slices send far more than they may."""
    for _ in range(round(seconds / 0.1)):
        switch.now += 0.1
        for name in floods:
            each = meter(network, switch, name)
            came, dropped = switch.offered.get(each, (0, 0))
            switch.offered[each] = (came + 2_000_000, dropped + 1_000_000)
        network.wait(0.1)


def test_a_share_is_lent_in_two_seconds_and_given_back_in_one() -> None:
    switch = a_switch()
    network = run(SHARED, switch)
    pass_time(network, switch, 1.0, "red", "blue")
    assert rates(network, switch) == (37, 63)
    pass_time(network, switch, 2.0, "red")
    assert rates(network, switch)[0] >= 95
    pass_time(network, switch, 1.0, "red", "blue")
    assert rates(network, switch) == (37, 63)


def test_where_nothing_changes_hands_nothing_is_set() -> None:
    switch = a_switch()
    network = run(SHARED, switch)
    pass_time(network, switch, 2.0, "red", "blue")
    before = dict(switch.meters)
    pass_time(network, switch, 3.0, "red", "blue")
    assert all(switch.meters[number] is each for number, each in before.items())


def test_a_new_run_takes_over_what_is_lent() -> None:
    switch = a_switch()
    first = run(SHARED, switch)
    pass_time(first, switch, 3.0, "red")
    lent = rates(first, switch)
    before = dict(switch.meters)
    second = run(SHARED, switch)
    assert switch.meters == before
    assert rates(second, switch) == lent
    pass_time(second, switch, 1.0, "red", "blue")
    assert rates(second, switch) == (37, 63)


def test_a_datapath_that_leaves_is_looked_at_no_more() -> None:
    switch = a_switch()
    network = run(SHARED, switch)
    network.unplug(switch)
    deadline = network.engine.next_deadline
    assert deadline is None or deadline > network.now + 1.0


def test_a_tenant_neither_sees_nor_changes_the_slicers_meters() -> None:
    switch = a_switch()
    network = run(SHARED, switch)
    red, before = network.tenant("red"), dict(switch.meters)
    (reply,) = network.say(red, MeterConfigRequest(1))
    assert isinstance(reply, MeterConfigReply)
    assert reply.entries == ()
    own = meter(network, switch, "blue")
    (refused,) = network.say(red, MeterMod(2, of.OFPMC_MODIFY, 1, own, (DropBand(1, 1),)))
    assert isinstance(refused, ErrorMessage)
    network.say(red, MeterMod(3, of.OFPMC_DELETE, 1, of.OFPM_ALL))
    assert switch.meters == before


def test_who_is_held_back_has_no_normal_which_would_pass_the_meters() -> None:
    switch = a_switch()
    network = run(ALONE.replace("shares", "limits").replace("ceiling: 10M", "flows: 9"), switch)
    assert network.say(network.tenant("red"), NORMAL) == []
    held = run(ALONE, switch)
    (error,) = held.say(held.tenant("red"), NORMAL)
    assert isinstance(error, ErrorMessage)
    assert (error.type, error.code) == errors.BAD_ACTION_BAD_OUT_PORT[:2]
    stages = [StageCookie.read(flow.cookie) for flow in switch.tables.flows.values()]
    assert Stage.NORMAL not in [each.stage for each in stages if each is not None]


def test_what_somebody_does_to_a_meter_is_mended_by_the_audit() -> None:
    switch = a_switch()
    network = run(SHARED, switch)
    number = meter(network, switch, "red")
    switch.receive(V13.encode(MeterMod(1, of.OFPMC_MODIFY, 5, number, (DropBand(1, 1),))))
    network.wait(31)
    assert rates(network, switch) == (37, 63)
