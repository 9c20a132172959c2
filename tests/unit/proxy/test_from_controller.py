"""What a tenant may send: a row for each kind, what each row does, and nothing without a row."""

from collections.abc import Mapping
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
    Experimenter,
    FeaturesRequest,
    FlowMod,
    GetAsyncReply,
    GetAsyncRequest,
    GetConfigReply,
    GetConfigRequest,
    GroupMod,
    Hello,
    Message,
    MeterMod,
    PacketOut,
    PortMod,
    PortStatus,
    RoleReply,
    RoleRequest,
    SetAsync,
    SetConfig,
    TableMod,
)
from slicer.openflow.multipart import (
    AggregateRequest,
    DescRequest,
    ExperimenterMultipartRequest,
    FlowStatsRequest,
    GroupDescRequest,
    GroupFeaturesReply,
    GroupFeaturesRequest,
    GroupStatsRequest,
    MeterConfigRequest,
    MeterFeaturesRequest,
    MeterStatsRequest,
    PortDescReply,
    PortDescRequest,
    PortStatsRequest,
    TableStatsRequest,
)
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.openflow.v13 import V13
from slicer.proxy import from_controller
from slicer.proxy.enforcement import Forward, Report
from slicer.proxy.operation import Steps
from slicer.proxy.roles import NO_GENERATION
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import (
    DESC,
    FEATURES,
    XID,
    FakeEnforcement,
    bare_frame,
    error,
    hears,
    port,
    ready_datapath,
    ready_tenant,
    said,
)

ANSWERED_HERE = frozenset(
    {
        Kind.ERROR,
        Kind.EXPERIMENTER_MULTIPART_REQUEST,
        Kind.ECHO_REQUEST,
        Kind.ECHO_REPLY,
        Kind.FEATURES_REQUEST,
        Kind.GET_CONFIG_REQUEST,
        Kind.SET_CONFIG,
        Kind.ROLE_REQUEST,
        Kind.GET_ASYNC_REQUEST,
        Kind.SET_ASYNC,
        Kind.TABLE_MOD,
        Kind.DESC_REQUEST,
        Kind.PORT_DESC_REQUEST,
        Kind.QUEUE_GET_CONFIG_REQUEST,
        Kind.QUEUE_STATS_REQUEST,
        Kind.EXPERIMENTER,
    }
)
"""What the datapath never sees."""

SENT_ON = {
    Kind.BARRIER_REQUEST: (BarrierRequest(XID), None),
    Kind.GROUP_FEATURES_REQUEST: (GroupFeaturesRequest(XID), None),
    Kind.FLOW_MOD: (FlowMod(XID), "flow_mod"),
    Kind.PACKET_OUT: (PacketOut(XID), "packet_out"),
    Kind.GROUP_MOD: (GroupMod(XID, of.OFPGC_ADD, of.OFPGT_ALL, 1), "group_mod"),
    Kind.PORT_MOD: (PortMod(XID, 1, bytes(6), 0, 0), "port_mod"),
    Kind.FLOW_STATS_REQUEST: (FlowStatsRequest(XID), "flow_stats"),
    Kind.AGGREGATE_REQUEST: (AggregateRequest(XID), "aggregate"),
    Kind.TABLE_STATS_REQUEST: (TableStatsRequest(XID), "table_stats"),
    Kind.TABLE_FEATURES_REQUEST: (TableFeaturesRequest(XID), "table_features"),
    Kind.PORT_STATS_REQUEST: (PortStatsRequest(XID), "port_stats"),
    Kind.GROUP_STATS_REQUEST: (GroupStatsRequest(XID), "group_stats"),
    Kind.GROUP_DESC_REQUEST: (GroupDescRequest(XID), "group_desc"),
    Kind.METER_MOD: (MeterMod(XID, of.OFPMC_ADD, of.OFPMF_KBPS, 1), "meter_mod"),
    Kind.METER_STATS_REQUEST: (MeterStatsRequest(XID), "meter_stats"),
    Kind.METER_CONFIG_REQUEST: (MeterConfigRequest(XID), "meter_config"),
    Kind.METER_FEATURES_REQUEST: (MeterFeaturesRequest(XID), "meter_features"),
}
"""What becomes a message of the datapath's, by which method of the enforcement."""

TRANSLATED = FlowMod(0, table_id=9, cookie=0x51CE)


