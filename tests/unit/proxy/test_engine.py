"""The engine: which commands an event gives, which timers run, and who is let in."""

import logging
from dataclasses import replace

import pytest

from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import EchoReply, EchoRequest, FlowMod, Hello
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.policy import parse
from slicer.proxy.audits import AUDITS_APART
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    Close,
    Command,
    Connected,
    ControllerEndpoint,
    DatapathEndpoint,
    DataReceived,
    DialFailed,
    Disconnected,
    Event,
    Listen,
    ListenFailed,
    PauseReading,
    ResumeReading,
    Send,
    StopListening,
    TimePassed,
    Written,
)
from slicer.proxy.memory import FORGOTTEN
from slicer.proxy.peer import Peer
from slicer.proxy.routes import State
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10
from tests.unit.proxy.parts import DIALECTS

POLICY = """
listen: [tcp:127.0.0.1:6633, "tcp:[::1]:6634"]
slices:
  red: {controllers: [tcp:10.0.0.1:6653]}
  blue: {controllers: [ptcp:7000]}
flowspace:
  - {slice: red, priority: 2, ports: [1]}
  - {slice: blue, priority: 1}
"""
DATAPATHS = DatapathEndpoint("127.0.0.1", 6633)
ONE_EACH = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:10.0.0.1:6653]}
flowspace:
  - {slice: red, priority: 1}
