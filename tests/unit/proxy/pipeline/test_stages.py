"""The stages: which flows and groups a flowspace gives, and that no other way leads to a port."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import (
    Action,
    Group,
    Output,
    PopQueue,
    RegLoad,
    RegMove,
    Resubmit,
    SetQueue,
)
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout, misses
from slicer.proxy.pipeline.holds import Hold
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.spread import groups
from slicer.proxy.pipeline.stages import Stages, build, key_of, port_flows
from slicer.proxy.pipeline.tags import note_of

TAGS = {"red": 5, "blue": 6}
PORTS: Mapping[str, Mapping[int, int]] = {"red": {1: 0, 2: 0}, "blue": {2: 0}}
WEB = Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
TO_OWNER, TO_EMIT = Resubmit(of.OFPP_IN_PORT, 252), Resubmit(of.OFPP_IN_PORT, 253)
TAG, OWNER, REQUEST = map(header_of, ("reg0", "reg1", "reg2"))


def made(*rules: Rule) -> Stages:
    return build(FlowSpace(rules or (Rule("red", 7, Region.ANY),)), TAGS, PORTS)


def flows(stages: Stages, stage: Stage) -> list[FlowMod]:
    return [
        flow
        for flow in stages.flows.values()
        if (cookie := StageCookie.read(flow.cookie)) and cookie.stage is stage
    ]


def applied(flow: FlowMod) -> tuple[Action, ...]:
    return tuple(
        action
        for each in flow.instructions
        if isinstance(each, ApplyActions)
        for action in each.actions
    )


# ---- queues ----


def test_a_queue_is_set_for_one_output_and_taken_back() -> None:
    """What goes on to another port must not be in a queue there that is somebody else's."""
    (emit,) = (
        flow
        for flow in port_flows(5, 2, 0, Hold(queue=3))
        if (cookie := StageCookie.read(flow.cookie)) and cookie.stage is Stage.EMIT
    )
    assert applied(emit) == (SetQueue(3), Output(2), PopQueue())


def test_a_port_that_is_shut_takes_no_queue() -> None:
    for shut in (of.OFPPC_PORT_DOWN, of.OFPPC_NO_FWD):
        flows = port_flows(5, 2, shut, Hold(queue=3))
        assert not any(isinstance(each, SetQueue) for flow in flows for each in applied(flow))


# ---- admit and owner ----


def test_a_rule_admits_its_packets_and_notes_whose_they_are() -> None:
    (admit,) = flows(made(Rule("red", 7, Region.of(eth_type=0x0806))), Stage.ADMIT)
    assert (admit.table_id, admit.priority, admit.match) == (0, 7, Match.of(eth_type=0x0806))
    assert applied(admit) == (
        *(RegLoad(TAG, 0, 32, 5), RegLoad(OWNER, 0, 32, 5), TO_EMIT, note_of("red")),
        *(Resubmit(of.OFPP_IN_PORT, 1), RegLoad(OWNER, 0, 32, layout.RETURNED | 5), TO_EMIT),
    )
    assert StageCookie.read(admit.cookie) == StageCookie(Stage.ADMIT, 5)


def test_a_rule_owns_its_packets_on_their_way_out() -> None:
    (owner,) = flows(made(Rule("red", 7, Region.of(eth_type=0x0806))), Stage.OWNER)
    assert (owner.table_id, owner.priority, owner.match) == (252, 7, Match.of(eth_type=0x0806))
    assert owner.instructions == (ApplyActions((RegLoad(OWNER, 0, 32, 5), TO_EMIT)),)


def test_a_rule_that_names_ports_has_a_flow_for_each_in_and_out() -> None:
    rule = Rule("red", 7, Region.ANY, ports=frozenset({1, of.OFPP_LOCAL}))
    stages = made(rule)
    assert [flow.match for flow in flows(stages, Stage.ADMIT)] == [
        Match.of(in_port=1),
        Match.of(in_port=of.OFPP_LOCAL),
    ]
    assert [flow.match for flow in flows(stages, Stage.OWNER)] == [
        Match.of(reg2=(1, 0xFFFF)),
        Match.of(reg2=(0xFFFE, 0xFFFF)),
    ]


