"""What a watcher may send: a row for each kind says so, and what says nothing is refused."""

import pytest

from slicer.openflow import bundles, errors
from slicer.openflow import constants as of
from slicer.openflow.header import xid_of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierRequest,
    ErrorMessage,
    Experimenter,
    FlowMod,
    GroupMod,
    Hello,
    Message,
    MeterMod,
    PacketOut,
    PortMod,
    RoleRequest,
    SetAsync,
    SetConfig,
    TableMod,
)
from slicer.openflow.table_features import TableFeatures, TableFeaturesRequest
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy import from_controller
from slicer.proxy.roles import CHANGES
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import (
    XID,
    FakeEnforcement,
    bare_frame,
    error,
    greeting_tenant,
    hears,
    ready_datapath,
    said,
)

REFUSED: dict[Kind, Message] = {
    Kind.FLOW_MOD: FlowMod(XID),
    Kind.PACKET_OUT: PacketOut(XID),
    Kind.GROUP_MOD: GroupMod(XID, of.OFPGC_ADD, of.OFPGT_ALL, 1),
    Kind.METER_MOD: MeterMod(XID, of.OFPMC_ADD, of.OFPMF_KBPS, 1),
    Kind.PORT_MOD: PortMod(XID, 1, bytes(6), 0, 0),
    Kind.TABLE_MOD: TableMod(XID, 0, 0),
}
"""Every kind that a watcher is refused by its row alone."""
BY_ITS_HANDLER: dict[str, Message] = {
    "opening a bundle": Experimenter(XID, bundles.ONF, bundles.CONTROL, bytes(8)),
    "a part of a bundle": Experimenter(XID, bundles.ONF, bundles.ADD, bytes(8)),
    "setting table features": TableFeaturesRequest(XID, (TableFeatures(0, "t", 0, 0, 0, 1),)),
}
READ = frozenset(
    {
        Kind.ERROR,
        Kind.ECHO_REQUEST,
        Kind.SET_CONFIG,
        Kind.ECHO_REPLY,
        Kind.FEATURES_REQUEST,
        Kind.GET_CONFIG_REQUEST,
        Kind.ROLE_REQUEST,
        Kind.GET_ASYNC_REQUEST,
        Kind.SET_ASYNC,
        Kind.BARRIER_REQUEST,
        Kind.EXPERIMENTER,
        Kind.EXPERIMENTER_MULTIPART_REQUEST,
        Kind.DESC_REQUEST,
        Kind.PORT_DESC_REQUEST,
        Kind.QUEUE_GET_CONFIG_REQUEST,
        Kind.QUEUE_STATS_REQUEST,
        Kind.GROUP_FEATURES_REQUEST,
        Kind.GROUP_STATS_REQUEST,
        Kind.GROUP_DESC_REQUEST,
        Kind.METER_FEATURES_REQUEST,
        Kind.METER_STATS_REQUEST,
        Kind.METER_CONFIG_REQUEST,
        Kind.FLOW_STATS_REQUEST,
        Kind.AGGREGATE_REQUEST,
        Kind.TABLE_STATS_REQUEST,
        Kind.TABLE_FEATURES_REQUEST,
        Kind.PORT_STATS_REQUEST,
    }
)
"""What changes nothing, or nothing but what this connection hears; of experimenters' messages and
table features the handlers refuse those that do."""


def watcher(version: int = 4) -> tuple[Tenant, FakeEnforcement]:
    """A watcher that has said hello in a version, and been told nothing since."""
    enforcement = FakeEnforcement()
    tenant = greeting_tenant(ready_datapath(enforcement), is_watcher=True)
    tenant.handle(V13.encode(Hello(0, frozenset({version}))), 0.0)
    said(tenant.peer)
    said(tenant.datapath.peer)
    enforcement.asked.clear()
    return tenant, enforcement


def test_each_row_is_either_for_watchers_or_refused() -> None:
    rows = from_controller.ROUTES.items()
    assert {kind for kind, route in rows if route.for_watchers} == READ
    assert REFUSED.keys() == from_controller.ROUTES.keys() - READ
    assert not READ & CHANGES, "what a slave is refused"
    assert not any(route.run for _, route in rows if route.for_watchers)


