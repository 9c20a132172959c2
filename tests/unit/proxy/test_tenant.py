"""Tenants: greeting, refusals, answers under their own xids, bounds."""

import logging

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.header import with_xid, xid_of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    FlowRemoved,
    Hello,
    Message,
    PacketIn,
    PacketOut,
    PortStatus,
    RoleRequest,
)
from slicer.openflow.multipart import FlowStatsReply, FlowStatsRequest, PortStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.allowance import LOG_LINES_AT_ONCE
from slicer.proxy.enforcement import Forward
from slicer.proxy.notice import Notice
from slicer.proxy.outbox import OutboxLimits
from slicer.proxy.refusal import Refusal
from slicer.proxy.routes import State
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import (
    XID,
    FakeEnforcement,
    error,
    greeting_tenant,
    hears,
    port,
    ready_datapath,
    ready_tenant,
    said,
)

BARRIER = V13.encode(BarrierRequest(XID))
STATS = PortStatsRequest(XID)


def asked(tenant: Tenant) -> list[Message]:
    """What the datapath was asked since the last call."""
    return said(tenant.datapath.peer)


def replies(tenant: Tenant, *messages: Message) -> list[Message]:
    """What the tenant hears when the datapath says this."""
    for message in messages:
        tenant.datapath.handle(V13.encode(message), 2.0)
    return said(tenant.peer)


# ---- greeting ----


def test_it_says_hello_first_and_is_not_the_slivers_before_it_has_heard_one() -> None:
    tenant = greeting_tenant(ready_datapath())
    assert said(tenant.peer) == [Hello(0, frozenset({1, 4}))]
    assert tenant.sliver.tenants == []
    assert hears(tenant, Hello(0, frozenset({1, 4, 5}))) == []
    assert tenant.state is State.READY
    assert tenant.sliver.tenants == [tenant]
    assert str(tenant) == "red on s1 (controller 10.0.0.9:4000)"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (V13.encode(Hello(XID, frozenset({2, 5}))), "it speaks OpenFlow wire versions 2, 5"),
        (BARRIER, "expected a hello"),
    ],
)
def test_another_greeting_is_answered_and_ends_the_connection(frame: bytes, reason: str) -> None:
    tenant = greeting_tenant(ready_datapath())
    said(tenant.peer)
    assert hears(tenant, frame) == [error(errors.HELLO_FAILED_INCOMPATIBLE, frame)]
    assert reason in (tenant.peer.close_reason or "")
    assert tenant.sliver.tenants == []


@pytest.mark.parametrize(("spoken", "dialect"), [({1}, V10), ({1, 4, 5}, V13)])
def test_the_highest_common_version_is_spoken(spoken: set[int], dialect: Dialect) -> None:
    tenant = greeting_tenant(ready_datapath())
    assert said(tenant.peer) == [Hello(0, frozenset({1, 4}))]
    tenant.handle(V13.encode(Hello(0, frozenset(spoken))), 0.0)
    assert tenant.dialect is dialect


# ---- refusals ----


@pytest.mark.parametrize(
    ("frame", "refused"),
    [
        (bytes((1, *BARRIER[1:])), errors.BAD_REQUEST_BAD_VERSION),
        (bytes((4, 99, 0, 8)) + BARRIER[4:], errors.BAD_REQUEST_BAD_TYPE),
        (V13.encode(BarrierReply(XID)), errors.BAD_REQUEST_BAD_TYPE),
        (bytes((4, 18, 0, 16)) + BARRIER[4:] + bytes((0, 99)) + bytes(6),
         errors.BAD_REQUEST_BAD_MULTIPART),
        (bytes((4, 24, 0, 8)) + BARRIER[4:], errors.BAD_REQUEST_BAD_LEN),
    ],
    ids=["version", "type", "a switch's", "multipart", "malformed"],
)  # fmt: skip
def test_what_is_not_for_tenants_is_refused_and_the_connection_kept(
    frame: bytes, refused: errors.ErrorCode
) -> None:
    tenant = ready_tenant(ready_datapath())
    assert hears(tenant, frame) == [error(refused, frame)]
    assert not tenant.peer.is_closed
    assert asked(tenant) == []
    assert tenant.sliver.counters == {f"refused: {refused.name}": 1}


def test_a_refusal_of_the_enforcements_is_answered_with_its_error() -> None:
    def no(*_: object) -> None:
        raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, "port 3")

    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod=no)))
    frame = V13.encode(FlowMod(XID))
    assert hears(tenant, frame) == [error(errors.BAD_ACTION_BAD_OUT_PORT, frame)]
    assert asked(tenant) == []


