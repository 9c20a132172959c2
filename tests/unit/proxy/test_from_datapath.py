"""What a datapath may send: a row for each kind, who gets it, and what ends the connection."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FeaturesRequest,
    FlowRemoved,
    Hello,
    Message,
    PacketIn,
    PacketOut,
    PortStatus,
)
from slicer.openflow.multipart import DescReply, FlowStatsReply
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy import from_datapath
from slicer.proxy.datapath import Datapath
from slicer.proxy.enforcement import Report
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Steps
from slicer.proxy.pending import Request
from slicer.proxy.routes import State
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import (
    FakeEnforcement,
    Recorder,
    bare_frame,
    greeting_datapath,
    port,
    ready_datapath,
    ready_tenant,
    said,
)

REPLIES = frozenset(
    {
        Kind.FEATURES_REPLY,
        Kind.GET_CONFIG_REPLY,
        Kind.DESC_REPLY,
        Kind.PORT_DESC_REPLY,
        Kind.FLOW_STATS_REPLY,
        Kind.AGGREGATE_REPLY,
        Kind.PORT_STATS_REPLY,
        Kind.GROUP_STATS_REPLY,
        Kind.GROUP_FEATURES_REPLY,
        Kind.GROUP_DESC_REPLY,
        Kind.METER_STATS_REPLY,
        Kind.QUEUE_STATS_REPLY,
        Kind.METER_CONFIG_REPLY,
        Kind.METER_FEATURES_REPLY,
        Kind.TABLE_FEATURES_REPLY,
    }
)
OTHERS = frozenset(
    {
        Kind.ECHO_REQUEST,
        Kind.ECHO_REPLY,
        Kind.ERROR,
        Kind.EXPERIMENTER,
        Kind.BARRIER_REPLY,
        Kind.PACKET_IN,
        Kind.FLOW_REMOVED,
        Kind.PORT_STATUS,
    }
)
IN = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 3, 9, Match.of(in_port=1), b"data")
REMOVED = FlowRemoved(0, 9, 5, of.OFPRR_DELETE, 3, 1, 0, 0, 0, 7, 700, Match())


def tell(datapath: Datapath, *messages: Message) -> list[Message]:
    """What the datapath is told when it says this."""
    for message in messages:
        datapath.handle(V13.encode(message), 1.0)
    return said(datapath.peer)


def ask(datapath: Datapath, kind: Kind, xid: int = 0x55) -> Recorder:
    """Somebody has asked the datapath; its answer is expected under xid 1 and up."""
    asker = Recorder()
    datapath.ask(Request(asker, xid, kind), FeaturesRequest(0))
    said(datapath.peer)
    return asker


def with_two_tenants(**answers: Any) -> tuple[Datapath, Tenant, FakeEnforcement]:
    enforcement = FakeEnforcement(**answers)
    datapath = ready_datapath(enforcement)
    tenant = ready_tenant(datapath)
    enforcement.asked.clear()
    return datapath, tenant, enforcement


# ---- the table ----


def test_the_table_has_a_row_for_these_kinds_and_no_others() -> None:
    assert from_datapath.ROUTES.keys() == REPLIES | OTHERS


@pytest.mark.parametrize("kind", [each for each in Kind if each not in from_datapath.ROUTES])
def test_a_kind_without_a_row_ends_the_connection(kind: Kind) -> None:
    datapath = ready_datapath()
    tenant = ready_tenant(datapath)
    datapath.handle(bare_frame(kind), 1.0)
    bad_type = errors.BAD_REQUEST_BAD_TYPE
    assert said(datapath.peer) == [ErrorMessage(0, bad_type.type, bad_type.code, b"")]
    assert kind.name in (datapath.peer.close_reason or "")
    assert said(tenant.peer) == []


@pytest.mark.parametrize("kind", from_datapath.ROUTES, ids=lambda kind: kind.name)
def test_every_row_is_legal_from_the_hello_on(kind: Kind) -> None:
    assert from_datapath.ROUTES[kind].states == {State.JOINING, State.READY}
    datapath = greeting_datapath()
    datapath.handle(bare_frame(kind), 1.0)
    assert "no hello" in (datapath.peer.close_reason or "")


# ---- echo and errors ----


def test_an_echo_is_answered_with_its_data() -> None:
    datapath = ready_datapath()
    assert tell(datapath, EchoRequest(8, b"data")) == [EchoReply(8, b"data")]
    assert tell(datapath, EchoReply(8, b"data")) == []


def test_an_error_goes_to_whose_request_it_is_about() -> None:
    datapath = ready_datapath()
    asker, other = ask(datapath, Kind.FLOW_MOD, 0x55), ask(datapath, Kind.FLOW_MOD, 0x66)
    assert tell(datapath, ErrorMessage(1, 5, 1, b"")) == []
    assert asker.heard == [("failed", 0x55, (5, 1))]
    assert other.heard == []
    assert len(datapath.pending) == 1


def test_an_error_or_reply_about_no_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    datapath = ready_datapath()
    assert tell(datapath, ErrorMessage(0x99, 5, 1, b""), DescReply(0x98, "", "", "", "", "")) == []
    assert caplog.messages == [
        "s1: error FLOW_MOD_FAILED/TABLE_FULL about no request (xid 0x99)",
        "s1: DESC_REPLY to no request (xid 0x98)",
    ]
    assert not datapath.peer.is_closed


# ---- replies ----


@pytest.mark.parametrize("kind", sorted(REPLIES, key=str), ids=lambda kind: kind.name)
def test_a_reply_goes_to_whoever_asked_for_it(kind: Kind) -> None:
    datapath = ready_datapath()
    asker = ask(datapath, Kind[kind.name.replace("REPLY", "REQUEST")])
    frame = bare_frame(kind)
    datapath.handle(frame[:4] + (1).to_bytes(4, "big") + frame[8:], 1.0)
    assert asker.heard == [("answered", 0x55, kind)]
    assert len(datapath.pending) == 0


@pytest.mark.parametrize(
    "kind", sorted(REPLIES | {Kind.BARRIER_REPLY}, key=str), ids=lambda kind: kind.name
)
def test_a_reply_to_another_question_ends_the_connection(kind: Kind) -> None:
    datapath = ready_datapath()
    asker = ask(datapath, Kind.FLOW_MOD)
    frame = bare_frame(kind)
    datapath.handle(frame[:4] + (1).to_bytes(4, "big") + frame[8:], 1.0)
    assert datapath.peer.close_reason == f"{kind.name} in answer to FLOW_MOD"
    assert asker.heard == []


def test_an_entry_stays_until_the_asker_has_heard_the_last_part() -> None:
    datapath = ready_datapath()
    asker = Recorder(answers_wanted=2)
    datapath.ask(Request(asker, 0x55, Kind.FLOW_STATS_REQUEST), FeaturesRequest(0))
    tell(datapath, FlowStatsReply(1, (), more=True))
    assert len(datapath.pending) == 1
    tell(datapath, FlowStatsReply(1))
    assert len(datapath.pending) == 0
    assert asker.heard == [("answered", 0x55, Kind.FLOW_STATS_REPLY)] * 2


def test_a_barrier_reply_closes_what_went_before_it() -> None:
    datapath = ready_datapath()
    earlier, barrier = ask(datapath, Kind.FLOW_MOD), ask(datapath, Kind.BARRIER_REQUEST, 0x66)
    later = ask(datapath, Kind.FLOW_MOD)
    assert tell(datapath, BarrierReply(2)) == []
    assert earlier.heard == [("passed", 0x55)]
    assert barrier.heard == [("answered", 0x66, Kind.BARRIER_REPLY)]
    assert later.heard == []
    assert len(datapath.pending) == 1


def test_a_barrier_reply_to_no_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    datapath = ready_datapath()
    tell(datapath, BarrierReply(9))
    assert caplog.messages == ["s1: BARRIER_REPLY to no request (xid 0x9)"]
    assert not datapath.peer.is_closed


# ---- packet-ins ----


def test_a_packet_in_goes_to_the_sliver_whose_tag_it_bears() -> None:
    datapath, tenant, enforcement = with_two_tenants(packet_in=(5, Notice.of(IN)))
    assert tell(datapath, IN) == []
    assert enforcement.asked == [("packet_in", V13.encode(IN))]
    assert said(tenant.peer) == [IN]


@pytest.mark.parametrize(
    ("answers", "counter"),
    [
        ({"packet_in": (6, Notice.of(IN))}, "dropped: packet-in of no slice"),
        ({"packet_in": None, "discovered": None}, "dropped: packet-in of no slice"),
        (
            {"packet_in": None, "discovered": ("blue", 1, b"lldp")},
            "dropped: LLDP of a slice that isn't there",
        ),
        (
            {"packet_in": None, "discovered": ("red", 3, b"lldp")},
            "dropped: LLDP of a slice that isn't there",
        ),
    ],
)
def test_a_packet_in_of_nobody_here_is_dropped_and_counted(
    answers: dict[str, Any], counter: str
) -> None:
    datapath, tenant, _ = with_two_tenants(**answers)
    assert tell(datapath, IN) == []
    assert said(tenant.peer) == []
    assert datapath.counters == {counter: 1}


def test_a_packet_in_from_a_port_that_the_slice_wants_none_from_is_dropped_and_counted() -> None:
    datapath, tenant, _ = with_two_tenants(packet_in=(5, None))
    tell(datapath, IN)
    assert said(tenant.peer) == []
    assert tenant.sliver.counters == {"dropped: packet-in that is not wanted": 1}


def test_lldp_that_was_sealed_enters_the_sliver_by_its_port() -> None:
    enters = PacketOut(0, in_port=2, data=b"lldp")
    answers = {"packet_in": None, "discovered": ("red", 2, b"lldp"), "enter": enters}
    datapath, tenant, enforcement = with_two_tenants(**answers)
    assert tell(datapath, IN) == [PacketOut(1, in_port=2, data=b"lldp")]
    assert enforcement.asked[-1] == ("enter", tenant.sliver, 2, b"lldp")


@pytest.mark.parametrize("config", [of.OFPPC_NO_RECV, of.OFPPC_PORT_DOWN])
def test_lldp_does_not_enter_by_a_port_that_receives_nothing(config: int) -> None:
    datapath, tenant, _ = with_two_tenants(packet_in=None, discovered=("red", 2, b"lldp"))
    sliver = tenant.sliver
    sliver.ports = {**sliver.ports, 2: replace(sliver.ports[2], config=config)}
    assert tell(datapath, IN) == []
    assert sliver.counters == {"dropped: LLDP at a port that receives nothing": 1}


def test_a_malformed_packet_in_ends_the_connection() -> None:
    def malformed(*_: object) -> None:
        raise errors.MalformedError(errors.BAD_REQUEST_BAD_LEN, "10 bytes")

    datapath, tenant, _ = with_two_tenants(packet_in=malformed)
    datapath.handle(V13.encode(IN), 1.0)
    assert "a malformed message: BAD_REQUEST/BAD_LEN: 10 bytes" in str(datapath.peer.close_reason)
    assert said(tenant.peer) == []


# ---- flow-removed ----


def idle(*_: object) -> Steps[Report]:
    yield []
    return Report(0, 0, 0, 0, ())


def test_a_flow_removed_goes_to_the_sliver_whose_flow_it_was() -> None:
    datapath, tenant, _ = with_two_tenants(is_own=False, flow_removed=(5, REMOVED))
    assert tell(datapath, REMOVED) == []
    assert said(tenant.peer) == [REMOVED]


@pytest.mark.parametrize("found", [None, (6, REMOVED)])
def test_a_flow_removed_of_nobody_here_is_dropped_and_counted(found: object) -> None:
    datapath, tenant, _ = with_two_tenants(is_own=False, flow_removed=found)
    assert tell(datapath, REMOVED) == []
    assert said(tenant.peer) == []
    assert datapath.counters == {"dropped: flow-removed of no slice": 1}


def test_a_flow_of_the_slicers_that_somebody_removed_is_mended_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    datapath, tenant, enforcement = with_two_tenants(is_own=True, synchronise=idle)
    with caplog.at_level(logging.WARNING):
        assert tell(datapath, REMOVED, REMOVED, REMOVED) == [BarrierRequest(1)]
    assert [each[0] for each in enforcement.asked].count("synchronise") == 1
    assert caplog.messages == ["s1: somebody removed a flow of the slicer's; mending"]
    assert said(tenant.peer) == []


# ---- ports ----


def synchronisations(enforcement: FakeEnforcement) -> int:
    return [each[0] for each in enforcement.asked].count("synchronise")


def statuses(tenant: Tenant) -> Iterable[tuple[int, int]]:
    return [
        (each.reason, each.desc.port_no)
        for each in said(tenant.peer)
        if isinstance(each, PortStatus)
    ]


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        (PortStatus(0, of.OFPPR_ADD, port(3)), [1, 2, 3]),
        (PortStatus(0, of.OFPPR_DELETE, port(2)), [1]),
        (PortStatus(0, of.OFPPR_MODIFY, port(2, "other")), [1, 2]),
    ],
)
def test_a_port_that_comes_goes_or_is_called_otherwise_has_the_datapath_synchronised(
    status: PortStatus, numbers: list[int]
) -> None:
    datapath, tenant, enforcement = with_two_tenants(synchronise=idle)
    tell(datapath, status)
    assert sorted(datapath.ports) == numbers
    assert synchronisations(enforcement) == 1
    assert statuses(tenant) == [], "the tenants hear of it when the datapath enforces it"
    tell(datapath, BarrierReply(1))
    assert statuses(tenant) == [(status.reason, status.desc.port_no)]


def test_a_port_whose_link_changes_is_told_at_once() -> None:
    datapath, tenant, enforcement = with_two_tenants()
    down = port(2, state=of.OFPPS_LINK_DOWN)
    tell(datapath, PortStatus(0, of.OFPPR_MODIFY, down))
    assert said(tenant.peer) == [PortStatus(0, of.OFPPR_MODIFY, down)]
    assert synchronisations(enforcement) == 0


def test_a_port_that_was_not_there_can_be_deleted() -> None:
    datapath, tenant, enforcement = with_two_tenants()
    tell(datapath, PortStatus(0, of.OFPPR_DELETE, port(7)))
    assert sorted(datapath.ports) == [1, 2]
    assert synchronisations(enforcement) == 0
    assert said(tenant.peer) == []


def test_a_port_that_comes_while_the_datapath_joins_is_not_forgotten() -> None:
    enforcement = FakeEnforcement(synchronise=idle)
    datapath = ready_datapath(enforcement)
    datapath.state = State.JOINING
    datapath.synchronise(1.0)
    tell(datapath, PortStatus(0, of.OFPPR_ADD, port(3)))
    tell(datapath, BarrierReply(1))
    assert datapath.state is State.READY
    assert synchronisations(enforcement) == 2


def test_before_the_ports_are_read_a_status_asks_for_nothing() -> None:
    datapath = greeting_datapath()
    tell(datapath, Hello(0, frozenset({4})))
    said(datapath.peer)
    assert tell(datapath, PortStatus(0, of.OFPPR_ADD, port(3))) == []
    assert not datapath.is_synchronising
