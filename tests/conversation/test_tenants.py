"""What a tenant says and hears: xids, errors, order, bounds, roles; and what it is refused."""

import pytest
from hypothesis import Phase, find, settings

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.errors import ErrorCode
from slicer.openflow.instructions import ApplyActions, GotoTable
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    Experimenter,
    FeaturesReply,
    FeaturesRequest,
    FlowMod,
    Message,
    PacketOut,
    RoleReply,
    RoleRequest,
)
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStatsReply,
    FlowStatsRequest,
    PortDescReply,
    PortDescRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy import from_controller
from slicer.proxy.events import ControllerEndpoint, DataReceived
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant
from tests.property.openflow_messages import MESSAGES

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653]}
  blue: {controllers: [ptcp:7000]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2], match: {eth_type: ipv4}}
  - {slice: blue, priority: 1}
"""
ANY_ONE = settings(max_examples=1, phases=(Phase.generate,), database=None)
OUTPUT = (ApplyActions((Output(2, 0xFFE5),)),)


def network(chosen: Settings | None = None) -> tuple[Network, FakeSwitch, FakeTenant, FakeTenant]:
    """A switch with three ports, red's controller, dialled, and blue's, which has connected."""
    made = Network(POLICY, chosen)
    switch = FakeSwitch(1, [port(number) for number in (1, 2, 3)])
    made.plug(switch)
    return made, switch, made.tenant("red"), made.connect(blue_endpoint(made))


def blue_endpoint(made: Network) -> ControllerEndpoint:
    """Where blue's controllers connect."""
    found = next(each for each in made.listening if isinstance(each, ControllerEndpoint))
    assert (found.slice, found.port, found.passive) == ("blue", 7000, True)
    return found


def refusal(request: bytes, error: ErrorCode) -> ErrorMessage:
    """The error about a request: its own xid, its own bytes."""
    xid = int.from_bytes(request[4:8], "big")
    return ErrorMessage(xid, error.type, error.code, request)


def test_a_tenant_sees_a_switch_with_its_own_ports_and_tables() -> None:
    net, _, red, blue = network()
    (features,) = net.say(red, FeaturesRequest(5))
    assert isinstance(features, FeaturesReply)
    assert (features.xid, features.datapath_id, features.n_tables) == (5, 1, 251)
    (ports,) = net.say(red, PortDescRequest(6))
    assert isinstance(ports, PortDescReply)
    assert [each.port_no for each in ports.entries] == [1, 2]
    (ports,) = net.say(blue, PortDescRequest(6))
    assert isinstance(ports, PortDescReply)
    assert [each.port_no for each in ports.entries] == [1, 2, 3]


def test_xids_of_two_tenants_never_meet() -> None:
    net, _, red, blue = network()
    red.say(BarrierRequest(9), FlowStatsRequest(10))
    blue.say(BarrierRequest(10), AggregateRequest(9))
    net.run()
    assert sorted((type(each).__name__, each.xid) for each in red.take_heard()) == [
        ("BarrierReply", 9),
        ("FlowStatsReply", 10),
    ]
    assert sorted((type(each).__name__, each.xid) for each in blue.take_heard()) == [
        ("AggregateReply", 9),
        ("BarrierReply", 10),
    ]


def test_the_datapaths_errors_come_back_with_the_tenants_xid_and_bytes() -> None:
    net, _, red, blue = network()
    overlapping = V13.encode(
        FlowMod(77, priority=3, match=Match.of(in_port=1), flags=of.OFPFF_CHECK_OVERLAP)
    )
    net.say(red, FlowMod(1, priority=3))
    heard = net.say(red, overlapping, BarrierRequest(78))
    assert heard == [refusal(overlapping, errors.FLOW_MOD_FAILED_OVERLAP), BarrierReply(78)]
    assert blue.take_heard() == []
    assert net.say(blue, overlapping, BarrierRequest(79)) == [BarrierReply(79)]