def test_a_translation_that_no_frame_holds_is_refused_and_undone() -> None:
    undone: list[str] = []
    too_long = Forward(EchoRequest(0, bytes(0xFFFF)), undo=lambda: undone.append("undone"))
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod=too_long)))
    frame = V13.encode(FlowMod(XID))
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_LEN, frame)]
    assert undone == ["undone"]
    assert hears(tenant, EchoRequest(1)) == [EchoReply(1)]


@pytest.mark.parametrize("size", [200, 0xFFFF])
def test_an_error_quotes_what_it_has_room_for_of_the_tenants_bytes(size: int) -> None:
    tenant = ready_tenant(ready_datapath())
    frame = bytes((4, 99)) + size.to_bytes(2, "big") + BARRIER[4:] + bytes(size - 8)
    (told,) = hears(tenant, frame)
    assert isinstance(told, ErrorMessage)
    assert told.data == frame[: 0xFFFF - 16]


def test_the_log_has_a_share_of_the_refusals_and_the_counters_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = ready_tenant(ready_datapath())
    bad = V13.encode(BarrierReply(XID))
    with caplog.at_level(logging.INFO):
        for _ in range(100):
            assert len(hears(tenant, bad)) == 1
        assert len(caplog.messages) == LOG_LINES_AT_ONCE - 1, "one said that it has connected"
        hears(tenant, bad, now=1.0)
    assert len(caplog.messages) == LOG_LINES_AT_ONCE
    assert (
        "red on s1 (controller 10.0.0.9:4000): refused with BAD_REQUEST/BAD_TYPE"
        in (caplog.messages[0])
    )
    assert tenant.sliver.counters["refused: BAD_REQUEST/BAD_TYPE"] == 101


@pytest.mark.parametrize("message", [FlowMod(XID), PacketOut(XID, actions=(Output(1),))])
def test_a_slave_changes_nothing(message: Message) -> None:
    tenant = ready_tenant(ready_datapath())
    hears(tenant, RoleRequest(1, of.OFPCR_ROLE_SLAVE, 1))
    assert hears(tenant, message) == [error(errors.BAD_REQUEST_IS_SLAVE, V13.encode(message))]
    hears(tenant, BarrierRequest(2))
    assert asked(tenant) == [BarrierRequest(1)]


def test_lost_framing_is_answered_and_ends_the_connection() -> None:
    tenant = ready_tenant(ready_datapath())
    tenant.lost_framing("length field says 4 bytes")
    assert said(tenant.peer) == [error(errors.BAD_REQUEST_BAD_LEN, b"", xid=0)]
    assert tenant.peer.close_reason == "length field says 4 bytes"


# ---- one message for one ----


def test_replies_come_back_restored_under_the_tenants_xid() -> None:
    more = FlowStatsReply(0, (), more=True)
    plan = Forward(FlowStatsRequest(0, table_id=9), lambda reply: more if reply == more else reply)
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_stats=plan)))
    assert hears(tenant, FlowStatsRequest(XID)) == []
    assert asked(tenant) == [FlowStatsRequest(1, table_id=9)]
    part, last = FlowStatsReply(1, (), more=True), FlowStatsReply(1)
    assert replies(tenant, part) == [FlowStatsReply(XID, (), more=True)]
    assert len(tenant.datapath.pending) == 1
    assert replies(tenant, last) == [FlowStatsReply(XID)]
    assert len(tenant.datapath.pending) == 0


def test_two_tenants_with_one_xid_get_their_own_answers() -> None:
    datapath = ready_datapath()
    one, other = ready_tenant(datapath), ready_tenant(datapath, 10)
    assert hears(one, BARRIER) == hears(other, BARRIER) == []
    datapath.handle(V13.encode(BarrierReply(1)), 1.0)
    assert said(one.peer) == [BarrierReply(XID)]
    assert said(other.peer) == []


def test_an_error_of_the_datapaths_is_about_the_tenants_own_request() -> None:
    undone: list[str] = []
    plan = Forward(FlowMod(0, priority=1), undo=lambda: undone.append("undone"))
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod=plan)))
    frame = V13.encode(FlowMod(XID))
    hears(tenant, frame)
    failure = errors.FLOW_MOD_FAILED_TABLE_FULL
    refused = ErrorMessage(1, failure.type, failure.code, b"the slicer's own bytes")
    assert replies(tenant, refused) == [error(failure, frame)]
    assert undone == ["undone"]
    assert tenant.sliver.counters["refused by the datapath: FLOW_MOD_FAILED/TABLE_FULL"] == 1


