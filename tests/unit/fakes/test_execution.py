"""Execution: where the fake switch sends packets, as seen on Open vSwitch 3.1."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    GotoTable,
    Instruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, GroupMod
from slicer.openflow.oxm import Match, header_of, oxm
from tests.fakes.execution import NO_COOKIE, Execution, Plane, Result, in_set_order
from tests.fakes.flight import Flight
from tests.fakes.network import port
from tests.fakes.packet import Packet
from tests.fakes.tables import Tables

TCP = Packet.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
CONTROLLER = a.Output(of.OFPP_CONTROLLER, 100)
REG5 = header_of("reg5")


class Switch:
    """Tables, groups and ports 1 to 3."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.groups: dict[int, GroupMod] = {}
        self.ports = {number: port(number) for number in (1, 2, 3)}

    def flow(
        self, *instructions: Instruction, table: int = 0, priority: int = 5, **match: int
    ) -> None:
        asked = FlowMod(
            1,
            cookie=table + 0x10,
            table_id=table,
            priority=priority,
            match=Match.of(**match),
            instructions=instructions,
        )
        self.tables.add(asked, "me", 0.0)

    def group(self, kind: int, *buckets: tuple[a.Action, ...]) -> None:
        made = tuple(Bucket(0, of.OFPP_ANY, of.OFPG_ANY, each) for each in buckets)
        self.groups[7] = GroupMod(1, of.OFPGC_ADD, kind, 7, made)

    def execution(self, packet: Packet, *, is_sliver: bool = False) -> Execution:
        plane = Plane(self.tables, self.groups, self.ports, 0.0, is_sliver)
        return Execution(plane, Flight(packet, 1), 60)

    def enter(self, packet: Packet = TCP) -> Result:
        return self.execution(packet).enter()

    def ways(self, packet: Packet = TCP) -> list[int]:
        return [number for number, _ in self.enter(packet).outputs]


@pytest.fixture
def switch() -> Switch:
    return Switch()


def test_actions_are_carried_out_in_order(switch: Switch) -> None:
    moved = a.SetField(oxm("tcp_dst", 443))
    switch.flow(ApplyActions((a.Output(2), moved, a.Output(3))), eth_type=0x0800, ip_proto=6)
    assert [packet.seen["tcp_dst"] for _, packet in switch.enter().outputs] == [80, 443]


def test_no_flow_is_the_end(switch: Switch) -> None:
    assert switch.ways() == []
    switch.flow(ApplyActions((a.Output(2),)), GotoTable(4))
    assert switch.ways() == [2]


def test_a_packet_does_not_leave_by_its_own_port_unless_told_to(switch: Switch) -> None:
    switch.flow(ApplyActions((a.Output(1), a.Output(of.OFPP_FLOOD), a.Output(of.OFPP_IN_PORT))))
    assert switch.ways() == [2, 3, 1]
    switch.ports[3] = port(3).__class__(3, bytes(6), "p3", of.OFPPC_PORT_DOWN)
    assert switch.ways() == [2, 1]


def test_a_resubmit_sees_what_was_rewritten_and_what_it_rewrites_stays(switch: Switch) -> None:
    load = a.RegLoad(REG5, 4, 8, 0xAB)
    to_9 = a.Resubmit(of.OFPP_IN_PORT, 9)
    switch.flow(ApplyActions((load, to_9, a.Resubmit(of.OFPP_IN_PORT, 8), to_9)))
    switch.flow(ApplyActions((a.Output(2), a.RegLoad(REG5, 0, 32, 1))), table=9, reg5=0xAB0)
    switch.flow(ApplyActions((a.Output(3),)), table=9, reg5=1)
    assert switch.ways() == [2, 3]


def test_a_move_copies_bits(switch: Switch) -> None:
    move = a.RegMove(16, 0, 8, header_of("nxm_in_port"), REG5)
    switch.flow(ApplyActions((move, a.Resubmit(of.OFPP_IN_PORT, 9))))
    switch.flow(ApplyActions((a.Output(2),)), table=9, reg5=0x100)
    assert switch.ways() == [2]


def test_metadata_is_written_under_its_mask(switch: Switch) -> None:
    switch.flow(WriteMetadata(0xFF, 0x0F), GotoTable(1))
    switch.flow(WriteMetadata(0, 0x01), GotoTable(2), table=1)
    switch.flow(ApplyActions((a.Output(2),)), table=2, metadata=0x0E)
    assert switch.ways() == [2]


def test_an_action_set_is_carried_out_at_the_end(switch: Switch) -> None:
    switch.flow(WriteActions((a.Output(2),)), ApplyActions((a.Output(3),)), GotoTable(1))
    assert switch.ways() == [3, 2]
    switch.flow(WriteActions((a.Output(1),)), table=1)
    assert switch.ways() == [3]
    switch.flow(ClearActions(), table=1)
    assert switch.ways() == [3]


def test_the_order_of_an_action_set() -> None:
    moved = a.SetField(oxm("eth_dst", 1))
    listed = (a.Output(2), moved, a.PushVlan(0x8100), a.PopVlan(), a.Output(3))
    assert in_set_order(listed) == [a.PopVlan(), a.PushVlan(0x8100), moved, a.Output(3)]
    assert in_set_order((a.Output(2), a.Group(7))) == [a.Group(7)]
    assert in_set_order((a.Resubmit(of.OFPP_IN_PORT, 1), a.Output(2))) == [a.Output(2)]


