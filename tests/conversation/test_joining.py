"""How a datapath joins, and how one that can't is turned away without touching anybody else."""

import pytest

from slicer.openflow import errors
from slicer.openflow.messages import (
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FeaturesRequest,
    Hello,
    PacketIn,
)
from slicer.openflow.multipart import DescRequest, PortDescRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import (
    Close,
    Connected,
    DataReceived,
    Disconnected,
    TimePassed,
)
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.playbook import DATAPATHS, Playbook, Says
from tests.fakes.switch import FakeSwitch

POLICY = """
listen: [tcp:127.0.0.1:6633]
datapaths: {s1: {dpid: 1}, s2: {dpid: 2}}
slices: {red: {controllers: [tcp:127.0.0.1:6653]}}
flowspace:
  - {slice: red, priority: 1}
"""
OURS = Hello(0, frozenset({V10.version, V13.version}))


def test_a_datapath_is_greeted_and_asked_who_it_is() -> None:
    book = Playbook(POLICY)
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, OURS)
    book >> Says(1, OURS)
    book << Says(1, FeaturesRequest(0), DescRequest(0), PortDescRequest(0), BarrierRequest(0))
    book.is_quiet()


FLOWVISORS_ENDS = {
    "an unknown type": bytes.fromhex("0463000800000001"),
    "a length below 8": bytes.fromhex("0402000400000001"),
    "a packet-in of 10 bytes": bytes.fromhex("040a000a00000001ffff"),
    "another version": bytes.fromhex("0102000800000001"),
    "garbage": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "what only a controller sends": V13.encode(FeaturesRequest(1)),
    "a hello again": V13.encode(OURS),
    "a truncated match": V13.encode(PacketIn(1, 0, 0, 0, 0, 0, Match.of(in_port=1), b""))[:-12]
    + bytes(0),
}


@pytest.mark.parametrize("sent", FLOWVISORS_ENDS.values(), ids=FLOWVISORS_ENDS.keys())
def test_what_no_datapath_sends_ends_its_connection_and_no_other(sent: bytes) -> None:
    if len(sent) > 8 and sent[1] == 10 and len(sent) != int.from_bytes(sent[2:4], "big"):
        sent = sent[:2] + len(sent).to_bytes(2, "big") + sent[4:]
    network = Network(POLICY)
    good, bad = FakeSwitch(1, [port(1)]), FakeSwitch(2, [port(1)])
    network.plug(good)
    number = network.plug(bad)
    assert set(network.engine.datapaths) == {1, 2}
    network.tell(DataReceived(number, sent))
    assert number not in network.peers
    assert set(network.engine.datapaths) == {1}
    assert [each.endpoint.dpid for each in network.tenants] == [1]
    assert network.say(network.tenant("red"), BarrierRequest(7))


@pytest.mark.parametrize(
    "greeting", [bytes.fromhex("0200000800000001"), bytes.fromhex("0600000800000001")[:8]]
)
def test_a_datapath_without_a_common_version_is_told_so(greeting: bytes) -> None:
    if greeting[0] > V13.version:
        greeting = bytes.fromhex("06000010000000010001000800000040")  # a bitmap: 1.5 alone
    book = Playbook(POLICY)
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, OURS)
    book >> DataReceived(1, greeting)
    error = errors.HELLO_FAILED_INCOMPATIBLE
    book << Says(1, ErrorMessage(0, error.type, error.code, b""))
    book << Close(1)
    book.is_quiet()


def test_a_datapath_that_vanishes_in_the_middle_of_a_message_is_forgotten() -> None:
    book = Playbook(POLICY)
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, OURS)
    book >> DataReceived(1, V13.encode(OURS)[:5])
    book >> Disconnected(1, "connection reset by peer")
    book >> DataReceived(1, b"late")
    book.is_quiet()


def test_a_datapath_that_says_nothing_is_given_up() -> None:
    book = Playbook(POLICY, Settings(greeting_timeout=3.0))
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, OURS)
    book.now = 3.0
    book >> TimePassed()
    book << Close(1)
    book.is_quiet()


def test_an_unknown_dpid_is_refused() -> None:
    network = Network(POLICY)
    number = network.plug(FakeSwitch(9, [port(1)]))
    assert number not in network.peers
    assert network.engine.datapaths == {}
    assert network.engine.counters["refused datapaths"] == 1


@pytest.mark.parametrize("what", [{"hw_desc": "Some switch"}, {"n_tables": 64}])
def test_what_is_no_open_vswitch_with_all_its_tables_is_refused(what: dict[str, object]) -> None:
    network = Network(POLICY)
    number = network.plug(FakeSwitch(1, [port(1)], **what))  # type: ignore[arg-type]
    assert number not in network.peers
    assert network.tenants == []


def test_too_many_datapaths_that_do_not_say_who_they_are_are_refused() -> None:
    book = Playbook(POLICY, Settings(unidentified_datapaths=2))
    for number in (1, 2):
        book >> Connected(DATAPATHS, number, f"10.0.0.{number}:40000")
        book << Says(number, OURS)
    book >> Connected(DATAPATHS, 3, "10.0.0.3:40000")
    book << Close(3)
    book.is_quiet()


def test_a_second_connection_for_a_dpid_is_closed_while_the_first_lives() -> None:
    network = Network(POLICY)
    first = network.plug(FakeSwitch(1, [port(1)]))
    tenant = network.tenant("red")
    second = network.plug(FakeSwitch(1, [port(1)]))
    network.wait(0.1)
    network.tell(DataReceived(first, V13.encode(EchoReply(0))))
    network.wait(2)
    assert first in network.peers
    assert second not in network.peers
    assert tenant.is_connected


def test_a_second_connection_takes_over_from_a_first_that_is_silent() -> None:
    network = Network(POLICY)
    old = FakeSwitch(1, [port(1)])
    first = network.plug(old)
    tenant = network.tenant("red")
    old.take = lambda: b""  # type: ignore[method-assign]
    second = network.plug(FakeSwitch(1, [port(1)]))
    network.wait(2)
    assert first not in network.peers
    assert second in network.peers
    assert not tenant.is_connected
    assert network.engine.datapaths[1].peer.number == second


def test_a_silent_datapath_is_probed_and_then_given_up_with_its_tenants() -> None:
    network = Network(POLICY, Settings(probe_interval=5.0))
    switch = FakeSwitch(1, [port(1)])
    number = network.plug(switch)
    network.wait(30)
    assert number in network.peers
    switch.take = lambda: b""  # type: ignore[method-assign]
    network.wait(16)
    assert network.peers == {}
    assert network.engine.datapaths == {}


def test_an_echo_request_is_answered_with_its_data() -> None:
    book = Playbook(POLICY)
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, OURS)
    book >> Says(1, OURS)
    book.read_all()
    book >> Says(1, EchoRequest(77, b"still there?"))
    book << Says(1, EchoReply(77, b"still there?"), with_xids=True)
    book.is_quiet()