MALFORMED = {
    "a match that is longer than the message": (
        V13.encode(FlowMod(3, match=Match.of(in_port=1)))[:50]
        + b"\xff\xff"
        + V13.encode(FlowMod(3, match=Match.of(in_port=1)))[52:],
        errors.BAD_MATCH_BAD_LEN,
    ),
    "a flow-mod of a header alone": (bytes.fromhex("040e000800000003"), errors.BAD_REQUEST_BAD_LEN),
    "an unknown type": (bytes.fromhex("0463000800000003"), errors.BAD_REQUEST_BAD_TYPE),
    "an unknown multipart": (
        bytes.fromhex("0412001000000003") + b"\x7f\xff" + bytes(6),
        errors.BAD_REQUEST_BAD_MULTIPART,
    ),
    "another version": (bytes.fromhex("0102000800000003"), errors.BAD_REQUEST_BAD_VERSION),
    "an experimenter message": (
        V13.encode(Experimenter(3, 0x2320, 19, bytes(8))),
        errors.BAD_REQUEST_BAD_EXPERIMENTER,
    ),
    "a goto of the slicer's own table": (
        V13.encode(FlowMod(3, table_id=250, instructions=(GotoTable(251),))),
        errors.BAD_INSTRUCTION_BAD_TABLE_ID,
    ),
    "a match on a register": (
        V13.encode(FlowMod(3, match=Match.of(reg0=1))),
        errors.BAD_MATCH_BAD_FIELD,
    ),
    "a packet-out of another's packet": (
        V13.encode(PacketOut(3, actions=(Output(2),), data=bytes(12) + b"\x08\x06" + bytes(28))),
        errors.BAD_ACTION_EPERM,
    ),
    "a packet-out by another's port": (
        V13.encode(PacketOut(3, in_port=3, actions=(Output(2),), data=bytes(60))),
        errors.BAD_REQUEST_BAD_PORT,
    ),
}