"""
HELLO = V13.encode(Hello(0, frozenset(DIALECTS)))
SETTINGS = Settings()
RED = ControllerEndpoint("red", 1, 0, "10.0.0.1", 6653, False)
BLUE = ControllerEndpoint("blue", 1, 0, "127.0.0.1", 7000, True)


def engine(settings: Settings = SETTINGS) -> Engine:
    return Engine(parse(POLICY, "p"), settings)


def connected(number: int, endpoint: DatapathEndpoint | ControllerEndpoint = DATAPATHS) -> Event:
    return Connected(endpoint, number, f"10.0.0.{number}:4000")


def kinds(commands: list[Command]) -> list[str]:
    return [type(each).__name__ for each in commands]


def joined(policy: str = POLICY, dpid: int = 1, settings: Settings = SETTINGS) -> Network:
    """A network with one datapath, which is ready."""
    network = Network(policy, settings)
    network.plug(FakeSwitch(dpid, [port(1), port(2)]))
    return network


# ---- events and commands ----


def test_it_first_listens_for_datapaths() -> None:
    assert engine().start() == [
        Listen(DatapathEndpoint("127.0.0.1", 6633)),
        Listen(DatapathEndpoint("::1", 6634)),
    ]


@pytest.mark.parametrize(
    "event",
    [
        DataReceived(9, HELLO),
        Written(9, 100),
        Disconnected(9, "reset"),
        TimePassed(),
        DialFailed(RED, "refused"),
        ListenFailed(BLUE, "in use"),
    ],
)
def test_events_about_nobody_here_ask_for_nothing(event: Event) -> None:
    assert engine().handle(event, 1.0) == []


def test_what_a_peer_is_told_for_one_event_is_one_send() -> None:
    subject = engine()
    assert kinds(subject.handle(connected(1), 0.0)) == ["Send"]
    subject.handle(DataReceived(1, HELLO), 0.0)
    echoes = V13.encode(EchoRequest(1, b"a")) + V13.encode(EchoRequest(2, b"b"))
    answers = V13.encode(EchoReply(1, b"a")) + V13.encode(EchoReply(2, b"b"))
    assert subject.handle(DataReceived(1, echoes), 0.0) == [Send(1, answers)]


def test_commands_are_asked_for_once() -> None:
    subject = engine()
    assert len(subject.handle(connected(1), 0.0)) == 1
    assert subject.handle(TimePassed(), 0.0) == []


@pytest.mark.parametrize(
    "data",
    [
        V13.encode(EchoRequest(1)),
        bytes.fromhex("0400000400000000"),
        bytes.fromhex("16030100c8"),
    ],
    ids=["no hello", "length 4", "TLS"],
)
def test_a_datapath_that_breaks_the_protocol_is_told_and_closed(data: bytes) -> None:
    subject = engine()
    subject.handle(connected(1), 0.0)
    assert kinds(subject.handle(DataReceived(1, data), 0.0)) == ["Send", "Close"]
    assert subject.handle(DataReceived(1, HELLO), 0.0) == []


def test_frames_behind_one_that_ended_the_connection_are_not_handled() -> None:
    subject = engine()
    subject.handle(connected(1), 0.0)
    data = V13.encode(EchoRequest(1)) + HELLO
    assert kinds(subject.handle(DataReceived(1, data), 0.0)) == ["Send", "Close"]


def test_frames_ahead_of_lost_framing_are_handled() -> None:
    subject = engine()
    subject.handle(connected(1), 0.0)
    subject.handle(DataReceived(1, HELLO), 0.0)
    data = V13.encode(EchoRequest(7, b"x")) + bytes.fromhex("0402000000000000")
    send, close = subject.handle(DataReceived(1, data), 0.0)
    assert isinstance(send, Send)
    assert send.data.startswith(V13.encode(EchoReply(7, b"x")))
    assert close == Close(1)


def test_what_has_left_no_longer_counts_as_backlog() -> None:
    network = joined()
    peer = network.engine.datapaths[1].peer
    assert peer.backlog == 0
    peer.send(HELLO)
    network.engine.handle(TimePassed(), 0.0)
    assert peer.backlog == len(HELLO)
    network.engine.handle(Written(peer.number, len(HELLO)), 0.0)
    assert peer.backlog == 0


def test_reading_pauses_and_goes_on_as_the_peer_wants_it() -> None:
    network = joined()
    peer = network.engine.datapaths[1].peer
    peer.pause_reading("a test")
    assert network.engine.handle(TimePassed(), 0.0) == [PauseReading(peer.number)]
    peer.pause_reading("a test")
    assert network.engine.handle(TimePassed(), 0.0) == []
    peer.resume_reading("a test")
    assert network.engine.handle(TimePassed(), 0.0) == [ResumeReading(peer.number)]


# ---- time ----


def test_who_does_not_say_hello_is_given_up_in_time() -> None:
    subject = engine()
    subject.handle(connected(1), 100.0)
    times = []
    commands: list[Command] = []
    while not commands:
        deadline = subject.next_deadline
        assert deadline is not None
        times.append(deadline)
        commands = subject.handle(TimePassed(), deadline)
    assert commands == [Close(1)]
    assert times[-1] == 100.0 + SETTINGS.greeting_timeout
    assert subject.next_deadline is None


def test_one_that_is_ready_is_not_given_up_for_its_greeting() -> None:
    network = joined()
    network.wait(2 * SETTINGS.greeting_timeout)
    assert network.engine.datapaths.keys() == {1}
    assert len(network.tenants) == 1


class Slow(FakeSwitch):
    """Answers echo requests, and from the first flow-mod on keeps all else for later."""

    def __init__(self) -> None:
        super().__init__(1, [port(1)])
        self.kept: list[bytes] = []

    def receive(self, data: bytes) -> None:
        for frame in Framer().feed(data):
            kind = V13.kind(frame)
            if kind is not Kind.ECHO_REQUEST and (self.kept or kind is Kind.FLOW_MOD):
                self.kept.append(frame)
            else:
                super().receive(frame)

    def go_on(self) -> None:
        """Do what was asked."""
        for frame in self.kept:
            super().receive(frame)
        self.kept.clear()


def test_one_that_takes_long_to_be_set_up_is_not_given_up() -> None:
    network = Network(POLICY)
    switch = Slow()
    network.plug(switch)
    network.wait(2 * SETTINGS.greeting_timeout)
    assert (list(network.engine.datapaths), network.tenants) == ([1], [])
    while switch.kept:
        switch.go_on()
        network.run()
    assert len(network.tenants) == 1


def test_a_silent_peer_is_asked_for_an_echo_and_given_up_after_three_times_as_long() -> None:
    network = joined()
    switch = network.plug(FakeSwitch(2, [port(1)]))
    silent = network.peers.pop(switch)
    subject, interval = network.engine, SETTINGS.probe_interval
    asked = [
        now
        for now in (interval, 2 * interval, 3 * interval - 0.1, 3 * interval, 4 * interval)
        for command in subject.handle(TimePassed(), now)
        if isinstance(command, Send | Close) and command.peer == switch
    ]
    assert silent not in network.peers.values()
    assert asked == [interval, 2 * interval, 3 * interval]
    assert 2 not in subject.datapaths


def test_nobody_is_given_up_for_a_time_in_which_the_slicer_was_busy_itself() -> None:
    network = joined()
    switch = network.plug(FakeSwitch(2, [port(1)]))
    network.peers.pop(switch)
    subject, interval = network.engine, SETTINGS.probe_interval
    late = 4 * interval
    asked = [
        each
        for each in subject.handle(TimePassed(), late)
        if isinstance(each, Send | Close) and each.peer == switch
    ]
    assert [each.data[:8] for each in asked if isinstance(each, Send)] == [
        V13.encode(EchoRequest(0))
    ]
    assert len(asked) == 1
    for again in (1, 2):
        subject.handle(TimePassed(), late + again * interval)
    assert 2 not in subject.datapaths, "but for what came after"


def test_a_datapath_is_read_back_every_so_often() -> None:
    network = joined()
    switch = network.peers[network.engine.datapaths[1].peer.number]
    assert isinstance(switch, FakeSwitch)
    before = len(switch.tables.flows)
    switch.tables.remove(list(switch.tables.flows.values()))
    network.wait(SETTINGS.audit_interval - 0.1)
    assert len(switch.tables.flows) == 0
    network.wait(0.2)
    assert len(switch.tables.flows) == before


def test_one_that_takes_long_to_read_is_read_less_often() -> None:
    network = joined()
    datapath = network.engine.datapaths[1]
    switch = network.peers[datapath.peer.number]
    assert isinstance(switch, FakeSwitch)
    datapath.took = 5.0
    network.engine.synchronised(datapath, network.now)
    before = len(switch.tables.flows)
    switch.tables.remove(list(switch.tables.flows.values()))
    network.wait(AUDITS_APART * 5.0 - 0.1)
    assert len(switch.tables.flows) == 0
    network.wait(0.2)
    assert len(switch.tables.flows) == before
    assert datapath.took == 0.0, "as the clock stands still"


# ---- who may be here ----


def test_so_many_may_be_without_a_dpid_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    subject = engine(Settings(unidentified_datapaths=2))
    for number in (1, 2):
        assert kinds(subject.handle(connected(number), 0.0)) == ["Send"]
    for number in range(3, 103):
        assert subject.handle(connected(number), 0.0) == [Close(number)]
    assert sum(subject.counters.values()) == 100
    assert 1 <= len(caplog.messages) < 100, "the log has a share of them"
    subject.handle(Disconnected(1, "reset"), 0.0)
    assert kinds(subject.handle(connected(200), 0.0)) == ["Send"]


def test_it_says_whether_there_is_room_for_another_datapath() -> None:
    subject = engine(Settings(unidentified_datapaths=2))
    rooms = []
    for number in (1, 2):
        rooms.append(subject.has_room)
        subject.handle(connected(number), 0.0)
    assert [*rooms, subject.has_room] == [True, True, False]
    subject.handle(Disconnected(1, "reset"), 0.0)
    assert subject.has_room


def test_what_many_events_have_for_one_peer_is_one_command() -> None:
    subject = engine()
    for number in (1, 2):
        subject.take(connected(number), 0.0)
        subject.take(DataReceived(number, HELLO), 0.0)
    commands = subject.settle(0.0)
    assert [type(each).__name__ for each in commands] == ["Send", "Send"]
    assert all(isinstance(each, Send) and len(each.data) > len(HELLO) for each in commands)
    assert subject.settle(0.0) == []


def test_one_that_was_closed_and_not_settled_yet_is_heard_no_more() -> None:
    subject = engine()
    subject.handle(connected(1), 0.0)
    subject.take(DataReceived(1, bytes.fromhex("0400000400000000")), 0.0)
    subject.take(DataReceived(1, HELLO), 0.0)
    assert kinds(subject.settle(0.0)) == ["Send", "Close"]


def test_a_fault_with_one_peer_leaves_the_others_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another peer is to be sent would otherwise wait for ever, as a peer that has something
    to send asks for it once."""
    subject = engine()
    for number in (1, 2):
        subject.take(connected(number), 0.0)
    settle = subject._settle_peer

    def fault(peer: Peer, now: float) -> None:
        if peer.number == 1:
            raise ZeroDivisionError("a fault")
        settle(peer, now)

    monkeypatch.setattr(subject, "_settle_peer", fault)
    with pytest.raises(ZeroDivisionError):
        subject.settle(0.0)
    (send,) = subject.settle(0.0)
    assert isinstance(send, Send)
    assert send.peer == 2