def test_a_frame_that_is_translated_already_is_passed_on_and_its_error_comes_back() -> None:
    translated = V13.encode(FlowMod(0, table_id=9))
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod_frame=translated)))
    frame = V13.encode(FlowMod(XID))
    assert hears(tenant, frame) == []
    sent = tenant.datapath.peer.take_outgoing()
    assert sent == with_xid(translated, xid_of(sent))
    failure = errors.BAD_MATCH_BAD_PREREQ
    refused = ErrorMessage(xid_of(sent), failure.type, failure.code, b"")
    assert replies(tenant, refused) == [error(failure, frame)]


# ---- bounds ----


def test_events_are_dropped_when_much_waits_and_answers_are_not() -> None:
    tenant = ready_tenant(ready_datapath(), outbox=OutboxLimits(events=100, replies=1000))
    tenant.peer.backlog = 100
    notice = Notice.of(PortStatus(0, of.OFPPR_DELETE, port(1)))
    tenant.offer(notice)
    tenant.offer(notice)
    assert len(said(tenant.peer)) == 1
    assert tenant.sliver.counters == {"dropped: outbox full": 1}
    assert hears(tenant, EchoRequest(5)) == [EchoReply(5)]
    assert not tenant.peer.is_closed


def test_a_tenant_that_does_not_read_its_answers_is_disconnected() -> None:
    tenant = ready_tenant(ready_datapath(), outbox=OutboxLimits(events=100, replies=1000))
    tenant.peer.backlog = 992
    assert len(hears(tenant, EchoRequest(5))) == 1
    assert not tenant.peer.is_closed
    tenant.handle(V13.encode(EchoRequest(6)), 0.0)
    assert "1008 bytes of answers wait" in (tenant.peer.close_reason or "")
    assert tenant.sliver.counters == {"closed: did not read": 1}


def test_an_event_is_wanted_by_role_and_configuration() -> None:
    tenant = ready_tenant(ready_datapath())
    notice = Notice.of(PacketIn(0, 0, 0, of.OFPR_ACTION, 0, 0, Match(), b""))
    assert tenant.wants(notice)
    hears(tenant, RoleRequest(1, of.OFPCR_ROLE_SLAVE, 1))
    assert not tenant.wants(notice)


def test_a_tenant_that_has_gone_is_no_longer_the_slivers() -> None:
    tenant = ready_tenant(ready_datapath())
    tenant.closed("connection reset", 1.0)
    assert tenant.sliver.tenants == []
    tenant.closed("twice is fine", 1.0)


def test_a_passed_request_needs_no_answer() -> None:
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod=Forward(FlowMod(0)))))
    hears(tenant, FlowMod(1))
    hears(tenant, BARRIER)
    assert replies(tenant, BarrierReply(2)) == [BarrierReply(XID)]
    assert len(tenant.datapath.pending) == 0
    assert Kind.FLOW_MOD is FlowMod.kind


def test_an_event_that_a_version_has_no_words_for_is_left_out_and_counted() -> None:
    tenant = greeting_tenant(ready_datapath())
    tenant.handle(V13.encode(Hello(0, frozenset({1}))), 0.0)
    said(tenant.peer)
    masked = FlowRemoved(0, 9, 5, of.OFPRR_DELETE, 0, 1, 0, 0, 0, 7, 700, Match.of(eth_dst=(1, 1)))
    tenant.offer(Notice.of(masked))
    assert tenant.peer.take_outgoing() == b""
    assert tenant.sliver.counters == {"dropped: can't be said in the controller's version": 1}


@pytest.mark.parametrize(("spoken", "hears"), [({1}, True), ({4}, False)])
def test_table_misses_are_for_controllers_of_1_0(spoken: set[int], hears: bool) -> None:
    enforcement = FakeEnforcement()
    tenant = greeting_tenant(ready_datapath(enforcement))
    tenant.handle(V13.encode(Hello(0, frozenset(spoken))), 0.0)
    assert enforcement.asked[-1] == ("table_misses", tenant.sliver, hears)
    tenant.closed("gone", 1.0)
    assert enforcement.asked[-1] == ("table_misses", tenant.sliver, False)


def test_reconnecting_gives_no_new_share_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    datapath = ready_datapath()
    with caplog.at_level(logging.INFO):
        for number in range(10, 60):
            ready_tenant(datapath, number).closed("over", 0.0)
    assert len(caplog.messages) == LOG_LINES_AT_ONCE
    counted = datapath.slivers["red"].counters
    assert counted == {"connections: not logged": 100 - LOG_LINES_AT_ONCE}