@pytest.mark.parametrize(("request_", "error"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_bad_request_gets_its_error_and_the_connection_goes_on(
    request_: bytes, error: ErrorCode
) -> None:
    net, switch, red, _ = network()
    before = dict(switch.tables.flows)
    assert net.say(red, request_, EchoRequest(4, b"x")) == [
        refusal(request_, error),
        EchoReply(4, b"x"),
    ]
    assert switch.tables.flows == before


def test_a_length_that_cannot_be_ends_the_tenants_connection_alone() -> None:
    net, _, red, blue = network()
    heard = net.say(red, bytes.fromhex("0402000400000001"))
    assert [type(each) for each in heard] == [ErrorMessage]
    assert not red.is_connected
    assert net.say(blue, BarrierRequest(1)) == [BarrierReply(1)]


@pytest.mark.parametrize("kind", [each for each in Kind if each not in from_controller.ROUTES])
def test_a_kind_without_a_route_reaches_nobody(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    cls = next(each for each in MESSAGES if each.kind is kind)
    request = V13.encode(find(MESSAGES[cls], lambda _: True, settings=ANY_ONE))
    net, switch, red, blue = network()
    reached: list[bytes] = []
    monkeypatch.setattr(switch, "receive", reached.append)
    heard = net.say(red, request)
    assert [type(each) for each in heard] == [ErrorMessage]
    assert reached == []
    assert blue.take_heard() == []


def test_a_hello_of_another_version_is_refused_with_the_versions() -> None:
    net, _, _, _ = network()
    endpoint = blue_endpoint(net)
    tenant = net._meet(endpoint)
    tenant.take()
    tenant.say(bytes.fromhex("0200000800000001"))
    net.run()
    (error,) = tenant.take_heard()
    assert isinstance(error, ErrorMessage)
    assert (error.type, error.code) == errors.HELLO_FAILED_INCOMPATIBLE[:2]
    assert not tenant.is_connected


def test_a_delete_by_out_port_deletes_just_those_and_later_messages_wait() -> None:
    net, _, red, _ = network()
    net.say(red, FlowMod(1, priority=1, instructions=OUTPUT), FlowMod(2, priority=2))
    delete = FlowMod(3, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL, out_port=2)
    added = FlowMod(4, priority=3, instructions=OUTPUT)
    heard = net.say(red, delete, added, FlowStatsRequest(5), BarrierRequest(6))
    assert [type(each) for each in heard] == [FlowStatsReply, BarrierReply]
    assert isinstance(heard[0], FlowStatsReply)
    assert sorted(flow.priority for flow in heard[0].entries) == [2, 3]


def test_flow_statistics_in_many_parts_are_one_reply() -> None:
    net, _, red, _ = network()
    for number in range(100):
        red.say(FlowMod(number, priority=number, instructions=OUTPUT))
    heard = net.say(red, FlowStatsRequest(500), AggregateRequest(501))
    parts = [each for each in heard if isinstance(each, FlowStatsReply)]
    assert len(parts) > 1
    assert [each.more for each in parts] == [True] * (len(parts) - 1) + [False]
    assert {each.xid for each in parts} == {500}
    assert sorted(flow.priority for part in parts for flow in part.entries) == list(range(100))
    assert all(flow.instructions == OUTPUT for part in parts for flow in part.entries)
    counted = heard[-1]
    assert isinstance(counted, AggregateReply)
    assert counted.flow_count == 100


def test_a_tenant_that_does_not_read_loses_events_and_then_its_connection() -> None:
    net, _, red, _ = network(Settings(outbox_events=100, outbox_replies=2000))
    number = net.peer_of(red)
    sent: list[Message] = []
    engine = net.engine
    for _ in range(60):
        commands = engine.handle(DataReceived(number, V13.encode(EchoRequest(1, b"x" * 50))), 0.0)
        sent += commands  # type: ignore[arg-type]
    assert type(sent[-1]).__name__ == "Close"
    assert engine.datapaths[1].slivers["red"].counters["closed: did not read"] == 1
    assert net.say(net.tenant("blue"), BarrierRequest(1)) == [BarrierReply(1)]


def test_a_sliver_accepts_so_many_controllers_and_no_more() -> None:
    net, _, _, _ = network(Settings(tenants_per_controller=2))
    second = net.connect(blue_endpoint(net))
    third = net.connect(blue_endpoint(net))
    assert second.is_connected
    assert not third.is_connected


def test_one_master_at_a_time_and_slaves_change_nothing() -> None:
    net, _, red, blue = network()
    other = net.connect(blue_endpoint(net))
    assert net.say(blue, RoleRequest(1, of.OFPCR_ROLE_MASTER, 5)) == [RoleReply(1, 2, 5)]
    assert net.say(other, RoleRequest(2, of.OFPCR_ROLE_MASTER, 6)) == [RoleReply(2, 2, 6)]
    assert net.say(blue, RoleRequest(3, of.OFPCR_ROLE_NOCHANGE, 0)) == [RoleReply(3, 3, 6)]
    added = V13.encode(FlowMod(4))
    assert net.say(blue, added) == [refusal(added, errors.BAD_REQUEST_IS_SLAVE)]
    stale = V13.encode(RoleRequest(5, of.OFPCR_ROLE_MASTER, 5))
    assert net.say(blue, stale) == [refusal(stale, errors.ROLE_REQUEST_FAILED_STALE)]
    # Another slice's roles are its own.
    assert net.say(red, RoleRequest(6, of.OFPCR_ROLE_MASTER, 1)) == [RoleReply(6, 2, 1)]


def test_requests_that_get_no_answer_are_forgotten_at_barriers_of_the_slicers_own() -> None:
    net, _, red, _ = network()
    for number in range(3000):
        red.say(FlowMod(number, priority=number % 100))
    net.run()
    assert len(net.engine.datapaths[1].pending) < 1100
    assert red.take_heard() == []