def test_a_dpid_that_the_policy_does_not_know_is_refused() -> None:
    network = joined(POLICY + "datapaths: {s1: {dpid: 1}}\n", dpid=2)
    assert network.engine.datapaths == {}
    assert network.peers == {}
    assert sum(network.engine.counters.values()) == 1


def test_a_controller_of_a_sliver_that_is_not_there_is_turned_away() -> None:
    network = joined()
    subject = network.engine
    for endpoint in (
        replace(RED, dpid=2),
        replace(RED, slice="green"),
        replace(RED, index=1),
    ):
        assert subject.handle(connected(50, endpoint), 0.0) == [Close(50)]


def test_one_connection_to_a_controller_that_is_dialled_and_so_many_to_a_listening_port() -> None:
    network = joined(settings=Settings(tenants_per_controller=3))
    subject = network.engine
    assert subject.handle(connected(50, RED), 0.0) == [Close(50)]
    for number in (51, 52, 53):
        assert kinds(subject.handle(connected(number, BLUE), 0.0)) == ["Send"]
    assert subject.handle(connected(54, BLUE), 0.0) == [Close(54)]
    sliver = subject.datapaths[1].slivers["blue"]
    assert sliver.counters == {"refused: too many connections": 1}
    subject.handle(Disconnected(52, "reset"), 0.0)
    assert kinds(subject.handle(connected(55, BLUE), 0.0)) == ["Send"]