def tenant_with(**answers: Any) -> tuple[Tenant, FakeEnforcement]:
    enforcement = FakeEnforcement(**answers)
    tenant = ready_tenant(ready_datapath(enforcement))
    enforcement.asked.clear()
    return tenant, enforcement


# ---- the table ----


def test_the_table_has_a_row_for_these_kinds_and_no_others() -> None:
    assert from_controller.ROUTES.keys() == ANSWERED_HERE | SENT_ON.keys()


@pytest.mark.parametrize("kind", [each for each in Kind if each not in from_controller.ROUTES])
def test_a_kind_without_a_row_is_refused_and_goes_nowhere(kind: Kind) -> None:
    tenant, enforcement = tenant_with()
    frame = bare_frame(kind)
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_TYPE, frame)]
    assert said(tenant.datapath.peer) == []
    assert enforcement.asked == []


@pytest.mark.parametrize("kind", [each for each in Kind if each is not Kind.HELLO])
def test_nothing_but_a_hello_is_legal_first(kind: Kind) -> None:
    route = from_controller.ROUTES.get(kind)
    assert route is None or len(route.states) == 1


@pytest.mark.parametrize(
    ("message", "method"), SENT_ON.values(), ids=[kind.name for kind in SENT_ON]
)
def test_what_concerns_the_datapath_goes_there_as_the_enforcement_says(
    message: Message, method: str | None
) -> None:
    answer = TRANSLATED if method == "packet_out" else Forward(TRANSLATED)
    tenant, enforcement = tenant_with(**({method: answer} if method else {}))
    assert hears(tenant, message) == []
    expected = replace(TRANSLATED if method else message, xid=1)
    assert said(tenant.datapath.peer) == [expected]
    asked = {each[0]: each[1:] for each in enforcement.asked}
    if method == "meter_features":
        assert asked[method] == ()
    elif method:
        assert asked[method][0] is tenant.sliver
        assert asked[method][1:] in [(message,), (XID,), ()]


@pytest.mark.parametrize("kind", [kind for kind in SENT_ON if kind is not Kind.PACKET_OUT], ids=str)
def test_what_is_longer_than_it_may_be_goes_nowhere(kind: Kind) -> None:
    frame = V13.encode(SENT_ON[kind][0])
    longer = frame[:2] + (len(frame) + 3).to_bytes(2, "big") + frame[4:] + bytes(3)
    tenant, _ = tenant_with()
    (refused,) = hears(tenant, longer)
    assert isinstance(refused, ErrorMessage)
    assert refused.data == longer
    assert said(tenant.datapath.peer) == []


@pytest.mark.parametrize(
    ("message", "shallow", "deep"),
    [
        (FlowMod(XID), "flow_mod_frame", "flow_mod"),
        (PacketOut(XID), "packet_out_frame", "packet_out"),
    ],
)
def test_a_hot_message_goes_the_shallow_way_where_there_is_one(
    message: Message, shallow: str, deep: str
) -> None:
    tenant, enforcement = tenant_with(**{shallow: V13.encode(replace(TRANSLATED, xid=XID))})
    hears(tenant, message)
    assert said(tenant.datapath.peer) == [replace(TRANSLATED, xid=1)]
    assert enforcement.asked == [(shallow, tenant.sliver, V13.encode(message))]
    assert deep not in enforcement.answers


# ---- what is answered here ----


@pytest.mark.parametrize(
    "message",
    [Experimenter(XID, 0x2320, 10), ExperimenterMultipartRequest(XID, 0x1234, 1)],
)
def test_experimenters_messages_are_refused_by_their_name(message: Message) -> None:
    tenant, enforcement = tenant_with()
    frame = V13.encode(message)
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_EXPERIMENTER, frame)]
    assert (said(tenant.datapath.peer), enforcement.asked) == ([], [])


def test_a_second_hello_is_refused_as_open_vswitch_does() -> None:
    tenant, _ = tenant_with()
    frame = V13.encode(Hello(XID, frozenset({4})))
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_TYPE, frame)]


def test_echo_and_errors() -> None:
    tenant, _ = tenant_with()
    assert hears(tenant, EchoRequest(XID, b"data")) == [EchoReply(XID, b"data")]
    assert hears(tenant, EchoReply(XID, b"data")) == []
    assert hears(tenant, ErrorMessage(XID, 1, 1, b"")) == []
    assert tenant.sliver.counters == {"errors from its controllers": 1}