def test_a_rule_whose_ports_are_not_there_has_no_flow() -> None:
    stages = made(Rule("red", 7, Region.ANY, ports=frozenset()))
    assert flows(stages, Stage.ADMIT) == flows(stages, Stage.OWNER) == []


def test_masks_are_kept_and_left_out_where_they_compare_all() -> None:
    region = Region.of(
        vlan_vid=(0x1000, 0x1000), eth_type=0x0800, ipv4_dst=(0x0A000000, 0xFF000000)
    )
    (admit,) = flows(made(Rule("red", 7, region)), Stage.ADMIT)
    assert admit.match.canonical() == (
        Match.of(
            eth_type=0x0800, vlan_vid=(0x1000, 0x1000), ipv4_dst=(0x0A000000, 0xFF000000)
        ).canonical()
    )
    assert admit.match.get("eth_type") == 0x0800


def test_a_rule_that_names_tcp_ports_takes_no_later_fragment() -> None:
    stages = made(Rule("red", 7, WEB), Rule("red", 1, Region.ANY))
    named, rest = flows(stages, Stage.ADMIT)
    assert named.match.get("ip_frag") == (0, 2)
    assert rest.match.get("ip_frag") is None
    assert flows(stages, Stage.FRAGMENT) == []


def test_a_later_fragment_that_could_be_anothers_is_dropped_both_ways() -> None:
    named = Rule("red", 7, WEB, ports=frozenset({1}))
    stages = made(named, Rule("blue", 1, Region.ANY))
    tcp: dict[str, int | tuple[int, int]] = {"eth_type": 0x0800, "ip_proto": 6, "ip_frag": (2, 2)}
    incoming, outgoing = flows(stages, Stage.FRAGMENT)
    assert (incoming.table_id, incoming.priority) == (0, 7)
    assert incoming.match == Match.of(in_port=1, **tcp)
    assert incoming.instructions == ()
    assert (outgoing.table_id, outgoing.priority) == (252, 7)
    assert outgoing.match == Match.of(reg2=(1, 0xFFFF), **tcp)
    assert applied(outgoing) == (RegLoad(OWNER, 0, 32, 0), TO_EMIT)


def test_what_nobody_owns_is_dropped_and_counted() -> None:
    (unowned,), (not_owned,) = (flows(made(), stage) for stage in (Stage.UNOWNED, Stage.NOT_OWNED))
    assert (unowned.table_id, unowned.priority, unowned.instructions) == (0, 0, ())
    assert (not_owned.table_id, not_owned.priority) == (252, 0)
    assert applied(not_owned) == (RegLoad(OWNER, 0, 32, 0), TO_EMIT)


def test_a_packet_that_looks_otherwise_to_who_reads_it_next_is_nobodys() -> None:
    unread = flows(made(), Stage.UNREAD)
    assert {flow.match for flow in unread} == {
        Match.of(eth_type=0x8100, vlan_vid=0),
        Match.of(eth_type=0x88A8, vlan_vid=0),
        Match.of(reg4=(1, 1)),
    }
    assert {flow.table_id for flow in unread} == {252}
    assert {applied(flow) for flow in unread} == {(RegLoad(OWNER, 0, 32, 0), TO_EMIT)}


def test_lldp_goes_to_the_slicer() -> None:
    found = flows(made(), Stage.DISCOVERY)
    assert [flow.match for flow in found] == [
        Match.of(eth_type=0x88CC),
        Match.of(eth_type=0x8942),
    ]
    assert {applied(flow) for flow in found} == {(Output(of.OFPP_CONTROLLER, 0xFFFF),)}
    assert {(flow.table_id, bool(flow.match.get("in_port"))) for flow in found} == {(0, False)}


# ---- requests ----


def test_a_request_out_of_an_action_set_goes_on_from_admit_to_owner() -> None:
    later = {StageCookie.read(flow.cookie): flow for flow in flows(made(), Stage.LATER)}
    red = later[StageCookie(Stage.LATER, 5)]
    assert (red.table_id, red.priority) == (0, 65_534)
    assert red.match == Match.of(reg2=(5 << 16, 0xFFFF_0000))
    assert applied(red) == (TO_OWNER,)
    assert len(later) == 2