@pytest.mark.parametrize("role", [of.OFPCR_ROLE_EQUAL, of.OFPCR_ROLE_SLAVE])
@pytest.mark.parametrize("message", [*REFUSED.values(), *BY_ITS_HANDLER.values()], ids=repr)
def test_what_changes_something_is_refused_as_of_a_slave(message: Message, role: int) -> None:
    tenant, enforcement = watcher()
    hears(tenant, RoleRequest(1, role, 0))
    frame = V13.encode(message)
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_IS_SLAVE, frame)]
    assert said(tenant.datapath.peer) == []
    assert enforcement.asked == []
    assert tenant.sliver.counters == {"refused: BAD_REQUEST/IS_SLAVE": 1}


@pytest.mark.parametrize("kind", [Kind.FLOW_MOD, Kind.PACKET_OUT, Kind.PORT_MOD])
def test_in_1_0_it_has_no_permission(kind: Kind) -> None:
    tenant, enforcement = watcher(version=1)
    frame = V10.encode(REFUSED[kind])
    tenant.handle(frame, 0.0)
    (told,) = (V10.decode(each) for each in [tenant.peer.take_outgoing()])
    expected = errors.BAD_REQUEST_EPERM
    assert told == ErrorMessage(xid_of(frame), expected.type, expected.code, frame)
    assert said(tenant.datapath.peer) == []
    assert enforcement.asked == []


def test_set_config_is_its_own_connections_affair() -> None:
    tenant, _ = watcher()
    assert hears(tenant, V13.encode(SetConfig(XID, 0, 1234))) == []
    assert tenant.miss_send_len == 1234
    assert said(tenant.datapath.peer) == []


def test_a_watcher_has_no_runs_in_either_version() -> None:
    assert [watcher(version)[0].runs for version in (1, 4)] == [{}, {}]


@pytest.mark.parametrize("kind", [each for each in Kind if each not in from_controller.ROUTES])
def test_a_kind_without_a_row_is_refused_as_of_any_tenant(kind: Kind) -> None:
    tenant, _ = watcher()
    frame = bare_frame(kind)
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_TYPE, frame)]


def test_what_an_experimenter_asks_is_refused_as_of_any_tenant() -> None:
    tenant, _ = watcher()
    frame = V13.encode(Experimenter(XID, 0x2320, 10, b""))
    assert hears(tenant, frame) == [error(errors.BAD_REQUEST_BAD_EXPERIMENTER, frame)]


def test_it_is_called_a_watcher(caplog: pytest.LogCaptureFixture) -> None:
    tenant, _ = watcher()
    assert str(tenant) == "red on s1 (watcher 10.0.0.9:4000)"
    with caplog.at_level("INFO"):
        hears(tenant, FlowMod(XID))
    assert "refused with BAD_REQUEST/IS_SLAVE: FLOW_MOD from a watcher" in caplog.text


@pytest.mark.parametrize("is_watcher", [False, True])
def test_it_does_not_have_the_switch_send_packets_whose_ttl_has_run_out(is_watcher: bool) -> None:
    tenant = greeting_tenant(ready_datapath(), is_watcher=is_watcher)
    hears(tenant, Hello(0, frozenset({4})))
    said(tenant.datapath.peer)
    asked = SetAsync(XID, (0b111, 0), (0b111, 0), (0b1111, 0))
    assert hears(tenant, asked) == []
    assert tenant.async_config.wants_invalid_ttl
    assert [each.kind for each in said(tenant.datapath.peer)] == [Kind.SET_ASYNC] * (not is_watcher)


def test_what_it_says_and_has_unanswered_is_not_the_controllers() -> None:
    tenant, _ = watcher()
    sliver = tenant.sliver
    assert tenant.allowance is sliver.watchers
    hears(tenant, BarrierRequest(XID))
    assert (sliver.watchers.outstanding._count, sliver.controllers.outstanding._count) == (1, 0)
