"""Tables: which flows a flow-mod means (OpenFlow 1.3.5 6.4)."""

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import Group, Output
from slicer.openflow.instructions import ApplyActions, WriteActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.multipart import FlowStatsRequest
from slicer.openflow.oxm import Match
from tests.fakes.flight import Flight
from tests.fakes.packet import Packet
from tests.fakes.tables import Flow, Overlap, Tables, in_order

ANY = Match()
IPV4 = Match.of(eth_type=0x0800)
TCP = Match.of(eth_type=0x0800, ip_proto=6)
TAGGED = Match.of(reg0=1, eth_type=0x0800)


def add(tables: Tables, match: Match, priority: int = 5, **more: object) -> Flow:
    values = {"match": match, "priority": priority, **more}
    return tables.add(FlowMod(1, **values), "me", 0.0)  # type: ignore[arg-type]


def meant(tables: Tables, command: int, **more: object) -> list[Match]:
    found = tables.meant(FlowMod(1, command=command, **more))  # type: ignore[arg-type]
    return [flow.match for flow in found]


@pytest.fixture
def tables() -> Tables:
    made = Tables()
    for match in (ANY, IPV4, TCP, TAGGED):
        add(made, match)
    return made


def test_a_loose_request_means_what_is_at_least_as_specific(tables: Tables) -> None:
    assert meant(tables, of.OFPFC_DELETE) == [ANY, IPV4, TCP, in_order(TAGGED)]
    assert meant(tables, of.OFPFC_DELETE, match=IPV4) == [IPV4, TCP, in_order(TAGGED)]
    assert meant(tables, of.OFPFC_DELETE, match=Match.of(reg0=1)) == [in_order(TAGGED)]
    assert meant(tables, of.OFPFC_DELETE, match=Match.of(reg0=(0, 1))) == []


def test_a_strict_request_means_one_flow(tables: Tables) -> None:
    assert meant(tables, of.OFPFC_DELETE_STRICT, match=IPV4, priority=5) == [IPV4]
    assert meant(tables, of.OFPFC_DELETE_STRICT, match=IPV4, priority=6) == []
    swapped = Match.of(eth_type=0x0800, reg0=(1, 0xFFFFFFFF))
    assert meant(tables, of.OFPFC_MODIFY_STRICT, match=swapped, priority=5) == [in_order(TAGGED)]


def test_a_table_and_a_cookie_narrow_what_is_meant(tables: Tables) -> None:
    add(tables, ANY, table_id=3, cookie=0x15)
    assert meant(tables, of.OFPFC_DELETE, table_id=3) == [ANY]
    assert len(meant(tables, of.OFPFC_DELETE, table_id=of.OFPTT_ALL)) == 5
    everywhere = {"table_id": of.OFPTT_ALL}
    assert meant(tables, of.OFPFC_DELETE, cookie=0x05, cookie_mask=0x0F, **everywhere) == [ANY]
    assert meant(tables, of.OFPFC_DELETE, cookie=0x06, cookie_mask=0x0F, **everywhere) == []


def test_output_filters_count_for_deletes_and_questions_only() -> None:
    tables = Tables()
    out = (ApplyActions((Output(2),)), WriteActions((Group(7),)))
    add(tables, ANY, instructions=out)
    add(tables, IPV4)
    assert meant(tables, of.OFPFC_DELETE, out_port=2) == [ANY]
    assert meant(tables, of.OFPFC_DELETE, out_group=7) == [ANY]
    assert meant(tables, of.OFPFC_DELETE, out_port=2, out_group=8) == []
    assert meant(tables, of.OFPFC_MODIFY, out_port=9) == [ANY, IPV4]
    assert [flow.match for flow in tables.selected(FlowStatsRequest(1, out_port=2))] == [ANY]


def test_adding_again_replaces_and_keeps_the_counts(tables: Tables) -> None:
    first = add(tables, TCP, cookie=1)
    first.packets = 9
    again = add(tables, TCP, cookie=2)
    assert (again.cookie, again.packets, len(tables.flows)) == (2, 9, 4)
    assert add(tables, TCP, flags=of.OFPFF_RESET_COUNTS).packets == 0


def test_modifying_keeps_all_but_the_instructions(tables: Tables) -> None:
    flow = add(tables, TCP, cookie=1)
    flow.packets = 4
    out = (ApplyActions((Output(2),)),)
    tables.modify(FlowMod(1, command=of.OFPFC_MODIFY, match=TCP, instructions=out, cookie=7), "you")
    assert (flow.instructions, flow.cookie, flow.packets, flow.author) == (out, 1, 4, "you")
    reset = of.OFPFF_RESET_COUNTS
    tables.modify(FlowMod(1, command=of.OFPFC_MODIFY, match=TCP, flags=reset), "you")
    assert flow.packets == 0


def test_an_overlap_is_found_at_the_same_priority_only(tables: Tables) -> None:
    checked = of.OFPFF_CHECK_OVERLAP
    with pytest.raises(Overlap):
        add(tables, Match.of(in_port=1), flags=checked)
    add(tables, Match.of(in_port=1), priority=6, flags=checked)
    with pytest.raises(Overlap):
        add(tables, Match.of(eth_dst=1), priority=6, flags=checked)
    add(tables, Match.of(in_port=2), priority=6, flags=checked)


def test_the_highest_priority_that_holds_is_found() -> None:
    tables = Tables()
    low, high = add(tables, ANY, 1), add(tables, Match.of(in_port=2, reg1=(1, 1)), 9)
    flight = Flight(Packet.of(eth_type=0x0800), 2)
    assert tables.lookup(0, flight) is low
    flight.set("xreg0", 0x0000_0000_0000_0001)
    assert tables.lookup(0, flight) is high
    tables.remove([high])
    assert tables.lookup(0, flight) is low
    assert tables.lookup(1, flight) is None


def test_flows_of_one_priority_that_both_hold_are_tied() -> None:
    tables = Tables()
    one, other = add(tables, ANY, 5), add(tables, Match.of(in_port=2), 5)
    add(tables, Match.of(eth_type=0x0800), 4)
    add(tables, ANY, 5, table_id=1)
    flight = Flight(Packet.of(eth_type=0x0800), 2)
    assert tables.is_tied(one, flight)
    assert tables.is_tied(other, flight)
    assert not tables.is_tied(one, Flight(Packet.of(eth_type=0x0800), 3))
    tables.remove([other])
    assert not tables.is_tied(one, flight)


def test_a_match_comes_back_in_the_switchs_order() -> None:
    written = Match.of(reg0=1, metadata=3, eth_type=0x0800, in_port=4, ip_frag=(0, 2))
    names = [item.name for item in in_order(written)]
    assert names == ["in_port", "eth_type", "reg0", "ip_frag", "metadata"]