def test_a_request_for_flood_all_or_in_port_goes_to_the_slices_group() -> None:
    spread = flows(made(), Stage.SPREAD)
    assert {flow.match.get("reg2"): applied(flow) for flow in spread} == {
        tag << 16 | short: (Group(0x8000_0000 | tag << 16 | short),)
        for tag in (5, 6)
        for short in (0xFFFB, 0xFFFC, 0xFFF8)
    }
    assert {(flow.table_id, flow.priority) for flow in spread} == {(252, 65_535)}


def test_flood_and_all_ask_for_each_port_and_in_port_for_the_one_it_came_in_by() -> None:
    by_id = made().groups
    flood, every, back = (by_id[0x8005_0000 | short] for short in (0xFFFB, 0xFFFC, 0xFFF8))
    asks = [(note_of("red"), RegLoad(REQUEST, 0, 32, 5 << 16 | port), TO_OWNER) for port in (1, 2)]
    for group in (flood, every):
        assert group.type == of.OFPGT_ALL
        assert [bucket.actions for bucket in group.buckets] == asks
    assert back.type == of.OFPGT_INDIRECT
    in_port = header_of("nxm_in_port")
    assert [bucket.actions for bucket in back.buckets] == [
        (
            note_of("red"),
            RegMove(16, 0, 0, in_port, REQUEST),
            RegLoad(REQUEST, 16, 16, 5),
            RegLoad(in_port, 0, 16, 0xFFFF),
            TO_OWNER,
        )
    ]
    assert len(by_id) == 6


def test_a_port_that_the_slice_does_not_flood_is_left_out_of_flood_alone() -> None:
    flood, every, _ = groups("red", 5, {1: of.OFPPC_NO_FLOOD, 2: 0})
    assert len(flood.buckets) == 1
    assert flood.buckets[0].actions[1] == RegLoad(REQUEST, 0, 32, 5 << 16 | 2)
    assert len(every.buckets) == 2


# ---- emit ----


def test_each_of_a_slices_ports_has_three_flows() -> None:
    received, emit, hairpin = port_flows(5, 2, 0)
    assert received.match == Match.of(in_port=2, reg1=5, reg2=0)
    assert received.instructions == ()
    assert emit.match == Match.of(reg1=5, reg2=5 << 16 | 2)
    assert applied(emit) == (Output(2),)
    assert hairpin.match == Match.of(in_port=2, reg1=5, reg2=5 << 16 | 2)
    assert hairpin.instructions == ()
    assert received.priority == emit.priority < hairpin.priority
    assert {flow.table_id for flow in (received, emit, hairpin)} == {253}
    assert [StageCookie.read(flow.cookie) for flow in (received, emit, hairpin)] == [
        StageCookie(stage, 5, 2) for stage in (Stage.RECEIVED, Stage.EMIT, Stage.HAIRPIN)
    ]


@pytest.mark.parametrize(
    ("config", "receives", "emits"),
    [
        (0, True, True),
        (of.OFPPC_PORT_DOWN, False, False),
        (of.OFPPC_NO_RECV, False, True),
        (of.OFPPC_NO_FWD, True, False),
        (of.OFPPC_NO_FLOOD | of.OFPPC_NO_PACKET_IN, True, True),
    ],
)
def test_a_port_does_what_its_slice_has_configured(
    config: int, receives: bool, emits: bool
) -> None:
    received, *_, emit, _ = port_flows(5, 2, config)
    assert applied(received) == (() if receives else (RegLoad(TAG, 0, 32, 0), misses.mark(5)))
    assert applied(emit) == ((Output(2),) if emits else ())
    assert [StageCookie.read(flow.cookie) for flow in (received, emit)] == [
        StageCookie(stage, 5, 2, config) for stage in (Stage.RECEIVED, Stage.EMIT)
    ]