def test_the_features_are_the_enforcements() -> None:
    sliver_features = replace(FEATURES, n_tables=251)
    tenant, enforcement = tenant_with(features=sliver_features)
    assert hears(tenant, FeaturesRequest(XID)) == [replace(sliver_features, xid=XID)]
    assert enforcement.asked == [("features", FEATURES)]


def test_the_description_is_the_datapaths() -> None:
    tenant, _ = tenant_with()
    assert hears(tenant, DescRequest(XID)) == [replace(DESC, xid=XID)]


def test_the_ports_are_the_slivers_in_their_order() -> None:
    tenant, _ = tenant_with()
    tenant.sliver.ports = {7: port(7), 2: port(2)}
    assert hears(tenant, PortDescRequest(XID)) == [PortDescReply(XID, (port(2), port(7)))]


def test_thousands_of_ports_come_in_parts() -> None:
    tenant, _ = tenant_with()
    tenant.sliver.ports = {number: port(number) for number in range(1, 3001)}
    parts = hears(tenant, PortDescRequest(XID))
    assert all(isinstance(part, PortDescReply) and part.xid == XID for part in parts)
    replies = [part for part in parts if isinstance(part, PortDescReply)]
    assert [each.port_no for part in replies for each in part.entries] == list(range(1, 3001))
    assert [part.more for part in replies] == [True] * (len(replies) - 1) + [False]


def test_the_configuration_is_the_connections_own() -> None:
    tenant, _ = tenant_with()
    other = ready_tenant(tenant.datapath, 10)
    assert hears(tenant, GetConfigRequest(XID)) == [GetConfigReply(XID, 0, 128)]
    assert hears(tenant, SetConfig(XID, of.OFPC_FRAG_NORMAL, 0xFFFF)) == []
    assert hears(tenant, GetConfigRequest(XID)) == [GetConfigReply(XID, 0, 0xFFFF)]
    assert hears(other, GetConfigRequest(XID)) == [GetConfigReply(XID, 0, 128)]
    assert said(tenant.datapath.peer) == []


@pytest.mark.parametrize("flags", [of.OFPC_FRAG_DROP, of.OFPC_FRAG_REASM, 3])
def test_fragment_handling_is_not_the_tenants(flags: int) -> None:
    tenant, _ = tenant_with()
    asked = SetConfig(XID, flags, 77)
    refused = [error(errors.SWITCH_CONFIG_FAILED_BAD_FLAGS, V13.encode(asked))]
    assert hears(tenant, asked) == refused
    assert tenant.miss_send_len == 128


def test_roles_are_answered_with_the_generation() -> None:
    tenant, _ = tenant_with()
    nochange = RoleRequest(XID, of.OFPCR_ROLE_NOCHANGE, 0)
    assert hears(tenant, nochange) == [RoleReply(XID, of.OFPCR_ROLE_EQUAL, NO_GENERATION)]
    master = RoleRequest(XID, of.OFPCR_ROLE_MASTER, 5)
    assert hears(tenant, master) == [RoleReply(XID, of.OFPCR_ROLE_MASTER, 5)]
    stale = replace(master, generation_id=4)
    refused = [error(errors.ROLE_REQUEST_FAILED_STALE, V13.encode(stale))]
    assert hears(tenant, stale) == refused
    assert tenant.role == of.OFPCR_ROLE_MASTER


def test_a_role_that_there_is_not_is_refused() -> None:
    tenant, _ = tenant_with()
    frame = V13.encode(RoleRequest(XID, 4, 0))
    assert hears(tenant, frame) == [error(errors.ROLE_REQUEST_FAILED_BAD_ROLE, frame)]


def test_what_is_wanted_to_be_heard_is_kept_for_the_connection() -> None:
    tenant, _ = tenant_with()
    assert hears(tenant, GetAsyncRequest(XID)) == [GetAsyncReply(XID, (3, 0), (7, 7), (15, 0))]
    assert hears(tenant, SetAsync(XID, (5, 0xFFFF_FFFF), (0, 1), (8, 2))) == []
    assert hears(tenant, GetAsyncRequest(XID)) == [GetAsyncReply(XID, (5, 7), (0, 1), (8, 2))]
    other = ready_tenant(tenant.datapath, 10)
    assert hears(other, GetAsyncRequest(XID)) == [GetAsyncReply(XID, (3, 0), (7, 7), (15, 0))]