def test_the_third_that_claims_a_dpid_is_refused_at_once() -> None:
    network = joined()
    network.plug(FakeSwitch(1, [port(1)]))
    contender = max(network.peers)
    network.plug(FakeSwitch(1, [port(1)]))
    assert max(network.peers) == contender
    assert sum(network.engine.counters.values()) == 1


def test_a_holder_that_goes_leaves_its_dpid_to_the_contender() -> None:
    network = joined()
    holder = network.engine.datapaths[1]
    contender = FakeSwitch(1, [port(1)])
    network.plug(contender)
    network.tell(Disconnected(holder.peer.number, "reset"))
    assert network.engine.datapaths[1].peer.number == network.peer_of(contender)
    assert network.engine.datapaths[1].state is State.READY
    network.wait(2 * SETTINGS.contest_timeout)
    assert network.engine.datapaths[1].peer.number == network.peer_of(contender)


def test_a_contender_that_goes_leaves_the_holder_alone() -> None:
    network = joined()
    holder = network.engine.datapaths[1]
    contender = FakeSwitch(1, [port(1)])
    network.plug(contender)
    network.unplug(contender)
    network.wait(2 * SETTINGS.contest_timeout)
    assert network.engine.datapaths[1] is holder


# ---- endpoints ----


def test_a_ready_datapaths_slivers_are_dialled_and_listened_for() -> None:
    network = joined()
    assert [each.endpoint for each in network.tenants] == [RED]
    assert BLUE in network.listening


def test_a_controller_that_goes_is_dialled_again() -> None:
    network = joined()
    (tenant,) = network.tenants
    network.refuses_dials = True
    network.unplug(tenant)
    assert network.refused == []
    network.wait(SETTINGS.retry_first)
    assert network.refused == [RED]
    network.refuses_dials = False
    network.wait(SETTINGS.retry_most)
    assert [each.endpoint for each in network.tenants] == [RED]


def test_with_the_datapath_go_its_tenants_and_listening_ports() -> None:
    network = joined()
    subject = network.engine
    (tenant,) = network.tenants
    number = subject.datapaths[1].peer.number
    commands = subject.handle(Disconnected(number, "reset"), 0.0)
    assert sorted(kinds(commands)) == ["Close", "StopListening"]
    assert Close(tenant.peer) in commands
    assert StopListening(BLUE) in commands
    subject.handle(TimePassed(), 100.0)
    assert subject.next_deadline is None