def test_a_bucket_works_on_a_copy(switch: Switch) -> None:
    change = a.SetField(oxm("eth_dst", 9))
    switch.group(of.OFPGT_ALL, (change, a.Output(2)), (a.Output(3),))
    switch.flow(ApplyActions((a.Group(7), a.Output(2))))
    found = [(number, packet.seen["eth_dst"]) for number, packet in switch.enter().outputs]
    assert found == [(2, 9), (3, 0), (2, 0)]


@pytest.mark.parametrize(("kind", "ways"), [(of.OFPGT_INDIRECT, [2]), (of.OFPGT_SELECT, [2])])
def test_other_groups_take_one_bucket(switch: Switch, kind: int, ways: list[int]) -> None:
    switch.group(kind, (a.Output(2),), (a.Output(3),))
    switch.flow(ApplyActions((a.Group(7),)))
    assert switch.ways() == ways


def test_fast_failover_takes_the_first_bucket_whose_port_is_up(switch: Switch) -> None:
    buckets = tuple(Bucket(0, number, of.OFPG_ANY, (a.Output(number),)) for number in (2, 3))
    switch.groups[7] = GroupMod(1, of.OFPGC_ADD, of.OFPGT_FF, 7, buckets)
    switch.flow(ApplyActions((a.Group(7),)))
    assert switch.ways() == [2]
    switch.ports[2] = port(2).__class__(2, bytes(6), "p2", of.OFPPC_PORT_DOWN)
    assert switch.ways() == [3]


def test_a_packet_in_names_its_flow_and_its_table_miss(switch: Switch) -> None:
    switch.flow(ApplyActions((CONTROLLER,)), GotoTable(3))
    switch.flow(ApplyActions((CONTROLLER,)), table=3, priority=0)
    found = [(each.table, each.cookie, each.reason) for each in switch.enter().to_controller]
    assert found == [(0, 0x10, of.OFPR_ACTION), (3, 0x13, of.OFPR_NO_MATCH)]


def test_an_action_sets_packet_in_is_the_first_flows(switch: Switch) -> None:
    switch.flow(GotoTable(3))
    switch.flow(WriteActions((CONTROLLER,)), table=3, priority=0)
    (found,) = switch.enter().to_controller
    assert (found.table, found.cookie, found.reason) == (0, 0x10, of.OFPR_ACTION)
    (of_sliver,) = switch.execution(TCP, is_sliver=True).enter().to_controller
    assert (of_sliver.table, of_sliver.cookie) == (0, NO_COOKIE)


def test_a_buckets_packet_in_is_the_flows_that_names_the_group(switch: Switch) -> None:
    switch.group(of.OFPGT_ALL, (CONTROLLER,))
    switch.flow(GotoTable(3))
    switch.flow(ApplyActions((a.Group(7), CONTROLLER)), table=3)
    found = [(each.table, each.cookie) for each in switch.enter().to_controller]
    assert found == [(3, 0x13), (3, 0x13)]
    of_sliver = switch.execution(TCP, is_sliver=True).enter().to_controller
    assert [(each.table, each.cookie) for each in of_sliver] == [(0, NO_COOKIE), (3, 0x13)]


def test_a_clone_changes_nothing_of_the_packet_itself(switch: Switch) -> None:
    listed = (a.Clone((a.SetField(oxm("eth_dst", 9)), a.Output(2))), a.OutputTruncated(3, 14))
    switch.flow(ApplyActions(listed))
    result = switch.enter()
    assert [number for number, _ in result.outputs] == [2, 3]
    assert result.outputs[0][1] != result.outputs[1][1] == TCP


def test_a_packet_out_comes_from_no_flow(switch: Switch) -> None:
    switch.flow(ApplyActions((CONTROLLER,)), priority=0)
    listed = (CONTROLLER, a.Output(of.OFPP_TABLE), a.Output(2))
    result = switch.execution(TCP).carry_out(listed)
    found = [(each.cookie, each.reason) for each in result.to_controller]
    assert found == [(NO_COOKIE, of.OFPR_ACTION), (0x10, of.OFPR_ACTION)]
    assert [number for number, _ in result.outputs] == [2]


def test_a_packet_that_is_resubmitted_for_ever_goes_nowhere(switch: Switch) -> None:
    switch.flow(ApplyActions((a.Output(2), a.Resubmit(of.OFPP_IN_PORT, 0))))
    result = switch.enter()
    assert result.is_given_up
    assert result.outputs == []


def test_a_way_on_which_a_switch_may_choose_between_flows_is_not_defined(switch: Switch) -> None:
    switch.flow(GotoTable(1), priority=5)
    switch.flow(table=1, priority=3)
    switch.flow(table=1, priority=2, in_port=1)
    assert switch.enter().is_defined
    switch.flow(table=1, priority=3, in_port=1)
    assert not switch.enter().is_defined


def test_flows_count_their_packets(switch: Switch) -> None:
    switch.flow(ApplyActions((a.Output(2),)))
    switch.ways()
    switch.ways()
    (flow,) = switch.tables.flows.values()
    assert (flow.packets, flow.bytes) == (2, 120)


def test_the_way_can_be_read(switch: Switch) -> None:
    switch.flow(ApplyActions((a.Output(2), CONTROLLER)))
    story = str(switch.enter())
    assert "table 0: port 0x1, <Packet eth_type=0x800" in story
    assert "out by 2" in story
    assert "to the controller" in story
