"""NORMAL: for a slice that owns all of a datapath, as long as it does."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, Group, Output
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions, WriteActions
from slicer.openflow.messages import FlowMod, GroupMod, PacketOut, PortMod
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward
from slicer.proxy.pipeline import layout, normal
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.refusal import Refusal
from tests.fakes import frames
from tests.unit.proxy.pipeline.bench import ARP, OTHER_PACKET, Bench
from tests.unit.proxy.pipeline.driving import carry_out

ALL = FlowSpace([Rule("red", 2, Region.ANY), Rule("blue", 1, Region.ANY)])
ARP_ONLY = FlowSpace([Rule("red", 2, ARP), Rule("blue", 1, Region.ANY)])
NORMAL = Output(of.OFPP_NORMAL)


def flow(*actions: Action, write: bool = False) -> FlowMod:
    wrap = WriteActions if write else ApplyActions
    return FlowMod(9, priority=7, instructions=(wrap(actions),))


def leaves(bench: Bench) -> list[int]:
    """The ports that a packet which comes in by port 1 leaves by."""
    result = bench.switch.inject(1, frames.read(OTHER_PACKET))
    return [number for number, _ in result.outputs]


@pytest.mark.parametrize(
    ("space", "owner"),
    [
        (ALL, "red"),
        (ARP_ONLY, None),
        (FlowSpace([Rule("red", 2, Region.ANY, ports=frozenset({1}))]), None),
        (FlowSpace([Rule("red", 1, Region.ANY), Rule("blue", 2, ARP)]), None),
        (FlowSpace(()), None),
    ],
)
def test_who_owns_all(space: FlowSpace, owner: str | None) -> None:
    assert normal.owner_of_all(space) == owner
    found = list(normal.flows(space, {"red": 5, "blue": 6}, {"red": {}}))
    assert len(found) == (owner is not None)


def test_the_flow_is_of_the_owners_requests() -> None:
    (found,) = normal.flows(ALL, {"red": 5, "blue": 6}, {"red": {1: 0}})
    assert StageCookie.read(found.cookie) == StageCookie(Stage.NORMAL, 5, layout.NORMAL_PORT)
    assert found.match.get(layout.REQUEST) == layout.request(5, layout.NORMAL_PORT)


@pytest.mark.parametrize("write", [False, True])
def test_who_owns_all_may_ask_for_it_and_reads_it_back(write: bool) -> None:
    bench = Bench(ALL)
    asked = flow(NORMAL, write=write)
    bench.add(bench.red, asked)
    assert [each.instructions for each in bench.flows_of(bench.red)] == [asked.instructions]
    assert leaves(bench) == [2]


def test_in_a_group_and_in_a_packet_out_too() -> None:
    bench = Bench(ALL)
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (NORMAL,))
    group = GroupMod(9, of.OFPGC_ADD, of.OFPGT_INDIRECT, 1, (bucket,))
    assert carry_out(bench.pipeline.group_mod(bench.red, group), bench.switch) == []
    bench.add(bench.red, flow(Group(1)))
    assert leaves(bench) == [2]
    out = PacketOut(9, in_port=1, actions=(NORMAL,), data=OTHER_PACKET)
    carry_out(Forward(bench.pipeline.packet_out(bench.red, out)), bench.switch)
    assert [number for number, _ in bench.switch.results[-1].outputs] == [2]


def test_nobody_else_may() -> None:
    for bench, sliver in ((one := Bench(ALL), one.blue), (other := Bench(ARP_ONLY), other.red)):
        with pytest.raises(Refusal) as refused:
            bench.pipeline.flow_mod(sliver, flow(NORMAL))
        assert refused.value.error == errors.BAD_ACTION_BAD_OUT_PORT
        assert bench.pipeline.flow_mod_frame(sliver, V13.encode(flow(NORMAL))) is None


def test_what_was_granted_ends_with_the_ownership_and_comes_back_with_it() -> None:
    bench = Bench(ALL)
    frame = V13.encode(flow(NORMAL))
    assert bench.pipeline.flow_mod_frame(bench.red, frame) is None
    bench.add(bench.red, flow(NORMAL))
    bench.synchronise(bench.pipeline, ARP_ONLY)
    assert leaves(bench) == []
    arp = frames.read(bytes(12) + b"\x08\x06" + bytes(28))
    assert bench.switch.inject(1, arp).outputs == [], "not even what is still the slice's"
    assert bench.pipeline.flow_mod_frame(bench.red, frame) is None, "the deep way judges"
    with pytest.raises(Refusal):
        bench.pipeline.flow_mod(bench.red, flow(NORMAL))
    bench.synchronise(bench.pipeline, ALL)
    assert leaves(bench) == [2]


def port_mod(bench: Bench, config: int) -> None:
    """The tenant configures port 2."""
    asked = PortMod(9, 2, bench.red.ports[2].hw_addr, config, 0x7F)
    assert carry_out(bench.pipeline.port_mod(bench.red, asked), bench.switch) == []


@pytest.mark.parametrize("bit", [of.OFPPC_PORT_DOWN, of.OFPPC_NO_FWD, of.OFPPC_NO_FLOOD])
def test_it_heeds_what_the_sliver_has_configured_of_its_ports(bit: int) -> None:
    bench = Bench(ALL)
    bench.add(bench.red, flow(NORMAL))
    port_mod(bench, bit)
    assert leaves(bench) == []
    assert bench.synchronise(bench.pipeline, ALL) == 0, "nothing is left to be mended"
    port_mod(bench, 0)
    assert leaves(bench) == [2]
    assert bench.synchronise(bench.pipeline, ALL) == 0
    (found,) = normal.flows(ALL, {"red": 5}, {"red": {1: of.OFPPC_NO_PACKET_IN}})
    assert found.instructions == (ApplyActions((NORMAL,)),), "that is no matter of forwarding"