SHUT = (RegLoad(TAG, 0, 32, 0), misses.mark(5))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (0, None),
        (of.OFPPC_NO_STP, None),
        (of.OFPPC_PORT_DOWN | of.OFPPC_NO_RECV, None),
        (of.OFPPC_NO_RECV | of.OFPPC_NO_RECV_STP, None),
        (of.OFPPC_NO_RECV, ()),
        (of.OFPPC_NO_RECV_STP, SHUT),
    ],
)
def test_spanning_trees_packets_are_told_apart_where_they_have_to_be(
    config: int, expected: tuple[Action, ...] | None
) -> None:
    received, *found, _, _ = port_flows(5, 2, config)
    assert len(found) == (expected is not None)
    for flow in found:
        assert flow.match == Match.of(in_port=2, eth_dst=0x0180_C200_0000, reg1=5, reg2=0)
        assert flow.priority > received.priority
        assert (flow.cookie, applied(flow)) == (received.cookie, expected)


def test_every_slice_has_flows_for_its_own_ports_and_its_strays() -> None:
    cookies = Counter(
        (cookie.tag, cookie.port)
        for flow in made().flows.values()
        if (cookie := StageCookie.read(flow.cookie)) and cookie.stage is Stage.EMIT
    )
    assert cookies == {(5, 1): 1, (5, 2): 1, (6, 2): 1}
    strays = flows(made(), Stage.STRAY)
    assert {flow.match for flow in strays} == {
        Match.of(reg2=(tag << 16, 0xFFFF_0000)) for tag in (5, 6)
    }
    assert {(flow.table_id, flow.priority, flow.instructions) for flow in strays} == {(253, 1, ())}


# ---- all of it ----

regions = st.sampled_from(
    [
        Region.ANY,
        WEB,
        Region.of(eth_type=0x0806),
        Region.of(eth_type=0x0800, ip_proto=17, udp_src=53),
        Region.of(eth_type=0x86DD, ip_proto=6),
    ]
)
rules = st.builds(
    Rule,
    st.sampled_from(sorted(TAGS)),
    st.integers(1, 5),
    regions,
    st.none(),
    st.none() | st.frozensets(st.integers(1, 3), max_size=2),
)


def outputs(stages: Stages) -> Iterator[FlowMod]:
    for flow in stages.flows.values():
        if any(isinstance(each, Output) and each.port <= 0xFF00 for each in applied(flow)):
            yield flow


@settings(max_examples=40)
@given(st.lists(rules, max_size=6))
def test_no_other_way_leads_to_a_port(drawn: list[Rule]) -> None:
    stages = build(FlowSpace(drawn), TAGS, PORTS)
    for flow in outputs(stages):
        owner, request = flow.match.get("reg1"), flow.match.get("reg2")
        assert flow.table_id == 253
        assert isinstance(request, int)
        assert owner == request >> 16 in TAGS.values()
        assert applied(flow) == (Output(request & 0xFFFF),)
    for group in stages.groups.values():
        for bucket in group.buckets:
            assert not any(isinstance(each, Output | Group) for each in bucket.actions)


@settings(max_examples=40)
@given(st.lists(rules, max_size=6))
def test_no_flow_matches_on_the_tag_and_all_say_when_they_go(drawn: list[Rule]) -> None:
    stages = build(FlowSpace(drawn), TAGS, PORTS)
    for key, flow in stages.flows.items():
        assert flow.match.get(layout.TAG) is None
        assert flow.table_id in (0, 252, 253)
        assert flow.flags == of.OFPFF_SEND_FLOW_REM
        assert StageCookie.read(flow.cookie) is not None
        assert key == key_of(flow.table_id, flow.priority, flow.match)
    assert all(layout.read_group_id(number) for number in stages.groups)


def test_two_ways_of_writing_a_match_are_one_key() -> None:
    one = Match.of(in_port=1, reg1=(5, 0xFFFF_FFFF))
    other = Match.of(reg1=5, in_port=1)
    assert key_of(1, 2, one) == key_of(1, 2, other)
    assert key_of(1, 2, one) != key_of(1, 3, one)