def test_packets_whose_ttl_has_run_out_come_while_anybody_wants_them() -> None:
    tenant, _ = tenant_with()
    datapath = tenant.datapath
    hears(tenant, SetAsync(XID, (0b100, 0), (7, 7), (15, 0)))
    assert said(datapath.peer) == [SetAsync(1, (0b111, 0), (7, 7), (15, 0))]
    hears(tenant, SetAsync(XID, (0b110, 0b100), (0, 0), (0, 0)))
    assert said(datapath.peer) == []
    tenant.closed("gone", 1.0)
    assert said(datapath.peer) == [SetAsync(2, (0b011, 0), (7, 7), (15, 0))]


@pytest.mark.parametrize("table", [0, 250, of.OFPTT_ALL])
def test_a_table_mod_of_a_table_that_is_there_changes_nothing(table: int) -> None:
    tenant, _ = tenant_with(features=replace(FEATURES, n_tables=251))
    assert hears(tenant, TableMod(XID, table)) == []
    assert said(tenant.datapath.peer) == []


@pytest.mark.parametrize("table", [251, 254])
def test_a_table_mod_of_another_table_is_refused(table: int) -> None:
    tenant, _ = tenant_with(features=replace(FEATURES, n_tables=251))
    asked = TableMod(XID, table)
    assert hears(tenant, asked) == [error(errors.TABLE_MOD_FAILED_EPERM, V13.encode(asked))]


# ---- what is special about some that go to the datapath ----


def test_group_features_are_the_datapaths() -> None:
    tenant, _ = tenant_with()
    hears(tenant, GroupFeaturesRequest(XID))
    reply = GroupFeaturesReply(1, 15, 0, (9, 9, 9, 9), (1, 1, 1, 1))
    tenant.datapath.handle(V13.encode(reply), 1.0)
    assert said(tenant.peer) == [replace(reply, xid=XID)]
    assert len(tenant.datapath.pending) == 0, "there are no more parts"


def test_after_a_port_mod_the_other_tenants_hear_of_the_ports_new_configuration() -> None:
    configs: Mapping[int, int] = {1: of.OFPPC_NO_FWD}
    tenant, enforcement = tenant_with(port_mod=Forward(BarrierRequest(0)))
    other = ready_tenant(tenant.datapath, 10)
    enforcement.answers["port_config"] = lambda tag, number: configs.get(number, 0)
    asked = PortMod(XID, 1, bytes(6), of.OFPPC_NO_FWD, of.OFPPC_NO_FWD)
    assert hears(tenant, asked) == []
    configured = replace(port(1), config=of.OFPPC_NO_FWD)
    assert tenant.sliver.ports == {1: configured, 2: port(2)}
    assert said(other.peer) == [PortStatus(0, of.OFPPR_MODIFY, configured)]


def test_a_port_mod_during_a_synchronisation_has_it_done_again() -> None:
    def synchronise(*_: object) -> Steps[Report]:
        yield []
        return Report(0, 0, 0, 0, ())

    tenant, enforcement = tenant_with(port_mod=Forward(BarrierRequest(0)), synchronise=synchronise)
    asked = PortMod(XID, 1, bytes(6), 0, 0)
    hears(tenant, asked)
    assert ("synchronise" in [each[0] for each in enforcement.asked]) is False
    tenant.datapath.synchronise(1.0)
    hears(tenant, asked)
    for barrier in [
        each for each in said(tenant.datapath.peer) if isinstance(each, BarrierRequest)
    ]:
        tenant.datapath.handle(V13.encode(BarrierReply(barrier.xid)), 2.0)
    assert [each[0] for each in enforcement.asked].count("synchronise") == 2


def test_but_not_where_synchronisations_say_nothing_of_it() -> None:
    def synchronise(*_: object) -> Steps[Report]:
        yield []
        return Report(0, 0, 0, 0, ())

    tenant, enforcement = tenant_with(port_mod=Forward(BarrierRequest(0)), synchronise=synchronise)
    enforcement.sends_port_configs = False
    tenant.datapath.synchronise(1.0)
    hears(tenant, PortMod(XID, 1, bytes(6), 0, 0))
    for barrier in [
        each for each in said(tenant.datapath.peer) if isinstance(each, BarrierRequest)
    ]:
        tenant.datapath.handle(V13.encode(BarrierReply(barrier.xid)), 2.0)
    assert [each[0] for each in enforcement.asked].count("synchronise") == 1