def test_a_port_that_cant_be_listened_on_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    subject = joined().engine
    subject.handle(ListenFailed(BLUE, "address in use"), 1.0)
    retried = subject.handle(TimePassed(), 1.0 + SETTINGS.retry_first)
    assert Listen(BLUE) in retried
    assert subject.handle(ListenFailed(DATAPATHS, "address in use"), 2.0) == []
    assert Listen(DATAPATHS) in subject.handle(TimePassed(), 2.0 + SETTINGS.retry_most)
    subject.handle(ListenFailed(DATAPATHS, "address in use"), 4.0)
    said = "can't listen for datapaths at tcp:127.0.0.1:6633: address in use"
    assert caplog.messages.count(said) == 1
    assert Listen(DATAPATHS) in subject.handle(TimePassed(), 4.0 + SETTINGS.retry_most)


def test_a_datapath_without_a_place_in_the_order_of_ports_is_said_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network = joined(dpid=0x1000)
    assert [each.endpoint.slice for each in network.tenants] == ["red"]
    network.wait(3 * SETTINGS.audit_interval)
    expected = (
        "blue on datapath 0000000000001000: no listening port: "
        "name the datapath in the policy's datapaths"
    )
    assert [each for each in caplog.messages if "listening port" in each] == [expected]


# ---- what a datapath asks ----


def test_a_datapath_is_called_by_its_name_and_dpid() -> None:
    named = Engine(parse(POLICY + "datapaths: {s1: {dpid: 1}}\n", "p"))
    assert named.view.name_of(1) == "s1 (0000000000000001)"
    assert engine().view.name_of(1) == "datapath 0000000000000001"


def test_a_flowspace_is_made_once_for_the_same_port_names() -> None:
    subject = engine()
    first = subject.view.flowspace_on(1, {"p1": 1})
    assert subject.view.flowspace_on(1, {"p1": 1}) is first
    assert subject.view.flowspace_on(2, {"p1": 1}) is not first
    assert subject.view.flowspace_on(1, {"p1": 2}) is not first
    assert subject.view.flowspace_on(1, {"p1": 2}).slices == {"red", "blue"}


def test_the_log_has_no_share_for_what_goes_well(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        joined().wait(60.0)
    assert caplog.messages == []


@pytest.mark.parametrize("dialect", [V13, V10])
def test_a_datapath_that_goes_takes_along_what_was_remembered_of_it(dialect: Dialect) -> None:
    net = Network(ONE_EACH, dialect=dialect)
    make = FakeSwitch if dialect is V13 else FakeSwitch10
    switches = [make(dpid, [port(1), port(2)]) for dpid in (1, 2)]
    for switch in switches:
        net.plug(switch)
    net.run()
    flows = [FlowMod(9, match=Match.of(in_port=1, eth_dst=each + 1)) for each in range(20)]
    used = []
    for dpid in (1, 2):
        for _ in range(3):
            net.say(net.tenant("red", dpid), *flows)
        used.append(net.engine._memory.used)
    assert 0 < used[0] < used[1] < 2 * used[0] + 1
    net.unplug(switches[0])
    net.run()
    assert net.engine._memory.used == used[1] - used[0]
    net.unplug(switches[1])
    net.run()
    assert net.engine._memory.used == 0


def test_what_is_forgotten_for_want_of_memory_is_counted() -> None:
    net = Network(ONE_EACH, settings=replace(SETTINGS, remembered=3_000))
    net.plug(FakeSwitch(1, [port(1), port(2)]))
    net.run()
    flows = [FlowMod(9, match=Match.of(in_port=1, eth_dst=each + 1)) for each in range(20)]
    for _ in range(3):
        net.say(net.tenant("red"), *flows)
    assert net.engine.counters[FORGOTTEN] > 0
    assert net.engine._memory.used <= 3_000


def test_it_is_settled_while_nothing_is_to_be_asked_for() -> None:
    subject = engine()
    assert subject.is_settled
    subject.take(connected(1), 0.0)
    assert not subject.is_settled, "a hello is to be sent"
    assert subject.settle(0.0)
    assert subject.is_settled
    subject.take(Disconnected(1, "gone"), 0.0)
    assert not subject.settle(0.0)
    assert subject.is_settled
    subject.take(DialFailed(ControllerEndpoint("red", 9, 0, "10.0.0.9", 1, False), "no"), 0.0)
    assert subject.is_settled
